import { cohereBody } from './cohere-v1.js';
import type { Dialect } from './dialect.js';
import { type BodyForm, readBody } from './read-body.js';
import { supersetError } from './superset-error.js';

/**
 * Objects and `return_documents` are not part of version 2, but LiteLLM and vLLM take them on the same path; `model` is
 * required there by Cohere alone.
 */
const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 1,
  echo: 'return_documents',
  rankFields: 'rank_fields',
  knobs: { max_tokens_per_doc: 'integer', max_chunks_per_doc: 'integer' },
};

/** Cohere's rerank API, version 2. Its errors have the keys of all whose clients call `/v2/rerank`. */
export const cohereV2: Dialect = {
  name: 'cohere-v2',
  decode: (call) => readBody(call, FORM),
  encode: (answer) => ({ body: cohereBody(answer, '2') }),
  error: supersetError,
};
