import type { BodyForm } from './read-body.js';

/** Cohere's body, which others have taken over: strings or objects, `top_n` of at least 1. */
export const COHERE_FORM = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 1,
  echo: 'return_documents',
  rankFields: 'rank_fields',
} as const satisfies BodyForm;

/** The same with what scores depend on in either version of Cohere. */
export const EITHER_COHERE_FORM: BodyForm = {
  ...COHERE_FORM,
  knobs: { max_tokens_per_doc: 'integer', max_chunks_per_doc: 'integer' },
};
