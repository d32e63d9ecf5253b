import { isDeepStrictEqual } from 'node:util';
import { byCodeUnit } from '../base/by-code-unit.js';
import { type ValidationIssue, validationError } from '../base/errors.js';
import type { AuditNote, CatalogView } from '../catalog/catalog-view.js';
import { Hierarchy, type Placed } from '../catalog/hierarchy.js';
import type { Quotas } from '../catalog/quota.js';
import { addIssue, type Loc } from '../catalog/reading.js';
import { defaultTenant, type NamespaceRecord, newRecord } from '../catalog/record.js';
import { isLeaving } from '../catalog/status.js';
import { usedBelow } from './names-in-use.js';
import type { Declared, NamespaceSpec, Plan, PlannedChange } from './namespace-admin.js';
import { FIELDS, fieldsOfSpec, specIssues } from './record-fields.js';

export interface PlanOptions {
  /** Also deletes, after `graceMs`, those that were declared once and are not any more. */
  readonly prune: boolean;
  readonly graceMs: number;
  /** How the server keeps namespaces: the one `backend` that may be asked for. */
  readonly backend: string;
  /** Never deleted. */
  readonly defaultName: string;
  /** Names that may be in use without being registered; looked at where something is pruned. */
  readonly inUse: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A plan, and what carries it out. */
export interface PlannedEdit {
  readonly plan: Plan;
  /** Parents before those below them. */
  readonly put: readonly NamespaceRecord[];
  readonly audit: readonly AuditNote[];
}

/**
 * What makes the catalog say of each declared namespace what the file says, and nothing else: a field the file does not
 * name is not set. What remains as it is: the status of one that exists, its tenant unless the file names one, and a
 * limit that has raised itself by the rule the file gives it.
 *
 * One that was deleted before the file named it is restored. One that was deleted while the file named it, or whose purge
 * has begun, is left alone and told of. Nothing is deleted without `prune`.
 *
 * @throws AppError 422 with all that is wrong, by where it is in `declared`
 */
export function planOf(declared: Declared, catalog: CatalogView, options: PlanOptions): PlannedEdit {
  const issues: ValidationIssue[] = [];
  const wanted = declared.namespaces.map((spec, index) => ({ spec, loc: ['namespaces', index] as Loc }));
  const seen = new Set<string>();
  for (const { spec, loc } of wanted) {
    if (seen.has(spec.id)) addIssue(issues, [...loc, 'id'], 'is named twice', 'value_error');
    seen.add(spec.id);
  }
  const family = familyOf(declared, catalog);
  const tenants = new Map<string, string>();
  const steps: Step[] = [];
  const skipped: Plan['skipped'][number][] = [];
  for (const { spec, loc } of parentsFirst(wanted, family)) {
    const before = catalog.record(spec.id);
    const reason = before && reasonToLeave(before);
    if (before !== undefined) tenants.set(spec.id, before.tenant_id);
    if (reason !== undefined) {
      skipped.push({ namespace: spec.id, reason });
      continue;
    }
    checkClaim(spec, family, issues, loc);
    const tenant = spec.tenant_id ?? before?.tenant_id ?? tenantOf(spec.id, family, tenants, catalog);
    tenants.set(spec.id, tenant);
    const wrong = specIssues(spec, options.backend);
    for (const issue of wrong) addIssue(issues, [...loc, ...issue.loc], issue.msg, issue.type);
    if (wrong.length === 0) steps.push(stepTo(asDeclared(spec, tenant, options), before));
  }
  if (issues.length > 0) throw validationError(issues);

  const pruned = options.prune ? pruneOf(seen, catalog, options) : { steps: [], skipped: [] };
  const updates = steps.filter(({ change }) => Object.keys(change.fields).length > 0);
  const changed = [...updates, ...pruned.steps];
  return {
    plan: {
      changes: changed.map(({ change }) => change),
      unchanged: steps.length - updates.length,
      skipped: [...skipped, ...pruned.skipped],
      applied: false,
    },
    put: changed.map(({ record }) => record),
    audit: changed.map(({ change }) => noteOf(change)),
  };
}

/** One namespace as it becomes, and how that differs. */
export interface Step {
  readonly record: NamespaceRecord;
  readonly change: PlannedChange;
}

/** The record of a namespace that only the file ever said something of. */
function asDeclared(spec: NamespaceSpec, tenant: string, { backend, now }: PlanOptions): NamespaceRecord {
  const bare = newRecord(spec.id, tenant, now);
  const said = fieldsOfSpec(spec, bare, backend);
  // With dots the name itself says the parent, and nothing else is kept.
  const parent_id = spec.id.includes('.') ? null : (said.parent_id ?? null);
  return { ...bare, ...said, tenant_id: tenant, parent_id, declared: true };
}

function stepTo(declared: NamespaceRecord, before: NamespaceRecord | undefined): Step {
  const { id: namespace } = declared;
  if (before === undefined)
    return { record: declared, change: { action: 'create', namespace, fields: creation(declared) } };
  const { deletion, status } = before;
  const record: NamespaceRecord = {
    ...before,
    ...Object.fromEntries(FIELDS.map((field) => [field, declared[field]])),
    quotas: asRaised(declared.quotas, before.quotas),
    declared: true,
    status: deletion?.before ?? status,
    deletion: null,
  };
  const action = deletion === null ? 'update' : 'restore';
  return { record, change: { action, namespace, fields: differences(before, record) } };
}

/** Fields that differ, before and after. */
export function differences(before: NamespaceRecord, after: NamespaceRecord): PlannedChange['fields'] {
  const compared = [...FIELDS, 'status', 'declared'] as const;
  const different = compared.filter((field) => !isDeepStrictEqual(before[field], after[field]));
  return Object.fromEntries(
    different.map((field) => [field, { before: before[field], after: after[field] }]),
  );
}

/** What a new record says that an empty one does not. */
function creation(record: NamespaceRecord): PlannedChange['fields'] {
  const bare: NamespaceRecord = {
    ...newRecord(record.id, record.tenant_id, record.created_at),
    declared: true,
  };
  const fields = differences(bare, record);
  const told = Object.entries(fields).map(([field, { after }]) => [field, { before: null, after }] as const);
  return { status: { before: null, after: record.status }, ...Object.fromEntries(told) };
}

/** The declared quotas, except that a limit which raised itself by the declared rule stays where it is. */
function asRaised(declared: Quotas, current: Quotas): Quotas {
  const raised = Object.entries(declared).map(([name, spec]) => {
    const now = current[name as keyof Quotas];
    const hasGrown =
      spec.auto_raise !== undefined &&
      now?.limit != null &&
      spec.limit !== null &&
      now.limit > spec.limit &&
      now.limit <= spec.auto_raise.ceiling &&
      isDeepStrictEqual({ ...now, limit: spec.limit }, spec);
    return [name, hasGrown ? now : spec] as const;
  });
  return Object.fromEntries(raised);
}

function reasonToLeave({ status, declared }: NamespaceRecord): string | undefined {
  if (status === 'deleted') return 'is being purged; once it is gone, the file makes it anew';
  if (isLeaving(status) && declared)
    return 'was deleted while the file named it: restore it, or take it out of the file';
  return undefined;
}

function noteOf({ action, namespace, fields }: PlannedChange): AuditNote {
  const side = (which: 'before' | 'after') =>
    Object.fromEntries(Object.entries(fields).map(([field, values]) => [field, values[which]]));
  const before = action === 'create' ? null : side('before');
  return { action: `namespace.${action}`, namespace, before, after: side('after') };
}

/** Those that were declared once and are not any more; one with others below it that do not go with it stays until they are gone. */
function pruneOf(
  declared: ReadonlySet<string>,
  catalog: CatalogView,
  { now, graceMs, defaultName, inUse }: PlanOptions,
): { steps: Step[]; skipped: Plan['skipped'][number][] } {
  const steps: Step[] = [];
  const skipped: Plan['skipped'][number][] = [];
  const going = new Set<string>();
  const wanted = catalog
    .records()
    .filter(({ id, declared: was, status }) => was && !declared.has(id) && !isLeaving(status))
    .map((record) => ({ record, family: catalog.descendantsOf(record.id) }))
    // Those below others first.
    .sort((a, b) => a.family.length - b.family.length);
  for (const { record, family } of wanted) {
    const below = family.filter((id) => !going.has(id)).length + usedBelow(record.id, inUse, catalog);
    if (record.id === defaultName) {
      skipped.push({ namespace: record.id, reason: 'is the default namespace, which cannot be deleted' });
    } else if (below > 0) {
      skipped.push({ namespace: record.id, reason: `is not deleted: it has ${below} below it` });
    } else {
      going.add(record.id);
      const deletion = { since: now, purge_at: now + graceMs, before: record.status };
      const after = { ...record, status: 'pending_deletion', deletion, declared: false } as const;
      const fields = differences(record, after);
      steps.push({ record: after, change: { action: 'delete', namespace: record.id, fields } });
    }
  }
  skipped.sort((a, b) => byCodeUnit(a.namespace, b.namespace));
  return { steps, skipped };
}

type Wanted = { readonly spec: NamespaceSpec; readonly loc: Loc };

/** Who stands below whom once all that is declared is registered. */
function familyOf({ namespaces }: Declared, catalog: CatalogView): Hierarchy<Placed> {
  const family = new Hierarchy<Placed>();
  for (const record of catalog.records()) family.put(record);
  for (const { id, parent_id = null } of namespaces)
    family.put({ id, parent_id: id.includes('.') ? null : parent_id });
  return family;
}

/** A parent that is given for a name with dots must be the one that it has. */
function checkClaim(
  { id, parent_id: claim }: NamespaceSpec,
  family: Hierarchy<Placed>,
  issues: ValidationIssue[],
  loc: Loc,
): void {
  if (claim === undefined || !id.includes('.') || family.parentOf(id) === claim) return;
  const parent = family.parentOf(id);
  const msg = `must be ${parent === null ? 'left out' : JSON.stringify(parent)}: the parent of a name with dots is the nearest registered one`;
  addIssue(issues, [...loc, 'parent_id'], msg, 'value_error');
}

/** Circles, which the catalog refuses, in whatever order. */
function parentsFirst(wanted: readonly Wanted[], family: Hierarchy<Placed>): Wanted[] {
  const depthOf = (id: string) => (family.circleAt(id) ? 0 : family.ancestorsOf(id).length);
  const depths = new Map(wanted.map(({ spec }) => [spec.id, depthOf(spec.id)]));
  return [...wanted].sort((a, b) => depths.get(a.spec.id)! - depths.get(b.spec.id)!);
}

function tenantOf(
  id: string,
  family: Hierarchy<Placed>,
  tenants: ReadonlyMap<string, string>,
  catalog: CatalogView,
): string {
  const parent = family.parentOf(id);
  const known = parent === null ? undefined : (tenants.get(parent) ?? catalog.record(parent)?.tenant_id);
  return known ?? defaultTenant(id, undefined);
}
