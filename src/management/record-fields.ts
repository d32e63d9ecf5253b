import { AppError, type ValidationIssue, validationError } from '../base/errors.js';
import { readKept, readMetadata, readTags, readText } from '../catalog/fields.js';
import { patchPolicies } from '../catalog/policies.js';
import { readQuotas, TIERS } from '../catalog/quota.js';
import { addIssue, readObject } from '../catalog/reading.js';
import { type NamespaceRecord, newRecord } from '../catalog/record.js';
import type { NamespaceSpec } from './namespace-admin.js';

/** What a spec or a patch sets of a record; `tenant_id: null` = whose it is by default. */
export type FieldChanges = { -readonly [Field in Settable]?: NamespaceRecord[Field] } & {
  tenant_id?: string | null;
};

/** What specs, patches and declared files say of a record; its life and its counting are not theirs. */
export const FIELDS = [
  'name',
  'tenant_id',
  'parent_id',
  'tier',
  'quotas',
  'metadata',
  'tags',
  'owner',
  'policies',
  'capacity',
  'access',
  'backend',
  'backend_config',
] as const satisfies readonly (keyof NamespaceRecord)[];

type Settable = Exclude<(typeof FIELDS)[number], 'tenant_id'> | 'status';

/** What a namespace is made with, `id` besides; null counts as absent. Throws `AppError` 422 with all that is wrong. */
export function fieldsOfSpec(given: unknown, record: NamespaceRecord, backend: string): FieldChanges {
  const issues: ValidationIssue[] = [];
  const fields = readObject(given, ['id', 'status', ...FIELDS], issues, []) ?? {};
  const changes = readFields(fields, record, backend, issues);
  const status = fields.status ?? 'active';
  if (status === 'active' || status === 'provisioning') changes.status = status;
  else addIssue(issues, ['status'], 'must be active or provisioning', 'enum');
  return checked(changes, issues);
}

/** What is wrong with a spec; without `backend` nothing is said of that. */
export function specIssues(given: NamespaceSpec, backend?: string): readonly ValidationIssue[] {
  try {
    fieldsOfSpec(given, newRecord(given.id, given.id, 0), backend ?? given.backend ?? '');
    return [];
  } catch (error) {
    if (error instanceof AppError && Array.isArray(error.detail)) return error.detail;
    throw error;
  }
}

/** What is to be changed of a namespace; null takes a value away. Throws `AppError` 422 with all that is wrong. */
export function fieldsOfPatch(given: unknown, record: NamespaceRecord, backend: string): FieldChanges {
  const issues: ValidationIssue[] = [];
  const fields = readObject(given, FIELDS, issues, []) ?? {};
  return checked(readFields(fields, record, backend, issues), issues);
}

/** Its own quotas as a whole. Throws `AppError` 422. */
export function readOwnQuotas(given: unknown): NamespaceRecord['quotas'] {
  const issues: ValidationIssue[] = [];
  const quotas = readQuotas(given, issues);
  if (issues.length > 0) throw validationError(issues);
  return quotas;
}

function checked(changes: FieldChanges, issues: ValidationIssue[]): FieldChanges {
  if (issues.length > 0) throw validationError(issues);
  return changes;
}

function readFields(
  given: Readonly<Record<string, unknown>>,
  { id, policies }: NamespaceRecord,
  backend: string,
  issues: ValidationIssue[],
): FieldChanges {
  const changes: FieldChanges = {};
  const read = <Field extends (typeof FIELDS)[number]>(
    field: Field,
    unset: FieldChanges[Field],
    take: (value: unknown) => FieldChanges[Field],
  ) => {
    const value = Object.hasOwn(given, field) ? given[field] : undefined;
    if (value !== undefined) changes[field] = value === null ? unset : take(value);
  };
  read('name', id, (value) => readText(value, issues, ['name']));
  read('tenant_id', null, (value) => readText(value, issues, ['tenant_id']));
  read('parent_id', null, (value) => readText(value, issues, ['parent_id']));
  read('tier', null, (value) => {
    if (!TIERS.includes(value as (typeof TIERS)[number]))
      addIssue(issues, ['tier'], `must be one of ${TIERS.join(', ')}`, 'enum');
    return value as NamespaceRecord['tier'];
  });
  read('quotas', {}, (value) => readQuotas(value, issues));
  read('metadata', {}, (value) => readMetadata(value, issues));
  read('tags', [], (value) => readTags(value, issues));
  read('owner', null, (value) => readText(value, issues, ['owner']));
  read('policies', {}, (value) => patchPolicies(policies, value, issues));
  read('capacity', null, (value) => readKept(value, issues, ['capacity']));
  read('access', null, (value) => readKept(value, issues, ['access']));
  // One server keeps all namespaces in one way: another would be said and not done.
  read('backend', null, (value) => {
    if (!isBackend(value, backend))
      addIssue(issues, ['backend'], `must be ${backend}: so this server keeps all namespaces`, 'enum');
    return value as string;
  });
  read('backend_config', null, (value) => readKept(value, issues, ['backend_config']));
  return changes;
}

/** A file for each namespace (`sqlite-files`) is `sqlite` too. */
function isBackend(value: unknown, backend: string): boolean {
  return value === backend || (value === 'sqlite' && backend === 'sqlite-files');
}
