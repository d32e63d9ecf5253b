import type { ValidationIssue } from '../base/errors.js';
import { addIssue, isObject, type Loc, readObject } from './reading.js';

/** Names of quotas, and what each bounds. */
export const QUOTA_NAMES = [
  'max_vectors',
  'max_storage_bytes',
  'max_dimension',
  'max_requests_per_second',
  'max_queries_per_minute',
  'max_queries_per_day',
  'max_concurrent_queries',
  'max_results_per_query',
  'max_batch_size',
  'max_collections',
  'max_namespaces',
  'max_memory_mb',
  'max_connections',
] as const;

export type QuotaName = (typeof QUOTA_NAMES)[number];

/** What happens at a limit: refused; made to wait for a bounded time, then refused; let pass and told of. */
export type QuotaAction = 'reject' | 'throttle' | 'alert';

/** Opt-in: a limit that grows by itself. */
export interface AutoRaise {
  /** Share used from which it is raised, in (0, 1]. */
  readonly above: number;
  /** What the limit is multiplied by, > 1. */
  readonly factor: number;
  /** What it never exceeds. */
  readonly ceiling: number;
}

/** One quota in full. */
export interface QuotaSpec {
  /** Null = no limit. */
  readonly limit: number | null;
  /** Share used from which callers and operators are warned, in (0, 1]; default .8. */
  readonly warning_threshold: number;
  readonly action: QuotaAction;
  /** Of rates alone: what may come at once, a whole number ≥ 1; absent = as much as the limit. */
  readonly burst?: number;
  /** Of `max_vectors`, `max_storage_bytes`, `max_memory_mb` and `max_namespaces` alone. */
  readonly auto_raise?: AutoRaise;
}

/** Those that are set; one that is not is inherited, then the tier's, then none. */
export type Quotas = Readonly<Partial<Record<QuotaName, QuotaSpec>>>;

export const TIERS = ['free', 'pro', 'unlimited'] as const;
export type Tier = (typeof TIERS)[number];

/** What a tier allows; a name that is absent is not limited. Binary units: 100 MB = 100 · 2^20 bytes. */
export const TIER_QUOTAS: Readonly<Record<Tier, Quotas>> = {
  free: tierQuotas({
    max_vectors: 10_000,
    max_storage_bytes: 100 * 2 ** 20,
    max_dimension: 1536,
    max_requests_per_second: 10,
    max_concurrent_queries: 2,
    max_results_per_query: 100,
    max_batch_size: 100,
  }),
  pro: tierQuotas({
    max_vectors: 1_000_000,
    max_storage_bytes: 10 * 2 ** 30,
    max_dimension: 4096,
    max_requests_per_second: 100,
    max_concurrent_queries: 20,
    max_results_per_query: 1000,
    max_batch_size: 1000,
  }),
  unlimited: {},
};

/** Quotas that count what comes in a window of time, and the window's seconds. */
const RATE_WINDOWS_S: Readonly<Partial<Record<QuotaName, number>>> = {
  max_requests_per_second: 1,
  max_queries_per_minute: 60,
  max_queries_per_day: 86_400,
};

/** The smallest limit of a quota: a rate of nothing is a suspension, which is a status. */
export function leastLimit(name: QuotaName): 0 | 1 {
  return RATE_WINDOWS_S[name] === undefined ? 0 : 1;
}

/** Quotas that may raise themselves. */
const RAISABLE: readonly QuotaName[] = [
  'max_vectors',
  'max_storage_bytes',
  'max_memory_mb',
  'max_namespaces',
];

/** What a limit counts, behind its number: `10000 vectors`. */
const WORDS: Readonly<Record<QuotaName, string>> = {
  max_vectors: 'vectors',
  max_storage_bytes: 'bytes of storage',
  max_dimension: 'dimensions',
  max_requests_per_second: 'requests/second',
  max_queries_per_minute: 'queries/minute',
  max_queries_per_day: 'queries/day',
  max_concurrent_queries: 'concurrent queries',
  max_results_per_query: 'results per query',
  max_batch_size: 'items per batch',
  max_collections: 'collections',
  max_namespaces: 'namespaces',
  max_memory_mb: 'MB of memory',
  max_connections: 'connections',
};

const ACTIONS: readonly QuotaAction[] = ['reject', 'throttle', 'alert'];
const DEFAULT_THRESHOLD = 0.8;

/**
 * Why a tier does not allow this quota, as in "Free tier limited to 10000 vectors"; undefined = it does. One that only
 * alerts bounds nothing, so no ceiling allows it.
 */
export function ceilingProblem(tier: Tier, name: QuotaName, spec: QuotaSpec): string | undefined {
  const ceiling = TIER_QUOTAS[tier][name]?.limit ?? Number.POSITIVE_INFINITY;
  const most = Math.max(
    spec.action === 'alert' ? Number.POSITIVE_INFINITY : (spec.limit ?? Number.POSITIVE_INFINITY),
    spec.burst ?? 0,
    spec.auto_raise?.ceiling ?? 0,
  );
  if (most <= ceiling) return undefined;
  return `${tier[0]!.toUpperCase()}${tier.slice(1)} tier limited to ${ceiling} ${WORDS[name]}`;
}

/**
 * Reads a quotas object as callers and files write it: a limit alone, null (no limit), or `{limit, warning_threshold?,
 * action?, burst?, auto_raise?}`. Broken rules go to `issues` by where they are; quotas with any are left out.
 */
export function readQuotas(given: unknown, issues: ValidationIssue[], loc: Loc = ['quotas']): Quotas {
  const quotas: Partial<Record<QuotaName, QuotaSpec>> = {};
  const fields = readObject(given, QUOTA_NAMES, issues, loc) ?? {};
  for (const name of QUOTA_NAMES) {
    if (!Object.hasOwn(fields, name)) continue;
    const spec = readSpec(name, fields[name], issues, [...loc, name]);
    if (spec !== undefined) quotas[name] = spec;
  }
  return quotas;
}

const SPEC_FIELDS = ['limit', 'warning_threshold', 'action', 'burst', 'auto_raise'];

function readSpec(
  name: QuotaName,
  given: unknown,
  issues: ValidationIssue[],
  loc: Loc,
): QuotaSpec | undefined {
  const before = issues.length;
  const fields = isObject(given) ? readObject(given, SPEC_FIELDS, issues, loc)! : { limit: given };
  const limitLoc = isObject(given) ? [...loc, 'limit'] : loc;
  const { limit, warning_threshold: threshold = DEFAULT_THRESHOLD, action = 'reject', burst } = fields;
  const isRate = RATE_WINDOWS_S[name] !== undefined;
  if (limit !== null) checkCount(limit, leastLimit(name), issues, limitLoc);
  if (!isShare(threshold))
    addIssue(issues, [...loc, 'warning_threshold'], 'must be above 0 and at most 1', 'value_error');
  if (!(ACTIONS as unknown[]).includes(action))
    addIssue(issues, [...loc, 'action'], `must be one of ${ACTIONS.join(', ')}`, 'enum');
  if (burst !== undefined && !isRate)
    addIssue(issues, [...loc, 'burst'], 'is for rates alone', 'value_error');
  else if (burst !== undefined) checkCount(burst, 1, issues, [...loc, 'burst']);
  const raise = readAutoRaise(name, limit, fields.auto_raise, issues, [...loc, 'auto_raise']);
  if (issues.length > before) return undefined;
  return {
    limit: limit as number | null,
    warning_threshold: threshold as number,
    action: action as QuotaAction,
    ...(burst !== undefined && { burst: burst as number }),
    ...(raise !== undefined && { auto_raise: raise }),
  };
}

function readAutoRaise(
  name: QuotaName,
  limit: unknown,
  given: unknown,
  issues: ValidationIssue[],
  loc: Loc,
): AutoRaise | undefined {
  if (given === undefined) return undefined;
  if (!RAISABLE.includes(name)) {
    addIssue(issues, loc, `is for ${RAISABLE.join(', ')} alone`, 'value_error');
    return undefined;
  }
  const fields = readObject(given, ['above', 'factor', 'ceiling'], issues, loc);
  if (fields === undefined) return undefined;
  const { above, factor, ceiling } = fields;
  if (!isShare(above)) addIssue(issues, [...loc, 'above'], 'must be above 0 and at most 1', 'value_error');
  if (!(typeof factor === 'number' && factor > 1 && factor <= MAX_FACTOR))
    addIssue(issues, [...loc, 'factor'], `must be above 1 and at most ${MAX_FACTOR}`, 'value_error');
  checkCount(ceiling, 1, issues, [...loc, 'ceiling']);
  if (limit === null) addIssue(issues, loc, 'needs a limit to raise', 'value_error');
  else if ((ceiling as number) < (limit as number))
    addIssue(issues, [...loc, 'ceiling'], 'must not be below the limit', 'value_error');
  return { above: above as number, factor: factor as number, ceiling: ceiling as number };
}

const MAX_FACTOR = 1000;

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value <= 1;
}

/** Every limit is a whole number that a double holds exactly; NaN and infinities are none. */
function checkCount(value: unknown, least: number, issues: ValidationIssue[], loc: Loc): void {
  if (value === undefined) addIssue(issues, loc, 'is required', 'missing');
  else if (!Number.isSafeInteger(value) || (value as number) < least)
    addIssue(issues, loc, `must be a whole number from ${least} to 2^53 - 1`, 'int_type');
}

/** A function declaration: the table above needs it when the module loads. */
function tierQuotas(limits: Readonly<Partial<Record<QuotaName, number>>>): Quotas {
  return Object.fromEntries(
    Object.entries(limits).map(([name, limit]) => [
      name,
      { limit, warning_threshold: 0.8, action: 'reject' } satisfies QuotaSpec,
    ]),
  );
}
