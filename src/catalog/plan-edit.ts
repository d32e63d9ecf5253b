import { AppError } from '../base/errors.js';
import type { CatalogChange } from '../stores/catalog-store.js';
import type { CatalogState, RecordChanges } from './catalog-state.js';
import type { AuditNote, CatalogEdit } from './catalog-view.js';
import {
  checkBecoming,
  checkFamilies,
  checkPolicies,
  checkRegistered,
  checkRemovals,
  checkStep,
  type EditRules,
} from './check-edit.js';
import { blaming } from './culprit.js';
import type { NamespaceRecord } from './record.js';
import { checkedRecord, recordRow } from './record-row.js';

/** An edit that keeps all rules, ready to be committed. */
export interface PlannedEdit<R> {
  readonly records: RecordChanges;
  /** All but the appends. */
  readonly changes: readonly CatalogChange[];
  readonly audit: readonly AuditNote[];
  /** Registered before or after, for whom something else may hold. */
  readonly touched: readonly string[];
  readonly result: R;
}

/**
 * Checks an edit against the catalog as it would become, which is the same again afterwards. Throws `AppError` 409, 422
 * or 429 where it breaks a rule.
 */
export function planEdit<R>(
  state: CatalogState,
  edit: CatalogEdit<R>,
  rules: EditRules & {
    readonly newer: ReadonlySet<string>;
    readonly now: number;
    /** Of the next audit entry. */
    readonly seq: number;
  },
): PlannedEdit<R> {
  const remove = (edit.remove ?? []).filter((id) => state.record(id) !== undefined);
  const before = new Map((edit.put ?? []).map(({ id }) => [id, state.record(id)] as const));
  const claims = new Map<string, string>();
  const put = (edit.put ?? []).map((given) =>
    blaming(given.id, () => finished(given, before.get(given.id), claims, rules)),
  );
  for (const id of [...remove, ...before.keys()])
    if (rules.newer.has(id))
      throw new AppError('CONFLICT', `A newer version of NeuralCache wrote the record of namespace ${id}`);
  for (const record of put) blaming(record.id, () => checkStep(before.get(record.id), record, rules));
  checkRemovals(state, remove, rules);
  const records = { put, remove };
  const added = put.filter(({ id }) => before.get(id) === undefined).length;
  checkRegistered(state.size - remove.length, added, rules);
  const touchedBefore = withBelow(state, [...remove, ...before.keys()]);
  const { families, touched, became } = state.trial(records, () => ({
    families: checkBecoming(state, records, claims, before),
    policies: checkPolicies(state, put, before, rules),
    touched: withBelow(state, [...before.keys()]),
    became: edit.becoming?.(state),
  }));
  checkFamilies(state, families);
  const rows = [...(edit.rows ?? []), ...(became?.rows ?? [])];
  const result = became !== undefined && 'result' in became ? (became.result as R) : edit.result;
  if (edit.isTrial === true)
    return { records: { put: [], remove: [] }, changes: [], audit: [], touched: [], result };
  return {
    records,
    changes: [
      ...put.map((record) => ({ put: recordRow(record) })),
      ...remove.flatMap((key) => [
        { remove: { kind: 'namespace', key } } as const,
        { remove: { kind: 'usage', key } } as const,
      ]),
      ...rows,
      ...(edit.redact === undefined ? [] : [{ redact: edit.redact }]),
    ],
    audit: edit.audit ?? [],
    touched: [...new Set([...touchedBefore, ...touched])],
    result,
  };
}

/** The record as it is written; of an id with dots a parent that was given is only compared (`claims`). */
function finished(
  given: NamespaceRecord,
  before: NamespaceRecord | undefined,
  claims: Map<string, string>,
  { now, seq }: { readonly now: number; readonly seq: number },
): NamespaceRecord {
  const isDotted = given.id.includes('.');
  if (isDotted && given.parent_id !== null) claims.set(given.id, given.parent_id);
  return checkedRecord({
    ...given,
    parent_id: isDotted ? null : given.parent_id,
    created_at: before?.created_at ?? now,
    updated_at: now,
    revision: before === undefined ? seq : before.revision + 1,
  });
}

function withBelow(state: CatalogState, ids: readonly string[]): string[] {
  return ids.flatMap((id) => [id, ...state.below(id)]);
}
