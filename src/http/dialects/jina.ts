import { detailError } from './detail-error.js';
import type { Dialect } from './dialect.js';
import { status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { modelOf, relevanceRow, relevanceRowWithObject, writeRows } from './rows.js';

const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 1,
  echo: 'return_documents',
};

/** Jina's rerank API, the form most other servers copy. */
export const jina: Dialect = {
  name: 'jina',
  decode: (call) => readBody(call, FORM),
  encode(answer) {
    const { rows, request, requestId } = answer;
    const results = writeRows(rows, request.echo ? relevanceRowWithObject : relevanceRow);
    const { tokens } = estimateUsage(request);
    return {
      body: `{"id":"${requestId}","model":${JSON.stringify(modelOf(answer))},"usage":{"total_tokens":${tokens},"prompt_tokens":${tokens}},"results":${results}}`,
    };
  },
  error: detailError(status400),
};
