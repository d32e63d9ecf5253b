import { validationError } from '../../base/errors.js';
import type { FeedbackRequest } from '../../reranker/request.js';
import { readNumber, readText } from './fields.js';
import { explainIdentifier, isIdentifier, MAX_ID_LENGTH } from './identifier.js';
import { Issues, isAbsent, isJsonObject, type JsonObject, type Loc } from './issues.js';
import { readVector } from './vector.js';

/** Most ids one feedback may name: as many as any request may bring documents, drop-in dialects included. */
export const MAX_SELECTED_IDS = 2048;

/**
 * Reads one feedback.
 *
 * @param loc where it stands: empty, or `[i]` in a batch
 * @param source who speaks, or undefined; see `feedbackSource`
 * @throws AppError 422
 */
export function readFeedback(
  body: unknown,
  loc: Loc,
  maxTextLength: number,
  source: string | undefined,
): FeedbackRequest {
  const issues = new Issues();
  if (!isJsonObject(body)) {
    issues.add(loc, 'must be an object with selected_ids', 'dict_type');
    throw validationError(issues.list);
  }
  const requestId = readText(body, 'request_id', loc, issues, MAX_ID_LENGTH);
  const query = readText(body, 'query', loc, issues, maxTextLength);
  if (isAbsent(body.query) && isAbsent(body.request_id)) {
    issues.add([...loc, 'query'], 'is required where there is no request_id', 'missing');
  }
  const selectedIndices = readSelectedIndices(body, [...loc, 'selected_indices'], issues);
  const selectedIds =
    isAbsent(body.selected_ids) && selectedIndices !== undefined
      ? []
      : readSelectedIds(body, [...loc, 'selected_ids'], issues);
  const success = readNumber(body, 'success', loc, issues, 0, 1) ?? 1;
  const bestDocumentText = readText(body, 'best_doc_text', loc, issues, maxTextLength);
  const bestDocumentEmbedding = isAbsent(body.best_doc_embedding)
    ? undefined
    : readVector(body.best_doc_embedding, [...loc, 'best_doc_embedding'], issues);
  if (!issues.none) throw validationError(issues.list);
  return {
    requestId,
    query,
    selectedIds,
    selectedIndices,
    success,
    bestDocumentText,
    bestDocumentEmbedding,
    source,
  };
}

function readSelectedIds(body: JsonObject, loc: Loc, issues: Issues): string[] {
  const value = body.selected_ids;
  if (isAbsent(value))
    issues.add(loc, 'or selected_indices is required; an empty list says that nothing helped', 'missing');
  else if (!Array.isArray(value)) issues.add(loc, 'must be a list', 'list_type');
  else if (value.length > MAX_SELECTED_IDS)
    issues.add(loc, `must have at most ${MAX_SELECTED_IDS} ids`, 'too_long');
  else {
    for (const [index, id] of value.entries()) {
      if (!isIdentifier(id)) explainIdentifier(id, [...loc, index], issues);
    }
    return value as string[];
  }
  return [];
}

/** Undefined where there are none, so that `selected_ids` is wanted; an unusable list is noted and counts as empty. */
function readSelectedIndices(body: JsonObject, loc: Loc, issues: Issues): number[] | undefined {
  const value = body.selected_indices;
  if (isAbsent(value)) return undefined;
  if (!Array.isArray(value)) issues.add(loc, 'must be a list', 'list_type');
  else if (value.length > MAX_SELECTED_IDS)
    issues.add(loc, `must have at most ${MAX_SELECTED_IDS} indices`, 'too_long');
  else {
    for (const [place, index] of value.entries()) {
      if (Number.isSafeInteger(index) && index >= 0) continue;
      issues.add([...loc, place], 'must be a whole number from 0', 'int_type');
    }
    return value as number[];
  }
  return [];
}
