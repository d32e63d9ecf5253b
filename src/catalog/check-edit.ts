import { isDeepStrictEqual } from 'node:util';
import { AppError, validationError } from '../base/errors.js';
import type { CatalogState, RecordChanges } from './catalog-state.js';
import { blaming } from './culprit.js';
import { MAX_DEPTH } from './hierarchy.js';
import type { Policies } from './policies.js';
import { ceilingProblem, type QuotaName, type QuotaSpec } from './quota.js';
import type { Loc } from './reading.js';
import type { NamespaceRecord } from './record.js';
import { resolveTier } from './resolve.js';
import { isLeaving, mayBecome, restoredStatus, statusRefusal, transition } from './status.js';

/** What a change of one record is measured by. */
export interface EditRules {
  readonly defaultName: string;
  /** Whether a request could name it. */
  accepts(name: string): boolean;
  /** Most registered namespaces. */
  readonly maxRegistered: number;
  /** Why what holds for a namespace cannot be had, in words; undefined = it can. */
  readonly policyProblem?: ((policies: Policies) => string | undefined) | undefined;
}

/** Whether a record may become another by itself, whoever stands around it. Throws `AppError` 409 or 422. */
export function checkStep(
  before: NamespaceRecord | undefined,
  after: NamespaceRecord,
  rules: EditRules,
): void {
  const { id, status } = after;
  if (before === undefined && !rules.accepts(id)) throw broken(['id'], 'is no name that requests may use');
  if (id === rules.defaultName && status !== 'active' && status !== 'read_only')
    throw new AppError(
      'CONFLICT',
      `The default namespace cannot be ${isLeaving(status) ? 'deleted' : status}`,
    );
  if (before === undefined) return;
  if (before.status === 'pending_deletion' && !isLeaving(status)) {
    if (restoredStatus(before.status, before.deletion?.before) !== status) transition(before.status, status);
  } else if (!(status === 'deleted' && mayBecome(before.status, 'pending_deletion')))
    transition(before.status, status);
}

/** Whether all below a namespace that goes are going too. Throws `AppError` 409. */
export function checkRemovals(state: CatalogState, remove: readonly string[], rules: EditRules): void {
  for (const id of remove) {
    if (id === rules.defaultName) throw new AppError('CONFLICT', 'The default namespace cannot be deleted');
    const staying = state.below(id).filter((below) => !remove.includes(below));
    if (staying.length > 0) throw hasBelow(id, staying.length);
  }
}

/** A bound on how many namespaces a family has, and how many it would have. */
export interface FamilyCount {
  readonly id: string;
  readonly limit: number;
  readonly count: number;
}

/**
 * Checks the catalog as it would become: parents that exist, no circles, one tenant in a line, its depth, nothing new
 * below what is being deleted, ceilings of tiers. `before` = what was registered under an id. Returns the families that
 * are bounded in number, to be compared with what they are now. Throws `AppError` 409 or 422.
 */
export function checkBecoming(
  state: CatalogState,
  { put }: RecordChanges,
  claims: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, NamespaceRecord | undefined>,
): FamilyCount[] {
  for (const record of put) blaming(record.id, () => checkParent(state, record, claims.get(record.id)));
  const families = new Map<string, FamilyCount>();
  const checkRecord = (record: NamespaceRecord): void => {
    const old = before.get(record.id);
    const isMoved = old === undefined || old.parent_id !== record.parent_id;
    const above = state.ancestorsOf(record.id);
    if (isMoved) {
      checkDepth(state, record, above.length + 1);
      const leaving = above.find((id) => isLeaving(state.record(id)!.status));
      if (leaving !== undefined) throw statusRefusal(leaving, state.record(leaving)!.status, false)!;
    }
    if (isMoved || old.tenant_id !== record.tenant_id) checkTenant(state, record);
    if (isLeaving(record.status) && !isLeaving(old?.status ?? 'active') && state.childCount(record.id) > 0) {
      // Those that go in the same change do not stand in the way.
      const goes = (id: string) => before.has(id) && isLeaving(state.record(id)!.status);
      const staying = state.below(record.id).filter((id) => !goes(id));
      if (staying.length > 0) throw hasBelow(record.id, staying.length);
    }
    const isFamilyChecked = isMoved || old.tier !== record.tier;
    for (const id of isFamilyChecked ? [record.id, ...state.below(record.id)] : [record.id])
      checkCeilings(state, id, record.id);
    for (const id of [record.id, ...above]) {
      // Counted once: a family of n costs n, not n for each of its members that changes.
      if (families.has(id)) continue;
      const spec = boundOf(state.record(id)!);
      if (spec !== undefined) families.set(id, { id, limit: spec, count: state.below(id).length });
    }
  };
  for (const record of put) blaming(record.id, () => checkRecord(record));
  return [...families.values()];
}

/** Whether what would hold for the records whose policies change can be had. Throws `AppError` 422. */
export function checkPolicies(
  state: CatalogState,
  put: readonly NamespaceRecord[],
  before: ReadonlyMap<string, NamespaceRecord | undefined>,
  { policyProblem }: EditRules,
): void {
  if (policyProblem === undefined) return;
  for (const { id, policies } of put) {
    if (isDeepStrictEqual(policies, before.get(id)?.policies ?? {})) continue;
    const problem = policyProblem(state.effective(id).policies);
    blaming(id, () => {
      if (problem !== undefined) throw broken(['policies'], problem);
    });
  }
}

/**
 * Compares bounded families with what they are now. Throws `AppError` 429 where one would grow beyond its bound, 409 where
 * the bound would fall below what there is.
 */
export function checkFamilies(state: CatalogState, families: readonly FamilyCount[]): void {
  for (const family of families) blaming(family.id, () => checkFamily(state, family));
}

function checkFamily(state: CatalogState, { id, limit, count }: FamilyCount): void {
  if (count <= limit) return;
  const old = state.record(id);
  const now = state.below(id).length;
  if (old !== undefined && count > now)
    throw new AppError('QUOTA_EXCEEDED', `Namespace quota exceeded: ${now} + ${count - now} > ${limit}`);
  if (old === undefined || (boundOf(old) ?? Number.POSITIVE_INFINITY) > limit)
    throw new AppError('CONFLICT', `max_namespaces is below use: ${count} > ${limit}`);
}

/** Whether there is room for more registered namespaces. Throws `AppError` 429. */
export function checkRegistered(now: number, added: number, { maxRegistered }: EditRules): void {
  if (added > 0 && now + added > maxRegistered)
    throw new AppError(
      'QUOTA_EXCEEDED',
      `Registered namespace limit exceeded: ${now} + ${added} > ${maxRegistered}`,
    );
}

/** The most that may stand below; `alert` bounds nothing. */
function boundOf({ quotas }: NamespaceRecord): number | undefined {
  const spec: QuotaSpec | undefined = quotas.max_namespaces;
  return spec === undefined || spec.action === 'alert' ? undefined : (spec.limit ?? undefined);
}

/** `claim`: the parent that was given for an id with dots. */
function checkParent(state: CatalogState, { id, parent_id: given }: NamespaceRecord, claim?: string): void {
  const parent = state.parentOf(id);
  if (claim !== undefined && claim !== parent)
    throw broken(
      ['parent_id'],
      `must be ${parent === null ? 'left out' : JSON.stringify(parent)}: the parent of a name with dots is the nearest registered one`,
    );
  if (given === id) throw broken(['parent_id'], 'must be another namespace');
  if (given !== null && parent !== given) throw broken(['parent_id'], 'must be a registered namespace');
  if (state.circleAt(id)) throw broken(['parent_id'], 'would make a circle');
}

function checkDepth(state: CatalogState, record: NamespaceRecord, depth: number): void {
  const deepest = depth + state.heightOf(record.id);
  if (deepest > MAX_DEPTH)
    throw broken(
      [record.parent_id === null ? 'id' : 'parent_id'],
      `would make a line of ${deepest} registered namespaces; at most ${MAX_DEPTH} may stand below each other`,
    );
}

function checkTenant(state: CatalogState, { id, tenant_id: tenant }: NamespaceRecord): void {
  const parent = state.parentOf(id);
  const above = parent === null ? tenant : state.record(parent)!.tenant_id;
  if (above !== tenant)
    throw broken(['tenant_id'], `must be ${JSON.stringify(above)}, as that of its parent`);
  const other = state.childrenOf(id).find((child) => state.record(child)!.tenant_id !== tenant);
  if (other !== undefined)
    throw broken(
      ['tenant_id'],
      `must be ${JSON.stringify(state.record(other)!.tenant_id)}, as that of ${other} below it`,
    );
}

function checkCeilings(state: CatalogState, id: string, changed: string): void {
  const quotas = Object.entries(state.record(id)!.quotas) as [QuotaName, QuotaSpec][];
  if (quotas.length === 0) return;
  const { tier } = resolveTier([id, ...state.ancestorsOf(id)].map((one) => state.record(one)!));
  for (const [name, spec] of quotas) {
    const problem = ceilingProblem(tier, name, spec);
    if (problem === undefined) continue;
    if (id === changed) throw broken(['quotas', name], problem, problem);
    throw broken(['tier'], `${problem}, and ${id} below it has more`);
  }
}

function hasBelow(id: string, count: number): AppError {
  return new AppError('CONFLICT', `Namespace has ${count} below it: ${id}`);
}

function broken(loc: Loc, msg: string, message = `${loc.join('.')} ${msg}`): AppError {
  return validationError([{ loc: [...loc], msg, type: 'value_error' }], message);
}
