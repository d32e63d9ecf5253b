import { detailError } from './detail-error.js';
import type { DecodedRequest, Dialect, DialectAnswer } from './dialect.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { relevanceRow, writeRows } from './rows.js';

const FORM: BodyForm = { documents: 'documents', topN: ['top_n'], leastTopN: 1 };

/** ZeroEntropy's rerank API. There is one speed here: `latency` is repeated, and both times are the whole request's. */
export const zeroentropy: Dialect = {
  name: 'zeroentropy',
  decode: (call) => readBody(call, FORM),
  encode: (answer) => ({ body: zeroentropyBody(answer) }),
  error: detailError(({ status }) => status),
};

function zeroentropyBody({ call, rows, request, elapsedMs }: DialectAnswer): string {
  const mode = call.body.latency === 'slow' ? 'slow' : 'fast';
  const seconds = elapsedMs / 1000;
  const { tokens } = estimateUsage(request);
  return `{"results":${writeRows(rows, relevanceRow)},"actual_latency_mode":"${mode}","e2e_latency":${seconds},"inference_latency":${seconds},"total_bytes":${bytesOf(request)},"total_tokens":${tokens}}`;
}

/** Bytes of the query and all documents as UTF-8. */
function bytesOf({ query, candidates }: DecodedRequest): number {
  return candidates.reduce((sum, { text }) => sum + Buffer.byteLength(text), Buffer.byteLength(query));
}
