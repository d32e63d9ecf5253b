import type { AppError } from '../../base/errors.js';
import type { Dialect, DialectAnswer, ErrorForm } from './dialect.js';
import { errorText, issuesOf } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { modelOf, relevanceRow, relevanceRowWithText, writeRows } from './rows.js';

const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 1,
  echo: 'return_documents',
  rawScores: 'raw_scores',
  takesBlankQuery: true,
};

/** Infinity's rerank API: documents are echoed as strings, errors of validation are lists. */
export const infinity: Dialect = {
  name: 'infinity',
  decode: (call) => readBody(call, FORM),
  encode: (answer) => ({ body: infinityBody(answer) }),
  error: infinityError,
};

function infinityBody(answer: DialectAnswer): string {
  const { rows, request, requestId, nowMs } = answer;
  const results = writeRows(rows, request.echo ? relevanceRowWithText : relevanceRow);
  const { tokens } = estimateUsage(request);
  const usage = `{"prompt_tokens":${tokens},"total_tokens":${tokens}}`;
  return `{"object":"rerank","results":${results},"model":${JSON.stringify(modelOf(answer))},"usage":${usage},"id":"${requestId}","created":${Math.floor(nowMs / 1000)}}`;
}

/** What breaks a rule, or is no JSON, is 422 with a list, as FastAPI has it; its client cannot read a string there. */
function infinityError(error: AppError): ReturnType<ErrorForm> {
  const { code, status } = error;
  if (code === 'UNAUTHORIZED') return { status, body: '{"detail":"Unauthorized"}' };
  const issues = issuesOf(error);
  if (issues.length > 0) {
    const detail = issues.map(({ loc, msg, type }) => ({
      type,
      loc: ['body', ...loc],
      msg,
      input: null,
      ctx: {},
    }));
    return { status: 422, body: JSON.stringify({ detail }) };
  }
  if (code === 'BAD_REQUEST') {
    const detail = [{ type: 'bad_request', loc: ['body'], msg: error.message, input: null, ctx: {} }];
    return { status: 422, body: JSON.stringify({ detail }) };
  }
  const handled = { message: errorText(error), type: code, param: null, code: status };
  return { status, body: JSON.stringify({ error: handled }) };
}
