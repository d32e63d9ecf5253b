import type { AppError } from '../../base/errors.js';
import { COHERE_FORM } from './cohere-form.js';
import type { Dialect, DialectAnswer, ErrorForm } from './dialect.js';
import { errorText, errorType, status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { readBody } from './read-body.js';
import { modelOf, relevanceRow, relevanceRowWithObject, writeRows } from './rows.js';

/** Together's rerank API: Cohere's form with OpenAI's usage and errors. */
export const together: Dialect = {
  name: 'together',
  decode: (call) => readBody(call, COHERE_FORM),
  encode: (answer) => ({ body: togetherBody(answer) }),
  error: togetherError,
};

function togetherBody(answer: DialectAnswer): string {
  const { rows, request, requestId } = answer;
  const results = writeRows(rows, request.echo ? relevanceRowWithObject : relevanceRow);
  const { tokens } = estimateUsage(request);
  const usage = `{"prompt_tokens":${tokens},"completion_tokens":0,"total_tokens":${tokens}}`;
  return `{"id":"${requestId}","object":"rerank","model":${JSON.stringify(modelOf(answer))},"results":${results},"usage":${usage}}`;
}

function togetherError(error: AppError): ReturnType<ErrorForm> {
  const body = { message: errorText(error), type: errorType(error), param: null, code: error.code };
  return { status: status400(error), body: JSON.stringify({ error: body }) };
}
