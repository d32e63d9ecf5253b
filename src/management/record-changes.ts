import { isDeepStrictEqual } from 'node:util';
import type { AuditNote, Author, CatalogEdit, CatalogView } from '../catalog/catalog-view.js';
import type { NamespaceRecord } from '../catalog/record.js';
import { isLeaving, namespaceNotFound, statusRefusal } from '../catalog/status.js';
import { checkIfMatch } from './if-match.js';
import type { ManagementOptions } from './management-options.js';
import type { NamesInUse } from './names-in-use.js';
import type { AdminCall } from './namespace-admin.js';
import { asItIs } from './namespace-view.js';

/** What the catalog changes by itself with every change, and what says nothing. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['id', 'created_at', 'updated_at', 'revision']);

/** Says what a record becomes; sees the catalog as it is in its turn, and may throw `AppError`. */
export type RecordEdit = (
  record: NamespaceRecord,
  catalog: CatalogView,
) => Partial<Omit<NamespaceRecord, 'id'>>;

/** Changes one record at a time, under its preconditions, and says so in the audit log. */
export class RecordChanges {
  constructor(
    private readonly options: Pick<ManagementOptions, 'catalog' | 'clock'> & { readonly inUse: NamesInUse },
  ) {}

  /**
   * Makes one change; one that changes nothing is neither written nor told of. A namespace that is merely in use is
   * registered as it is, with the change. Rejects with `AppError` 404, 412, and whatever `edit` and the catalog refuse.
   */
  async make(id: string, action: string, call: AdminCall, edit: RecordEdit): Promise<void> {
    const { catalog, inUse, clock } = this.options;
    const isMerelyUsed = catalog.record(id) === undefined && (await inUse.has(id));
    await catalog.change<void>(authorOf(call), (now) => {
      const kept = now.record(id);
      if (kept === undefined && !isMerelyUsed) throw namespaceNotFound(id);
      checkIfMatch(call.ifMatch, kept?.revision ?? 0);
      const before = kept ?? asItIs(id, now, clock.now());
      const after = { ...before, ...edit(before, now) };
      return changeOf(kept, before, after, action);
    });
  }
}

/** Throws `AppError` 409 for a namespace on its way out: only restoring it and purging it may change it. */
export function assertStaying({ id, status }: NamespaceRecord): void {
  if (isLeaving(status)) throw statusRefusal(id, status, false);
}

/** Whose change it is, as the audit log has it. */
export function authorOf({ actor, requestId }: AdminCall): Author {
  return { actor, requestId };
}

/** What the audit log keeps of a record that is new: what is set. */
export function noteOfNew(record: NamespaceRecord): AuditNote {
  const after = Object.fromEntries(
    Object.entries(record).filter(([field, value]) => !BOOKKEEPING.has(field) && !isEmpty(value)),
  );
  return { action: 'namespace.create', namespace: record.id, after };
}

function changeOf(
  kept: NamespaceRecord | undefined,
  before: NamespaceRecord,
  after: NamespaceRecord,
  action: string,
): CatalogEdit<void> {
  const audit = kept === undefined ? [noteOfNew(before)] : [];
  const changed = changedFields(before, after);
  if (changed.length > 0) {
    const of = (record: NamespaceRecord) =>
      Object.fromEntries(changed.map((field) => [field, record[field]]));
    audit.push({ action, namespace: after.id, before: of(before), after: of(after) });
  }
  return audit.length === 0 ? { result: undefined } : { put: [after], audit, result: undefined };
}

/** Names of the fields in which two records differ. */
export function changedFields(before: NamespaceRecord, after: NamespaceRecord): (keyof NamespaceRecord)[] {
  const fields = Object.keys(after) as (keyof NamespaceRecord)[];
  return fields.filter((field) => !BOOKKEEPING.has(field) && !isDeepStrictEqual(before[field], after[field]));
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === false) return true;
  return typeof value === 'object' && Object.keys(value as object).length === 0;
}
