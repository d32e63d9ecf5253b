import { STATUS_CODES } from 'node:http';
import type { AppError } from '../../base/errors.js';
import type { AnswerRow, DecodedRequest, Dialect, DialectAnswer, DialectCall, ErrorForm } from './dialect.js';
import { errorText } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { nameInPath } from './name-in-path.js';
import { type BodyForm, readBody } from './read-body.js';
import { explained, writeRows } from './rows.js';

const FORM: BodyForm = {
  documents: 'passages',
  // Not of the API, but LiteLLM sends the second and does not cut by itself.
  topN: ['top_n', 'top_k'],
  leastTopN: 1,
  knobs: { truncate: 'string' },
  takesBlankQuery: true,
};

/** Where NVIDIA's own service has the model's name. */
const HOSTED = /\/retrieval\/(.+)\/reranking$/;

/** Farthest logit sent. A score of 0 or 1 has none; this one's probability is less than 0.0000002 from it. */
const MAX_LOGIT = 16;

/**
 * NVIDIA's NIM for reranking: `query: {text}`, `passages: [{text}]`, `rankings` with logits.
 *
 * Our scores are in 0…1, its clients expect logits and many apply the logistic function to them. So what is sent is the
 * inverse of that function, cut at ±16: those clients get our score back. Where the scorer itself gives logits, its own
 * come out again (to eight digits or so, within ±16).
 */
export const nvidia: Dialect = {
  name: 'nvidia',
  decode: readNvidia,
  encode: (answer) => ({ body: nvidiaBody(answer) }),
  error: nvidiaError,
};

function readNvidia(call: DialectCall): DecodedRequest {
  const request = readBody(call, FORM);
  return { ...request, model: request.model ?? nameInPath(call.path, HOSTED) };
}

function nvidiaBody({ rows, request }: DialectAnswer): string {
  const { tokens } = estimateUsage(request);
  return `{"rankings":${writeRows(rows, row)},"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`;
}

function row(ranked: AnswerRow): string {
  return `{"index":${ranked.index},"logit":${logitOf(ranked.score)}${explained(ranked)}}`;
}

/** ln(p / (1 − p)) of a score in 0…1, in −16…16. */
export function logitOf(score: number): number {
  return Math.max(-MAX_LOGIT, Math.min(MAX_LOGIT, Math.log(score / (1 - score))));
}

/** A problem (RFC 9457) with the request's id, as NVIDIA's clients print it. */
function nvidiaError(error: AppError, requestId: string): ReturnType<ErrorForm> {
  const { status } = error;
  const body = {
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail: errorText(error),
    requestId,
  };
  return { status, body: JSON.stringify(body) };
}
