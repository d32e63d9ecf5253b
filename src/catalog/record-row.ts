import { type ValidationIssue, validationError } from '../base/errors.js';
import type { CatalogRow } from '../stores/catalog-store.js';
import { readKept, readMetadata, readTags, readText } from './fields.js';
import { readPolicies } from './policies.js';
import { readQuotas, TIERS } from './quota.js';
import { addIssue, frozen, isObject, type JsonObject, readObject } from './reading.js';
import { defaultTenant, type NamespaceRecord, newRecord } from './record.js';
import { isKeptStatus, isLeaving } from './status.js';

/** Version of the form that records are kept in. */
const VERSION = 1;
const FIELDS = Object.keys(newRecord('', '', 0));

/** A row that is no record we understand. The message never holds what is in it. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';

  constructor(
    readonly id: string,
    why: string,
    /** Written by a newer version: never to be overwritten. */
    readonly isNewer = false,
  ) {
    super(`The record of namespace ${JSON.stringify(id)} cannot be read: ${why}`);
  }
}

/** The row that keeps a record. */
export function recordRow(record: NamespaceRecord): CatalogRow {
  return { kind: 'namespace', key: record.id, value: JSON.stringify({ version: VERSION, ...record }) };
}

/** The record of a row, frozen. Throws `UnreadableRecord` unless it is whole and keeps every rule for its fields. */
export function readRecord({ key, value }: Pick<CatalogRow, 'key' | 'value'>): NamespaceRecord {
  const issues: ValidationIssue[] = [];
  const record = readFields(key, parse(key, value), issues);
  const [first] = issues;
  if (first !== undefined) throw new UnreadableRecord(key, `${first.loc.join('.')} ${first.msg}`);
  return record;
}

/** A copy of a record that is to be written, frozen. Throws `AppError` 422 unless it could be read back. */
export function checkedRecord(record: NamespaceRecord): NamespaceRecord {
  const issues: ValidationIssue[] = [];
  const copy = readFields(record.id, record as unknown as JsonObject, issues);
  if (issues.length > 0) throw validationError(issues);
  return copy;
}

function readFields(id: string, given: JsonObject, issues: ValidationIssue[]): NamespaceRecord {
  const { version: _, ...fields } = given;
  readObject(fields, FIELDS, issues, []);
  const record = {
    ...fields,
    quotas: readQuotas(fields.quotas, issues),
    policies: readPolicies(fields.policies, issues),
    metadata: readMetadata(fields.metadata, issues),
    tags: readTags(fields.tags, issues),
    capacity: readKept(fields.capacity, issues, ['capacity']),
    access: readKept(fields.access, issues, ['access']),
    backend_config: readKept(fields.backend_config, issues, ['backend_config']),
  } as unknown as NamespaceRecord;
  checkFields(id, record, issues);
  return frozen(record);
}

/**
 * What stands in for a record that cannot be read: suspended, so that what it forbade stays forbidden, for it and for all
 * below it.
 */
export function unreadableRecord(id: string): NamespaceRecord {
  return frozen({ ...newRecord(id, defaultTenant(id, undefined), 0), status: 'suspended' as const });
}

function parse(id: string, value: string): JsonObject {
  let fields: unknown;
  try {
    fields = JSON.parse(value);
  } catch {
    throw new UnreadableRecord(id, 'it is no JSON');
  }
  if (!isObject(fields)) throw new UnreadableRecord(id, 'it is no object');
  if (typeof fields.version === 'number' && fields.version > VERSION)
    throw new UnreadableRecord(id, 'a newer version of NeuralCache wrote it', true);
  if (fields.version !== VERSION) throw new UnreadableRecord(id, 'its version is not known');
  return fields;
}

function checkFields(key: string, record: NamespaceRecord, issues: ValidationIssue[]): void {
  const check = (isRight: boolean, field: keyof NamespaceRecord) => {
    if (!isRight) addIssue(issues, [field], 'is not what it should be', 'value_error');
  };
  check(record.id === key, 'id');
  readText(record.name, issues, ['name']);
  readText(record.tenant_id, issues, ['tenant_id']);
  for (const field of ['parent_id', 'owner', 'backend'] as const)
    if (record[field] !== null) readText(record[field], issues, [field]);
  check(isKeptStatus(record.status), 'status');
  check(record.tier === null || TIERS.includes(record.tier), 'tier');
  check(Number.isFinite(record.created_at), 'created_at');
  check(Number.isFinite(record.updated_at), 'updated_at');
  check(Number.isSafeInteger(record.revision) && record.revision > 0, 'revision');
  check(typeof record.declared === 'boolean', 'declared');
  check(isDeletion(record), 'deletion');
}

/** Kept exactly while it is on its way out. */
function isDeletion({ status, deletion }: NamespaceRecord): boolean {
  if (!isLeaving(status)) return deletion === null;
  return (
    isObject(deletion) &&
    Object.keys(deletion).length === 3 &&
    Number.isFinite(deletion.since) &&
    Number.isFinite(deletion.purge_at) &&
    isKeptStatus(deletion.before) &&
    !isLeaving(deletion.before)
  );
}
