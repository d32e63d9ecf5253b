import type { Candidate } from '../../base/documents.js';
import { validationError } from '../../base/errors.js';
import type { ModelWishes } from '../../base/request-wishes.js';
import { isIdentifier } from '../schemas/identifier.js';
import { Issues, isAbsent, isJsonObject, type JsonObject } from '../schemas/issues.js';
import { awsError, awsHeaders } from './aws-error.js';
import type { AnswerRow, DecodedRequest, Dialect, DialectAnswer, DialectCall } from './dialect.js';
import { documentText } from './document-text.js';
import { readCount, readKnobs, readName } from './read-field.js';
import { explained, writeRows } from './rows.js';

const NOTHING: JsonObject = {};

/**
 * Amazon Bedrock's `Rerank` of the agent runtime: one query in `queries`, documents in `sources`. All results come in one
 * answer, so there is never a `nextToken`; documents are not repeated. Signatures (SigV4) are not checked.
 */
export const bedrock: Dialect = {
  name: 'bedrock',
  decode: readBedrock,
  encode: (answer) => ({ body: bedrockBody(answer), headers: awsHeaders(answer.requestId) }),
  error: awsError,
};

function readBedrock({ body, maxDocuments }: DialectCall): DecodedRequest {
  const issues = new Issues();
  const query = readOnlyQuery(body.queries, issues);
  const candidates = readSources(body.sources, maxDocuments, issues);
  const settings = part(part(body, 'rerankingConfiguration'), 'bedrockRerankingConfiguration');
  const topN = readCount(settings, 'numberOfResults', 1, issues);
  const { model, knobs } = readModel(part(settings, 'modelConfiguration'), issues);
  if (!issues.none) throw validationError(issues.list);
  return { query, candidates, topN, model, echo: false, knobs };
}

function readModel(settings: JsonObject, issues: Issues): Pick<ModelWishes, 'model' | 'knobs'> {
  const model = readName(settings, 'modelArn', issues);
  const fields = part(settings, 'additionalModelRequestFields');
  return { model, knobs: readKnobs(fields, { max_tokens_per_doc: 'integer' }, issues) };
}

function readOnlyQuery(queries: unknown, issues: Issues): string {
  if (isAbsent(queries)) issues.add(['queries'], 'is required', 'missing');
  else if (!Array.isArray(queries) || queries.length !== 1) {
    issues.add(['queries'], 'must be a list of one query', 'list_type');
  } else {
    const { text } = part(queries[0], 'textQuery');
    if (typeof text === 'string' && text.trim() !== '') return text;
    issues.add(['queries', 0, 'textQuery', 'text'], 'must be a text that is not blank', 'string_type');
  }
  return '';
}

function readSources(sources: unknown, maxDocuments: number, issues: Issues): Candidate[] {
  if (!Array.isArray(sources)) {
    if (isAbsent(sources)) issues.add(['sources'], 'is required', 'missing');
    else issues.add(['sources'], 'must be a list', 'list_type');
    return [];
  }
  if (sources.length === 0) issues.add(['sources'], 'must not be empty', 'too_short');
  if (sources.length > maxDocuments) {
    issues.add(['sources'], `must have at most ${maxDocuments} items, not ${sources.length}`, 'too_long');
    return [];
  }
  return sources.map((source: unknown, i) => readSource(source, i, issues));
}

/** A text document, or a JSON document, which is ranked by its `text` or else whole. */
function readSource(source: unknown, i: number, issues: Issues): Candidate {
  const inline = part(source, 'inlineDocumentSource');
  const { text } = part(inline, 'textDocument');
  if (typeof text === 'string') return { text };
  const { jsonDocument } = inline;
  if (isJsonObject(jsonDocument)) {
    const { id } = jsonDocument;
    const whole = documentText(jsonDocument, undefined);
    return isIdentifier(id) ? { id, text: whole } : { text: whole };
  }
  issues.add(['sources', i, 'inlineDocumentSource'], 'must have a textDocument or a jsonDocument', 'missing');
  return { text: '' };
}

/** A part of an object that is one itself; empty where it is not there. */
function part(whole: unknown, field: string): JsonObject {
  const value = isJsonObject(whole) ? whole[field] : undefined;
  return isJsonObject(value) ? value : NOTHING;
}

function bedrockBody({ rows }: DialectAnswer): string {
  return `{"results":${writeRows(rows, row)}}`;
}

function row(ranked: AnswerRow): string {
  return `{"index":${ranked.index},"relevanceScore":${ranked.score}${explained(ranked)}}`;
}
