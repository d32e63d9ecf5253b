import type { ValidationIssue } from '../base/errors.js';
import { httpUrl } from '../base/settings/kinds.js';
import { SCORING_SETTINGS } from '../base/settings/scoring.js';
import { UPSTREAM_DIALECT_NAMES } from '../base/settings/upstream.js';
import { WHOLE_ENDPOINTS } from '../base/settings/upstream-endpoint.js';
import { addIssue, type Loc, readObject } from './reading.js';

/** How a namespace differs from the settings; what is absent is inherited from the one above, then from the settings. */
export interface Policies {
  /** Days after which memory that nobody confirmed goes; null = never. Callers may say `INHERIT`. */
  readonly retention_days?: number | null;
  /** False: nothing of this namespace is looked up in caches, or kept in them. */
  readonly cache_enabled?: boolean;
  /** How long scores of an upstream are good for. */
  readonly cache_ttl_seconds?: number;
  /** `strong`: a feedback is on disk before it is acknowledged; `relaxed`: acknowledged from memory, written at the next flush. */
  readonly consistency?: 'strong' | 'relaxed';
  /** As `SCORER` is written. */
  readonly scorer?: string;
  /** Another reranker behind us than the settings name. */
  readonly upstream?: UpstreamPolicy;
  /** Weights of the memory, ≥ 0, as `WEIGHT_DENSE`, `WEIGHT_NARRATIVE`, `WEIGHT_PHEROMONE`. */
  readonly weight_dense?: number;
  readonly weight_narrative?: number;
  readonly weight_pheromone?: number;
}

export interface UpstreamPolicy {
  readonly url: string;
  readonly dialect: string;
  readonly model?: string;
  /** Name of a key in `UPSTREAM_API_KEYS`; no record ever holds a secret. */
  readonly api_key_name?: string;
}

export type PolicyName = keyof Policies;

/** What a value must be, in words, where it is not; else the value as it is kept. */
type Reader = (value: unknown, issues: ValidationIssue[], loc: Loc) => unknown;

const READERS: { readonly [Name in PolicyName]-?: Reader } = {
  retention_days: (value, issues, loc) =>
    value === null
      ? null
      : readNumber(value, { above: 0, most: 36_500, or: ', null for never, or inherit' }, issues, loc),
  cache_enabled: (value, issues, loc) => {
    if (typeof value !== 'boolean') addIssue(issues, loc, 'must be true or false', 'bool_type');
    return value;
  },
  cache_ttl_seconds: (value, issues, loc) => readNumber(value, { above: 0, most: 31_536_000 }, issues, loc),
  consistency: (value, issues, loc) => {
    if (value !== 'strong' && value !== 'relaxed') addIssue(issues, loc, 'must be strong or relaxed', 'enum');
    return value;
  },
  scorer: (value, issues, loc) => readKind(SCORING_SETTINGS.SCORER.kind.parse, value, issues, loc),
  upstream: readUpstream,
  weight_dense: readWeight,
  weight_narrative: readWeight,
  weight_pheromone: readWeight,
};

/** All policies, in the order they are shown. */
export const POLICY_NAMES = Object.keys(READERS) as PolicyName[];

/** What `retention_days` is where it is not set, whose null means never. */
export const INHERIT = 'inherit';

/**
 * Reads policies as callers and files write them; null = not set, except that `retention_days: null` means never and
 * `"inherit"` not set. Broken rules go to `issues` by where they are; policies with any are left out.
 */
export function readPolicies(given: unknown, issues: ValidationIssue[], loc: Loc = ['policies']): Policies {
  return patchPolicies({}, given, issues, loc);
}

/** The policies after a patch: those named are replaced, and those that are not set (as in `readPolicies`) taken away. */
export function patchPolicies(
  current: Policies,
  given: unknown,
  issues: ValidationIssue[],
  loc: Loc = ['policies'],
): Policies {
  const policies: Record<string, unknown> = { ...current };
  const fields = readObject(given, POLICY_NAMES, issues, loc) ?? {};
  for (const name of POLICY_NAMES) {
    if (!Object.hasOwn(fields, name) || fields[name] === undefined) continue;
    const before = issues.length;
    const isUnset = fields[name] === (name === 'retention_days' ? INHERIT : null);
    const value = isUnset ? undefined : READERS[name](fields[name], issues, [...loc, name]);
    if (value === undefined) delete policies[name];
    else if (issues.length === before) policies[name] = value;
  }
  return policies;
}

function readWeight(value: unknown, issues: ValidationIssue[], loc: Loc): unknown {
  return readNumber(value, { least: 0, most: 100 }, issues, loc);
}

interface Range {
  readonly least?: number;
  readonly above?: number;
  readonly most: number;
  readonly or?: string;
}

function readNumber(value: unknown, range: Range, issues: ValidationIssue[], loc: Loc): unknown {
  const { least = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY, most, or = '' } = range;
  const isInside = typeof value === 'number' && value >= least && value > above && value <= most;
  const from = range.above === undefined ? `from ${least}` : `above ${above}`;
  if (!isInside) addIssue(issues, loc, `must be a number ${from} up to ${most}${or}`, 'value_error');
  return value;
}

/** By the rules of a setting, whose errors complete "expected …". */
function readKind(
  parse: (text: string, context: { readonly cwd: string }) => string,
  value: unknown,
  issues: ValidationIssue[],
  loc: Loc,
): unknown {
  if (typeof value !== 'string') {
    addIssue(issues, loc, 'must be a string', 'string_type');
    return value;
  }
  try {
    return parse(value.trim(), { cwd: '' });
  } catch (error) {
    addIssue(issues, loc, `must be ${(error as Error).message}`, 'value_error');
    return value;
  }
}

const UPSTREAM_FIELDS = ['url', 'dialect', 'model', 'api_key_name'];
const MODEL = /^[^\s\p{C}]{1,1000}$/u;
const KEY_NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const MAX_URL_LENGTH = 2048;
/** In the names of query parameters. */
const SECRET_WORD =
  /key|token|secret|password|passwd|credential|(^|[^a-z])(sig|signature|auth|pwd)([^a-z]|$)/i;

function readUpstream(given: unknown, issues: ValidationIssue[], loc: Loc): unknown {
  const fields = readObject(given, UPSTREAM_FIELDS, issues, loc);
  if (fields === undefined) return given;
  const { url, dialect } = fields;
  const [model, keyName] = [fields.model ?? undefined, fields.api_key_name ?? undefined];
  const before = issues.length;
  if (typeof url === 'string' && url.length > MAX_URL_LENGTH)
    addIssue(issues, [...loc, 'url'], `must have at most ${MAX_URL_LENGTH} characters`, 'string_too_long');
  else readKind(httpUrl('api_key_name').parse, url, issues, [...loc, 'url']);
  if (typeof url === 'string' && issues.length === before && hasSecretParameter(url))
    addIssue(issues, [...loc, 'url'], 'must hold no secret: put keys into UPSTREAM_API_KEYS', 'value_error');
  if (!(UPSTREAM_DIALECT_NAMES as readonly unknown[]).includes(dialect))
    addIssue(issues, [...loc, 'dialect'], `must be one of ${UPSTREAM_DIALECT_NAMES.join(', ')}`, 'enum');
  if (model !== undefined && !(typeof model === 'string' && MODEL.test(model)))
    addIssue(issues, [...loc, 'model'], 'must be 1 to 1000 printable characters', 'value_error');
  if (keyName !== undefined && !(typeof keyName === 'string' && KEY_NAME.test(keyName)))
    addIssue(
      issues,
      [...loc, 'api_key_name'],
      'must be the name of a key in UPSTREAM_API_KEYS',
      'value_error',
    );
  if (issues.length > before) return given;
  const upstream = { url, dialect, model, api_key_name: keyName } as UpstreamPolicy;
  const problem = endpointProblem(upstream);
  if (problem !== undefined) addIssue(issues, [...loc, 'url'], problem, 'value_error');
  return JSON.parse(JSON.stringify(upstream));
}

function hasSecretParameter(url: string): boolean {
  return [...new URL(url.trim()).searchParams.keys()].some((name) => SECRET_WORD.test(name));
}

/** Why the endpoint cannot be told from the policy, for dialects that have more in their path than the server. */
function endpointProblem({ url, dialect, model }: UpstreamPolicy): string | undefined {
  const whole = WHOLE_ENDPOINTS[dialect as keyof typeof WHOLE_ENDPOINTS];
  if (whole?.test(new URL(url).pathname.replace(/\/+$/, '')) ?? true) return undefined;
  if (dialect === 'vertex') return 'must be the whole endpoint, up to `:rank`, with this dialect';
  return model === undefined
    ? 'must be the whole endpoint, or `model` be given, with this dialect'
    : undefined;
}
