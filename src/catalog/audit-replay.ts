import { isDeepStrictEqual } from 'node:util';
import type { AuditRow, CatalogRow } from '../stores/catalog-store.js';
import { auditValues, PURGED } from './audit-chain.js';
import { isObject, type JsonObject } from './reading.js';
import type { NamespaceRecord } from './record.js';

/** Entries that say what fields of a record became. */
const OF_RECORDS: ReadonlySet<string> = new Set(
  [
    'create',
    'update',
    'set_quotas',
    'set_status',
    'delete',
    'restore',
    'purge_begun',
    'auto_raise',
    'recover',
  ].map((action) => `namespace.${action}`),
);
/** Fields whose every value is in the log: what no entry names is not set. */
const TOLD = [
  'status',
  'tier',
  'quotas',
  'policies',
  'metadata',
  'tags',
  'owner',
  'capacity',
  'access',
  'backend',
  'backend_config',
] as const satisfies readonly (keyof NamespaceRecord)[];
/** Fields with a value of their own where no entry names them. */
const TOLD_ONCE_CHANGED = ['name', 'tenant_id'] as const satisfies readonly (keyof NamespaceRecord)[];

/** A record that is not what the log made it, in a sentence without what is in it. */
export interface RecordProblem {
  readonly namespace: string;
  readonly why: string;
}

/** What records are by the audit log, read from its start; compared with what is kept. Memory: as much as the records. */
export class AuditReplay {
  private readonly fields = new Map<string, JsonObject>();
  private readonly unknown = new Set<string>();

  /** Rows in ascending order, from the first on. */
  add(rows: Iterable<AuditRow>): void {
    for (const row of rows) {
      const { namespace, action } = row;
      if (action === PURGED) {
        this.fields.delete(namespace);
        this.unknown.delete(namespace);
      } else if (OF_RECORDS.has(action)) this.replay(namespace, row);
    }
  }

  /** All that differs, in the order of the names. */
  problems(rows: readonly CatalogRow[]): RecordProblem[] {
    const problems: RecordProblem[] = [];
    const kept = new Set<string>();
    for (const { kind, key, value } of rows) {
      if (kind !== 'namespace') continue;
      kept.add(key);
      const why = this.unknown.has(key) ? undefined : differenceOf(key, value, this.fields.get(key));
      if (why !== undefined) problems.push({ namespace: key, why });
    }
    for (const namespace of this.fields.keys())
      if (!kept.has(namespace)) problems.push({ namespace, why: 'there is no record of it' });
    return problems.sort((left, right) => (left.namespace < right.namespace ? -1 : 1));
  }

  private replay(namespace: string, row: AuditRow): void {
    const after = auditValues(row)?.after;
    if (isObject(after)) this.fields.set(namespace, { ...this.fields.get(namespace), ...after });
    // Values that were taken away are accounted for by the purge that follows.
    else this.unknown.add(namespace);
  }
}

function differenceOf(id: string, value: string, told: JsonObject | undefined): string | undefined {
  const record = parsed(value);
  if (record === undefined) return 'its record cannot be read';
  if (told === undefined) return 'no entry made its record';
  // Of a name with dots the parent is in the name.
  const fields = id.includes('.') ? TOLD : [...TOLD, 'parent_id'];
  const different = [
    ...fields.filter((field) => !isSame(record[field], told[field])),
    ...TOLD_ONCE_CHANGED.filter((field) => told[field] !== undefined && !isSame(record[field], told[field])),
  ];
  return different.length === 0 ? undefined : `not what the log says: ${different.join(', ')}`;
}

function parsed(value: string): JsonObject | undefined {
  try {
    const record: unknown = JSON.parse(value);
    return isObject(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing, in whatever form, is the same as nothing. */
function isSame(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(left, right) || (isNothing(left) && isNothing(right));
}

function isNothing(value: unknown): boolean {
  return (value ?? null) === null || (typeof value === 'object' && Object.keys(value as object).length === 0);
}
