import type { AppError } from '../../base/errors.js';
import type { AnswerRow, Dialect, DialectAnswer, ErrorForm } from './dialect.js';
import { errorText, status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { explained, modelOf, scoreRow, writeRows } from './rows.js';

const FORM: BodyForm = {
  documents: 'input',
  topN: ['top_k'],
  leastTopN: 1,
  echo: 'return_input',
  rankFields: 'rank_fields',
  knobs: { rewrite_query: 'boolean', instruction: 'string' },
};

/** Mixedbread's rerank API: documents are `input`, and the answer repeats `top_k` and `return_input`. */
export const mixedbread: Dialect = {
  name: 'mixedbread',
  decode: (call) => readBody(call, FORM),
  encode: (answer) => ({ body: mixedbreadBody(answer) }),
  error: mixedbreadError,
};

/** Rows have no `object`: one of its clients takes few words there, and none is needed. */
function mixedbreadBody(answer: DialectAnswer): string {
  const { rows, request } = answer;
  const { echo, topN, candidates } = request;
  const { tokens } = estimateUsage(request);
  const data = writeRows(rows, echo ? rowWithInput : scoreRow);
  const usage = `{"prompt_tokens":${tokens},"total_tokens":${tokens}}`;
  return `{"object":"list","model":${JSON.stringify(modelOf(answer))},"top_k":${topN ?? candidates.length},"return_input":${echo},"usage":${usage},"data":${data}}`;
}

/** `input` as it came: a string, or the whole object. */
function rowWithInput(row: AnswerRow): string {
  const { index, score, candidate, quotedText } = row;
  const input = candidate.metadata === undefined ? quotedText : JSON.stringify(candidate.metadata);
  return `{"index":${index},"score":${score},"input":${input}${explained(row)}}`;
}

/** `{type, message, details}`: each status has its one word, which the client checks. */
function mixedbreadError(error: AppError): ReturnType<ErrorForm> {
  const status = status400(error);
  const body = { type: typeOf(status), message: errorText(error), details: null };
  return { status, body: JSON.stringify(body) };
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'unauthorized_error';
    case 403:
      return 'forbidden_error';
    case 404:
      return 'not_found_error';
    case 429:
      return 'too_many_requests_error';
    default:
      return status >= 500 ? 'server_error' : 'bad_request_error';
  }
}
