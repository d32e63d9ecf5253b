import { detailError } from './detail-error.js';
import type { Dialect, DialectAnswer } from './dialect.js';
import { status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { relevanceRow, relevanceRowWithObject, writeRows } from './rows.js';

const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 0,
  echo: 'return_documents',
  knobs: { max_chunks_per_doc: 'integer', kwargs: 'string' },
};

/** Xinference's rerank API; `return_len` or not, the answer says how many tokens it was. */
export const xinference: Dialect = {
  name: 'xinference',
  decode(call) {
    const request = readBody(call, FORM);
    return { ...request, topN: request.topN === 0 ? undefined : request.topN };
  },
  encode: (answer) => ({ body: xinferenceBody(answer) }),
  error: detailError(status400),
};

function xinferenceBody({ rows, request, requestId }: DialectAnswer): string {
  const results = writeRows(rows, request.echo ? relevanceRowWithObject : relevanceRow);
  const { tokens, searchUnits } = estimateUsage(request);
  return `{"id":"${requestId}","results":${results},"meta":{"api_version":null,"billed_units":{"search_units":${searchUnits}},"tokens":{"input_tokens":${tokens},"output_tokens":0},"warnings":null}}`;
}
