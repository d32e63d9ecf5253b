import type { AppError } from '../../base/errors.js';
import { isAbsent, type JsonObject } from '../schemas/issues.js';
import type { Dialect, DialectAnswer, ErrorForm } from './dialect.js';
import { errorText, errorType, status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { modelOf, relevanceRow, writeRows } from './rows.js';
import { teiBody } from './tei.js';

const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 0,
  takesBlankQuery: true,
};
const TEI_FORM: BodyForm = { ...FORM, documents: 'texts', echo: 'return_text' };

/** llama.cpp's server: Jina's form without echo, or that of TEI where `texts` are sent. `top_n: 0` is none. */
export const llamaCpp: Dialect = {
  name: 'llama.cpp',
  decode(call) {
    if (!isTei(call.body)) return readBody(call, FORM);
    const { body } = call;
    return readBody({ ...call, body: { ...body, texts: body.documents ?? body.texts } }, TEI_FORM);
  },
  encode: (answer) => ({ body: isTei(answer.call.body) ? teiBody(answer) : jinaBody(answer) }),
  error: llamaCppError,
};

/** It answers in TEI's form whenever `texts` is there, and reads `documents` all the same where both are. */
function isTei({ texts }: JsonObject): boolean {
  return !isAbsent(texts);
}

function jinaBody(answer: DialectAnswer): string {
  const { tokens } = estimateUsage(answer.request);
  const results = writeRows(answer.rows, relevanceRow);
  return `{"model":${JSON.stringify(modelOf(answer))},"object":"list","usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}},"results":${results}}`;
}

function llamaCppError(error: AppError): ReturnType<ErrorForm> {
  const status = status400(error);
  const type = error.code === 'UNAVAILABLE' ? 'unavailable_error' : errorType(error);
  return { status, body: JSON.stringify({ error: { code: status, message: errorText(error), type } }) };
}
