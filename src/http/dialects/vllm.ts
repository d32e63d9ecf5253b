import type { AppError } from '../../base/errors.js';
import type { AnswerRow, Dialect, DialectAnswer, ErrorForm } from './dialect.js';
import { errorText, status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { explained, modelOf, writeRows } from './rows.js';

/** Fields of vLLM on which scores depend, those of its score API among them. */
export const VLLM_KNOBS = {
  truncate_prompt_tokens: 'integer',
  truncation_side: 'string',
  max_tokens_per_doc: 'integer',
  max_tokens_per_query: 'integer',
} as const;

const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 0,
  knobs: { ...VLLM_KNOBS, use_activation: 'boolean' },
  takesBlankQuery: true,
};

/** vLLM's rerank API: `top_n: 0` is all, documents are always echoed, `use_activation: false` asks for raw scores. */
export const vllm: Dialect = {
  name: 'vllm',
  decode(call) {
    const request = readBody(call, FORM);
    const { use_activation: activation, ...knobs } = request.knobs ?? {};
    const topN = request.topN === 0 ? undefined : request.topN;
    return { ...request, echo: true, rawScores: activation === false, knobs, topN };
  },
  encode: (answer) => ({ body: vllmBody(answer) }),
  error: vllmError,
};

function vllmBody(answer: DialectAnswer): string {
  const { rows, request, requestId } = answer;
  const { tokens } = estimateUsage(request);
  return `{"id":"${requestId}","model":${JSON.stringify(modelOf(answer))},"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}},"results":${writeRows(rows, row)}}`;
}

function row(of: AnswerRow): string {
  return `{"index":${of.index},"document":{"text":${of.quotedText},"multi_modal":null},"relevance_score":${of.score}${explained(of)}}`;
}

/** `{error: {message, type, param, code}}` with the status as a number in `code`. */
export function vllmError(error: AppError): ReturnType<ErrorForm> {
  const status = status400(error);
  const body = { message: errorText(error), type: typeOf(status), param: null, code: status };
  return { status, body: JSON.stringify({ error: body }) };
}

/** The names of OpenAI's client, which is what talks to vLLM. */
function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'AuthenticationError';
    case 403:
      return 'PermissionDeniedError';
    case 404:
      return 'NotFoundError';
    case 409:
      return 'ConflictError';
    case 429:
      return 'RateLimitError';
    default:
      return status >= 500 ? 'InternalServerError' : 'BadRequestError';
  }
}
