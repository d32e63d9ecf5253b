import type { Candidate } from '../../base/documents.js';
import { validationError } from '../../base/errors.js';
import type { ModelWishes } from '../../base/request-wishes.js';
import { isIdentifier } from '../schemas/identifier.js';
import { Issues, isAbsent, isJsonObject, type JsonObject } from '../schemas/issues.js';
import type { DecodedRequest, DialectCall } from './dialect.js';
import { documentText, queryText } from './document-text.js';
import { type KnobKind, readCount, readFlag, readKnobs, readName } from './read-field.js';

/** Where a dialect keeps what, and how strict it is. Fields it does not name are ignored. */
export interface BodyForm {
  /** Field of the documents; strings or objects, or one alone. */
  readonly documents: string;
  /** Fields that say how many results; the first that is there counts. */
  readonly topN: readonly string[];
  /** 1 where the API refuses 0. */
  readonly leastTopN: 0 | 1;
  /** Field that asks for the documents back; none = never. */
  readonly echo?: string;
  /** Field that asks for the model's own scores. */
  readonly rawScores?: string;
  /** Field that names the parts of an object to rank by. */
  readonly rankFields?: string;
  /** Fields on which scores depend. */
  readonly knobs?: Readonly<Record<string, KnobKind>>;
  /** Whether a query of white space alone is taken. */
  readonly takesBlankQuery?: true;
  readonly needsModel?: true;
}

/**
 * Reads a body of the usual kind: a query, a list of documents, a few options. One pass over the documents.
 *
 * @throws AppError 422 with every broken rule (the first 50)
 */
export function readBody({ body, maxDocuments }: DialectCall, form: BodyForm): DecodedRequest {
  const issues = new Issues();
  const query = readQuery(body.query, form, issues);
  const model = readName(body, 'model', issues);
  if (form.needsModel && isAbsent(body.model)) issues.add(['model'], 'is required', 'missing');
  const topNField = form.topN.find((field) => !isAbsent(body[field]));
  const topN = topNField === undefined ? undefined : readCount(body, topNField, form.leastTopN, issues);
  const echo = form.echo !== undefined && readFlag(body, form.echo, issues) === true;
  const rawScores = form.rawScores === undefined ? undefined : readFlag(body, form.rawScores, issues);
  const rankFields =
    form.rankFields === undefined ? undefined : readRankFields(body, form.rankFields, issues);
  const knobs: ModelWishes['knobs'] = form.knobs && readKnobs(body, form.knobs, issues);
  const candidates = readDocuments(
    body[form.documents],
    form.documents,
    maxDocuments,
    rankFields,
    echo,
    issues,
  );
  if (!issues.none) throw validationError(issues.list);
  return { query, candidates, topN, model, echo, rawScores, knobs };
}

/** Reads a query: a string, or an object that wraps one. */
export function readQuery(
  value: unknown,
  { takesBlankQuery }: Pick<BodyForm, 'takesBlankQuery'>,
  issues: Issues,
): string {
  if (isAbsent(value)) {
    issues.add(['query'], 'is required', 'missing');
    return '';
  }
  if (typeof value !== 'string' && !isJsonObject(value)) {
    issues.add(['query'], 'must be a string', 'string_type');
    return '';
  }
  const query = queryText(value);
  if (!takesBlankQuery && query.trim() === '') {
    issues.add(['query'], 'must not be empty or be only whitespace', 'string_too_short');
  }
  return query;
}

function readRankFields(body: JsonObject, field: string, issues: Issues): readonly string[] | undefined {
  const value = body[field];
  if (isAbsent(value)) return undefined;
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value as string[];
  issues.add([field], 'must be a list of strings', 'list_type');
  return undefined;
}

/** Reads documents: strings, objects, or one of either alone; `{content: [parts]}` alone is a list of its parts. */
export function readDocuments(
  value: unknown,
  field: string,
  maxDocuments: number,
  rankFields: readonly string[] | undefined,
  echo: boolean,
  issues: Issues,
): Candidate[] {
  if (isAbsent(value)) {
    issues.add([field], 'is required', 'missing');
    return [];
  }
  const list = listOf(value);
  if (list === undefined) {
    issues.add([field], 'must be a list', 'list_type');
    return [];
  }
  if (list.length > maxDocuments) {
    issues.add([field], `must have at most ${maxDocuments} items, not ${list.length}`, 'too_long');
    return [];
  }
  if (list.length === 0) issues.add([field], 'must not be empty', 'too_short');
  const candidates: Candidate[] = [];
  for (let i = 0; i < list.length; i++) {
    const document: unknown = list[i];
    if (typeof document === 'string') candidates.push({ text: document });
    else if (isJsonObject(document)) candidates.push(objectCandidate(document, rankFields, echo));
    else issues.add([field, i], 'must be a string or an object', 'string_type');
  }
  return candidates;
}

function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return [value];
  if (!isJsonObject(value)) return undefined;
  return Array.isArray(value.content) ? value.content : [value];
}

function objectCandidate(
  document: JsonObject,
  rankFields: readonly string[] | undefined,
  echo: boolean,
): Candidate {
  const { id } = document;
  const text = documentText(document, rankFields);
  const metadata = echo ? document : undefined;
  return isIdentifier(id) ? { id, text, metadata } : { text, metadata };
}
