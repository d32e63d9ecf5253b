import type { Candidate } from '../../base/documents.js';
import { validationError } from '../../base/errors.js';
import type { RerankRequest } from '../../reranker/request.js';
import type { HeaderWishes } from '../middleware/wishes.js';
import type { BodyRules } from '../options.js';
import { readDocuments } from './documents.js';
import { readBoolean, readInteger, readNumber, readText } from './fields.js';
import { readGate } from './gating.js';
import { Issues, isAbsent, isJsonObject, type Loc } from './issues.js';
import { readVector } from './vector.js';

/**
 * Reads one native request for ranking. Unknown fields are ignored.
 *
 * @param loc where the body stands: empty, or `[i]` in a batch
 * @param issues broken rules are noted here; with any noted the result is not to be used
 */
export function readRerankRequest(
  body: unknown,
  loc: Loc,
  rules: BodyRules,
  wishes: HeaderWishes,
  newRequestId: () => string,
  issues: Issues,
): RerankRequest | undefined {
  if (!isJsonObject(body)) {
    issues.add(loc, 'must be an object with query and documents', 'dict_type');
    return undefined;
  }
  if (isAbsent(body.query)) issues.add([...loc, 'query'], 'is required', 'missing');
  const query = readText(body, 'query', loc, issues, rules.maxTextLength);
  const candidates = readDocuments(body.documents, [...loc, 'documents'], rules, issues);
  const queryEmbedding = isAbsent(body.query_embedding)
    ? undefined
    : readVector(body.query_embedding, [...loc, 'query_embedding'], issues);
  const topK = readInteger(body, 'top_k', loc, issues, 1, rules.maxTopK);
  const mmrLambda = readNumber(body, 'mmr_lambda', loc, issues, 0, 1);
  const gate = readGate(body, loc, rules.gate, issues);
  const explain = readBoolean(body, 'explain', loc, issues);
  const learn = readBoolean(body, 'learn', loc, issues);
  readBoolean(body, 'use_cr', loc, issues);
  readBoolean(body, 'return_debug', loc, issues);
  if (!issues.none || query === undefined || candidates === undefined) return undefined;
  checkVectorsAgree(candidates, queryEmbedding, loc, issues);
  return {
    loc,
    requestId: newRequestId(),
    query,
    candidates,
    // Without candidates there is nothing to compare it with.
    queryEmbedding: candidates.length === 0 ? undefined : queryEmbedding,
    topK: topK ?? rules.topK,
    mmrLambda: mmrLambda ?? wishes.mmrLambda ?? rules.mmrLambda,
    gate,
    explain: explain ?? wishes.explain ?? false,
    learn: learn ?? wishes.learn ?? true,
    source: wishes.source,
    // Added later, so that the object need not change its shape.
    signal: undefined,
    wishes: undefined,
    cacheControl: undefined,
  };
}

/** Reads the body of a batch: a list of requests, or `{requests: [...]}`. @throws AppError 422 with `loc` `[i, ...]` */
export function readRerankBatch(
  body: unknown,
  rules: BodyRules,
  wishes: HeaderWishes,
  newRequestId: () => string,
): RerankRequest[] {
  const issues = new Issues();
  const items = isJsonObject(body) ? body.requests : body;
  const requests: RerankRequest[] = [];
  for (const [index, item] of batchItems(items, rules.maxBatchSize).entries()) {
    const request = readRerankRequest(item, [index], rules, wishes, newRequestId, issues);
    if (request) requests.push(request);
  }
  if (!issues.none) throw validationError(issues.list);
  return requests;
}

/** The items of any batch. @throws AppError 422 where it is no list or too long a one */
export function batchItems(body: unknown, maxBatchSize: number): readonly unknown[] {
  if (!Array.isArray(body)) throw validationError([{ loc: [], msg: 'must be a list', type: 'list_type' }]);
  if (body.length > maxBatchSize) {
    const msg = `must have at most ${maxBatchSize} items, not ${body.length}`;
    throw validationError([{ loc: [], msg, type: 'too_long' }]);
  }
  return body;
}

/** All documents and the query carry a vector of one dimension, or none does. */
function checkVectorsAgree(
  candidates: readonly Candidate[],
  queryEmbedding: readonly number[] | undefined,
  loc: Loc,
  issues: Issues,
): void {
  const withVector = candidates.filter((candidate) => candidate.embedding !== undefined).length;
  if (withVector === 0 && (queryEmbedding === undefined || candidates.length === 0)) return;
  const msg = 'all documents and the query carry a vector, or none does';
  if (queryEmbedding === undefined) issues.add([...loc, 'query_embedding'], msg, 'missing');
  for (const [index, { embedding }] of candidates.entries()) {
    if (embedding === undefined) {
      issues.add([...loc, 'documents', index, 'embedding'], msg, 'missing');
    } else if (queryEmbedding !== undefined && embedding.length !== queryEmbedding.length) {
      const dims = `has ${embedding.length} numbers where the query's has ${queryEmbedding.length}`;
      issues.add([...loc, 'documents', index, 'embedding'], dims, 'dimension');
    }
  }
}
