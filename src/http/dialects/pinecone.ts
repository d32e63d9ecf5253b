import type { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../schemas/issues.js';
import type { AnswerRow, DecodedRequest, Dialect, DialectAnswer, DialectCall, ErrorForm } from './dialect.js';
import { errorText, status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { googleStatus } from './google-status.js';
import { type BodyForm, readBody } from './read-body.js';
import { documentObject, explained, modelOf, scoreRow, writeRows } from './rows.js';

const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 1,
  echo: 'return_documents',
  rankFields: 'rank_fields',
  knobs: { truncate: 'string', max_chunks_per_doc: 'integer' },
};

const NOTHING: JsonObject = {};

/** Header that all of Pinecone's clients send, and no others. */
const VERSION_HEADER = 'x-pinecone-api-version';

/** Pinecone's rerank API: object documents, echoed whole unless the caller says not to; knobs are in `parameters`. */
export const pinecone: Dialect = {
  name: 'pinecone',
  decode: readPinecone,
  encode: (answer) => ({ body: pineconeBody(answer) }),
  error: pineconeError,
};

/** Whether a request is of a client of Pinecone. */
export function isPineconeClient({ headers }: Pick<DialectCall, 'headers'>): boolean {
  return headers[VERSION_HEADER] !== undefined;
}

function readPinecone(call: DialectCall): DecodedRequest {
  const { parameters, return_documents: wish, ...rest } = call.body;
  const { truncate, max_chunks_per_doc } = isJsonObject(parameters) ? parameters : NOTHING;
  const body = { ...rest, truncate, max_chunks_per_doc, return_documents: wish ?? true };
  return readBody({ ...call, body }, FORM);
}

function pineconeBody(answer: DialectAnswer): string {
  const { rows, request } = answer;
  const data = writeRows(rows, request.echo ? rowWithDocument : scoreRow);
  const units = estimateUsage(request).searchUnits;
  return `{"model":${JSON.stringify(modelOf(answer))},"data":${data},"usage":{"rerank_units":${units}}}`;
}

function rowWithDocument(row: AnswerRow): string {
  return `{"index":${row.index},"score":${row.score},"document":${documentObject(row)}${explained(row)}}`;
}

function pineconeError(error: AppError): ReturnType<ErrorForm> {
  const status = status400(error);
  const body = { error: { code: googleStatus(error), message: errorText(error) }, status };
  return { status, body: JSON.stringify(body) };
}
