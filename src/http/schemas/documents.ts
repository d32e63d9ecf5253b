import type { Candidate } from '../../base/documents.js';
import { explainIdentifier, isIdentifier } from './identifier.js';
import { type Issues, isAbsent, isJsonObject, isLongerThan, type JsonObject, type Loc } from './issues.js';
import { readVector } from './vector.js';

/** Largest magnitude of a retriever's score: differences and squares stay finite. */
export const MAX_SCORE = 1e100;

export interface DocumentLimits {
  readonly maxDocuments: number;
  readonly maxTextLength: number;
}

/**
 * Reads `documents`: written by hand, for this loop runs 50 times a request. Duplicate ids are refused, since an answer
 * names documents by id. Vectors are checked one by one here; that all or none have one is the caller's check.
 *
 * @returns undefined where `documents` itself is unusable; single bad documents are noted and left out
 */
export function readDocuments(
  value: unknown,
  loc: Loc,
  limits: DocumentLimits,
  issues: Issues,
): Candidate[] | undefined {
  if (isAbsent(value)) {
    issues.add(loc, 'is required', 'missing');
    return undefined;
  }
  if (!Array.isArray(value)) {
    issues.add(loc, 'must be a list', 'list_type');
    return undefined;
  }
  if (value.length > limits.maxDocuments) {
    issues.add(loc, `must have at most ${limits.maxDocuments} documents, not ${value.length}`, 'too_long');
    return undefined;
  }
  const seen = new Set<string>();
  const candidates: Candidate[] = [];
  for (let i = 0; i < value.length; i++) {
    const candidate = readDocument(value[i], loc, i, limits.maxTextLength, issues);
    if (candidate === undefined) continue;
    const size = seen.size;
    seen.add(candidate.id);
    if (seen.size === size)
      issues.add([...loc, i, 'id'], 'is the id of another document of this request', 'duplicate');
    candidates.push(candidate);
  }
  return candidates;
}

function readDocument(
  raw: unknown,
  loc: Loc,
  index: number,
  maxTextLength: number,
  issues: Issues,
): (Candidate & { readonly id: string }) | undefined {
  if (!isJsonObject(raw)) {
    issues.add([...loc, index], 'must be an object with id and text', 'dict_type');
    return undefined;
  }
  const { id, text } = raw;
  if (isIdentifier(id) && typeof text === 'string' && !isLongerThan(text, maxTextLength)) {
    return {
      id,
      text,
      metadata: raw.metadata ?? undefined,
      embedding: isAbsent(raw.embedding)
        ? undefined
        : readVector(raw.embedding, [...loc, index, 'embedding'], issues),
      score: isAbsent(raw.score) ? undefined : readScore(raw.score, [...loc, index, 'score'], issues),
    };
  }
  explainDocument(raw, [...loc, index], maxTextLength, issues);
  return undefined;
}

function explainDocument({ id, text }: JsonObject, loc: Loc, maxTextLength: number, issues: Issues): void {
  if (!isIdentifier(id)) explainIdentifier(id, [...loc, 'id'], issues);
  if (isAbsent(text)) issues.add([...loc, 'text'], 'is required', 'missing');
  else if (typeof text !== 'string') issues.add([...loc, 'text'], 'must be a string', 'string_type');
  else if (isLongerThan(text, maxTextLength)) {
    issues.add([...loc, 'text'], `must have at most ${maxTextLength} characters`, 'string_too_long');
  }
}

function readScore(value: unknown, loc: Loc, issues: Issues): number | undefined {
  if (typeof value === 'number' && value >= -MAX_SCORE && value <= MAX_SCORE) return value;
  if (typeof value === 'number') {
    issues.add(loc, `must be a finite number between -${MAX_SCORE} and ${MAX_SCORE}`, 'finite_number');
  } else issues.add(loc, 'must be a number', 'float_type');
  return undefined;
}
