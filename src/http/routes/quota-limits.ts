import { type AppError, validationError } from '../../base/errors.js';
import type { RerankRequest } from '../../reranker/request.js';
import type { Exchange } from '../exchange.js';
import type { BodyRules } from '../options.js';
import type { Loc } from '../schemas/issues.js';

/** The rules for native bodies where the namespace may ask for less than the settings allow: what is not said adapts. */
export function rulesFor({ permit }: Exchange, rules: BodyRules): BodyRules {
  const { maxResults } = permit?.limits ?? {};
  return maxResults === undefined || maxResults >= rules.topK
    ? rules
    : { ...rules, topK: Math.max(1, maxResults) };
}

/** @param asked results that the caller asks for. @throws AppError 422 */
export function checkResults({ permit }: Exchange, asked: number, loc: Loc): void {
  const { maxResults } = permit?.limits ?? {};
  if (maxResults !== undefined && asked > maxResults)
    throw tooLarge(loc, 'Query limit exceeds maximum', asked, maxResults);
}

/** Checks the vectors that requests bring. @throws AppError 422 */
export function checkVectors({ permit }: Exchange, request: RerankRequest): void {
  const { queryEmbedding, candidates, loc } = request;
  if (permit?.limits.maxDimension === undefined) return;
  // All of one request have the same dimension.
  checkDimension(permit.limits.maxDimension, queryEmbedding ?? candidates[0]?.embedding, [
    ...loc,
    'query_embedding',
  ]);
}

/** @throws AppError 422 */
export function checkDimension(
  maxDimension: number | undefined,
  vector: readonly number[] | undefined,
  loc: Loc,
): void {
  if (maxDimension !== undefined && vector !== undefined && vector.length > maxDimension)
    throw tooLarge(loc, 'Vector dimension exceeds limit', vector.length, maxDimension);
}

/** Counts the items of a batch, whatever becomes of them. @throws AppError 422, 429 */
export async function chargeBatch({ permit }: Exchange, body: unknown): Promise<void> {
  if (!Array.isArray(body)) return;
  const { maxBatch } = permit?.limits ?? {};
  if (maxBatch !== undefined && body.length > maxBatch)
    throw tooLarge([], 'Batch size exceeds limit', body.length, maxBatch);
  await permit?.charge(body.length);
}

/** In the same sentence in every dialect. */
function tooLarge(loc: Loc, what: string, asked: number, limit: number): AppError {
  const issue = { loc: [...loc], msg: `must be at most ${limit}, not ${asked}`, type: 'quota' };
  return validationError([issue], `${what}: ${asked} > ${limit}`);
}
