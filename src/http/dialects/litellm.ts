import type { AppError } from '../../base/errors.js';
import { liteLlmCacheControl } from './cohere-like.js';
import type { Dialect, DialectAnswer, ErrorForm } from './dialect.js';
import { errorText, errorType, status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { relevanceRow, relevanceRowWithObject, writeRows } from './rows.js';

const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 0,
  echo: 'return_documents',
  rankFields: 'rank_fields',
  knobs: {
    max_chunks_per_doc: 'integer',
    max_tokens_per_doc: 'integer',
    truncate_prompt_tokens: 'integer',
    instruction: 'string',
  },
  takesBlankQuery: true,
};

/** LiteLLM's proxy: Cohere's two versions together, and its own wish to ask afresh. */
export const litellm: Dialect = {
  name: 'litellm',
  decode(call) {
    const request = readBody(call, FORM);
    const topN = request.topN === 0 ? undefined : request.topN;
    return { ...request, topN, cacheControl: liteLlmCacheControl(call.body) };
  },
  encode: (answer) => ({ body: liteLlmBody(answer) }),
  error: liteLlmError,
};

function liteLlmBody({ rows, request, requestId }: DialectAnswer): string {
  const results = writeRows(rows, request.echo ? relevanceRowWithObject : relevanceRow);
  const { tokens, searchUnits } = estimateUsage(request);
  const billed = `{"search_units":${searchUnits},"total_tokens":${tokens}}`;
  return `{"id":"${requestId}","results":${results},"meta":{"billed_units":${billed},"tokens":{"input_tokens":${tokens},"output_tokens":0}}}`;
}

/** As OpenAI's, but `code` is the status as a string. */
function liteLlmError(error: AppError): ReturnType<ErrorForm> {
  const status = status400(error);
  const body = { message: errorText(error), type: errorType(error), param: null, code: String(status) };
  return { status, body: JSON.stringify({ error: body }) };
}
