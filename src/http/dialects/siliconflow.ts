import type { AppError } from '../../base/errors.js';
import type { Dialect, DialectAnswer, ErrorForm } from './dialect.js';
import { errorText, status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { relevanceRow, relevanceRowWithObject, writeRows } from './rows.js';

const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 1,
  echo: 'return_documents',
  knobs: { max_chunks_per_doc: 'integer', overlap_tokens: 'integer', instruction: 'string' },
};

/** Numbers that SiliconFlow gives for a bad request and for an overloaded model; others are the status here. */
const CODES: Readonly<Record<number, number>> = { 400: 20012, 503: 50505 };

/** SiliconFlow's rerank API: one document may stand alone. */
export const siliconflow: Dialect = {
  name: 'siliconflow',
  decode: (call) => readBody(call, FORM),
  encode: (answer) => ({ body: siliconflowBody(answer) }),
  error: siliconflowError,
};

function siliconflowBody({ rows, request, requestId }: DialectAnswer): string {
  const results = writeRows(rows, request.echo ? relevanceRowWithObject : relevanceRow);
  const { tokens, searchUnits } = estimateUsage(request);
  const counts = `"input_tokens":${tokens},"output_tokens":0`;
  const billed = `{${counts},"search_units":${searchUnits},"classifications":0}`;
  return `{"id":"${requestId}","results":${results},"meta":{"tokens":{${counts}},"billed_units":${billed}}}`;
}

function siliconflowError(error: AppError): ReturnType<ErrorForm> {
  const status = status400(error);
  const body = { code: CODES[status] ?? status, message: errorText(error), data: null };
  return { status, body: JSON.stringify(body) };
}
