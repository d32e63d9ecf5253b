import type { AppError, ErrorCode } from '../../base/errors.js';
import type { AnswerRow, Dialect, DialectAnswer, ErrorForm } from './dialect.js';
import { errorText, issuesOf } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { explained, writeRows } from './rows.js';

const FORM: BodyForm = {
  documents: 'texts',
  // Not of the API, but some of its clients send it.
  topN: ['top_n'],
  leastTopN: 1,
  echo: 'return_text',
  rawScores: 'raw_scores',
  knobs: { truncate: 'boolean', truncation_direction: 'string' },
  takesBlankQuery: true,
};

/** Hugging Face's text-embeddings-inference: `texts`, and a bare list as the answer. */
export const tei: Dialect = {
  name: 'tei',
  decode: (call) => readBody(call, FORM),
  encode: (answer) => ({ body: teiBody(answer), headers: teiHeaders(answer) }),
  error: teiError,
};

/** The bare list, best first. */
export function teiBody({ rows, request }: DialectAnswer): string {
  return writeRows(rows, request.echo ? rowWithText : row);
}

function row(of: AnswerRow): string {
  return `{"index":${of.index},"score":${of.score}${explained(of)}}`;
}

function rowWithText(of: AnswerRow): string {
  return `{"index":${of.index},"text":${of.quotedText},"score":${of.score}${explained(of)}}`;
}

function teiHeaders({ request, elapsedMs }: DialectAnswer): string[] {
  const { query, candidates } = request;
  const characters = candidates.reduce((sum, { text }) => sum + text.length, query.length);
  return [
    'x-compute-type',
    'cpu',
    'x-compute-characters',
    String(characters),
    'x-compute-tokens',
    String(estimateUsage(request).tokens),
    'x-total-time',
    String(Math.round(elapsedMs)),
  ];
}

/** `{error, error_type}`. A body without its documents is `Empty`, any other that breaks rules `Validation`. */
function teiError(error: AppError): ReturnType<ErrorForm> {
  const isEmpty = issuesOf(error)[0]?.type === 'too_short';
  const body = JSON.stringify({ error: errorText(error), error_type: isEmpty ? 'Empty' : typeOf(error) });
  return { status: isEmpty ? 400 : error.code === 'UPSTREAM_ERROR' ? 424 : error.status, body };
}

const UNSERVED: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT']);

function typeOf({ code, status }: AppError): string {
  if (status === 429) return 'Overloaded';
  // Nothing is wrong with the body: what is to answer it is not there.
  if (UNSERVED.has(code)) return 'Unhealthy';
  return status >= 500 ? 'Backend' : 'Validation';
}
