import type { Candidate } from '../../base/documents.js';
import { type AppError, validationError } from '../../base/errors.js';
import { explainIdentifier, isIdentifier } from '../schemas/identifier.js';
import { Issues, isAbsent, isJsonObject, type JsonObject } from '../schemas/issues.js';
import type { AnswerRow, DecodedRequest, Dialect, DialectAnswer, DialectCall, ErrorForm } from './dialect.js';
import { errorText, status400 } from './error-text.js';
import { googleStatus } from './google-status.js';
import { readQuery } from './read-body.js';
import { readCount, readFlag, readName } from './read-field.js';
import { writeRows } from './rows.js';

/**
 * Google's ranking API (Vertex AI Search, `…:rank`): records with ids, a title and content; the answer names ids, not
 * positions, and its scores have two decimals. Both spellings of field names are read, as Google's own JSON has it.
 */
export const vertex: Dialect = {
  name: 'vertex',
  decode: readVertex,
  encode: (answer) => ({ body: vertexBody(answer) }),
  error: vertexError,
};

function readVertex({ body, maxDocuments }: DialectCall): DecodedRequest {
  const issues = new Issues();
  const query = readQuery(body.query, { takesBlankQuery: true }, issues);
  const model = readName(body, 'model', issues);
  const topN = readCount(body, nameOf(body, 'topN', 'top_n'), Number.MIN_SAFE_INTEGER, issues);
  const hidesDetails = readFlag(body, detailField(body), issues) === true;
  const candidates = readRecords(body.records, maxDocuments, issues);
  if (!issues.none) throw validationError(issues.list);
  // 0 and less are all of them.
  return { query, candidates, topN: topN! > 0 ? topN : undefined, model, echo: !hidesDetails };
}

function readRecords(records: unknown, maxDocuments: number, issues: Issues): Candidate[] {
  if (!Array.isArray(records)) {
    if (isAbsent(records)) issues.add(['records'], 'is required', 'missing');
    else issues.add(['records'], 'must be a list', 'list_type');
    return [];
  }
  if (records.length === 0) issues.add(['records'], 'must not be empty', 'too_short');
  if (records.length > maxDocuments) {
    issues.add(['records'], `must have at most ${maxDocuments} items, not ${records.length}`, 'too_long');
    return [];
  }
  const candidates = records.map((record: unknown, i) => readRecord(record, i, issues));
  const seen = new Set<string | undefined>();
  candidates.forEach(({ id }, i) => {
    if (seen.has(id)) issues.add(['records', i, 'id'], 'must not repeat', 'duplicate');
    seen.add(id);
  });
  return candidates;
}

function readRecord(record: unknown, i: number, issues: Issues): Candidate {
  if (!isJsonObject(record)) {
    issues.add(['records', i], 'must be an object', 'dict_type');
    return { text: '' };
  }
  const { id } = record;
  if (!isIdentifier(id)) explainIdentifier(id, ['records', i, 'id'], issues);
  const parts: string[] = [];
  for (const field of ['title', 'content']) {
    const part = record[field];
    if (typeof part === 'string') parts.push(part);
    else if (!isAbsent(part)) issues.add(['records', i, field], 'must be a string', 'string_type');
  }
  if (parts.length === 0) issues.add(['records', i], 'must have a title or content', 'missing');
  return { id: id as string, text: parts.join('\n') };
}

function vertexBody({ call, rows, request }: DialectAnswer): string {
  const records = call.body.records as readonly JsonObject[];
  return `{"records":${writeRows(rows, (row) => recordRow(row, records[row.index]!, request.echo))}}`;
}

function recordRow(
  { score, explanation: explain }: AnswerRow,
  { id, title, content }: JsonObject,
  withDetails: boolean,
): string {
  const rounded = Math.round(score * 100) / 100;
  const details = withDetails ? { title: title ?? undefined, content: content ?? undefined } : {};
  return JSON.stringify({ id, score: rounded, ...details, explain });
}

function vertexError(error: AppError): ReturnType<ErrorForm> {
  const status = status400(error);
  const body = { code: status, message: errorText(error), status: googleStatus(error) };
  return { status, body: JSON.stringify({ error: body }) };
}

function detailField(body: JsonObject): string {
  return nameOf(body, 'ignoreRecordDetailsInResponse', 'ignore_record_details_in_response');
}

function nameOf(body: JsonObject, camel: string, snake: string): string {
  return isAbsent(body[camel]) ? snake : camel;
}
