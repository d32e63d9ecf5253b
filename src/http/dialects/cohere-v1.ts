import type { AppError } from '../../base/errors.js';
import { COHERE_FORM } from './cohere-form.js';
import type { Dialect, DialectAnswer } from './dialect.js';
import { errorText, issuesOf, status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { relevanceRow, relevanceRowWithObject, writeRows } from './rows.js';

const FORM: BodyForm = { ...COHERE_FORM, knobs: { max_chunks_per_doc: 'integer' } };

/** Cohere's rerank API, version 1: strings or objects, `return_documents`. */
export const cohereV1: Dialect = {
  name: 'cohere-v1',
  decode: (call) => readBody(call, FORM),
  encode: (answer) => ({ body: cohereBody(answer, '1') }),
  error: (error, requestId) => ({
    status: status400(error),
    body: JSON.stringify({ id: requestId, message: cohereText(error) }),
  }),
};

/** Cohere's answer in either version. */
export function cohereBody(answer: DialectAnswer, version: '1' | '2'): string {
  const { requestId, rows, request } = answer;
  const results = writeRows(rows, request.echo ? relevanceRowWithObject : relevanceRow);
  const units = estimateUsage(request).searchUnits;
  return `{"id":"${requestId}","results":${results},"meta":{"api_version":{"version":"${version}"},"billed_units":{"search_units":${units}}}}`;
}

/** Cohere's own words where clients are known to read them. */
export function cohereText(error: AppError): string {
  const [first] = issuesOf(error);
  const text = errorText(error);
  if (first === undefined || text === error.message) return text;
  const isList = first.loc.length === 1 && first.loc[0] === 'documents' && first.type === 'too_short';
  return `invalid request: ${isList ? 'list of documents must not be empty' : text}`;
}
