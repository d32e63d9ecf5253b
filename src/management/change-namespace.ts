import { validationError } from '../base/errors.js';
import { defaultTenant } from '../catalog/record.js';
import type { KeptStatus, Status } from '../catalog/status.js';
import { checkNotBelowUse } from './below-use.js';
import { measureFamily } from './family-use.js';
import type { ManagementOptions } from './management-options.js';
import type { NamesInUse } from './names-in-use.js';
import type { AdminCall, NamespacePatch, QuotasSpec } from './namespace-admin.js';
import type { Numbers } from './namespace-numbers.js';
import { assertStaying, type RecordChanges } from './record-changes.js';
import { fieldsOfPatch, readOwnQuotas } from './record-fields.js';

type Parts = ManagementOptions & {
  readonly inUse: NamesInUse;
  readonly numbers: Numbers;
  readonly changes: RecordChanges;
};

/** What `PUT …/status` may ask for: the rest of a life has calls of its own. */
const SETTABLE: readonly Status[] = ['active', 'read_only', 'suspended'];

/** Rejects with `AppError` 404, 409, 412, 422. */
export async function updateNamespace(
  id: string,
  patch: NamespacePatch,
  call: AdminCall,
  parts: Parts,
): Promise<void> {
  const { changes, store } = parts;
  const mayBound = (patch.tier ?? null) !== null || (patch.quotas ?? null) !== null;
  const use = mayBound ? await measureFamily(id, parts.catalog, parts) : undefined;
  await changes.make(id, 'namespace.update', call, (record, catalog) => {
    assertStaying(record);
    const { tenant_id, ...fields } = fieldsOfPatch(patch, record, store.name);
    if (use !== undefined) checkNotBelowUse(record, { ...record, ...fields }, use);
    if (tenant_id === undefined) return fields;
    const parent = fields.parent_id ?? catalog.parentOf(id);
    const above = parent === null ? undefined : catalog.record(parent);
    return { ...fields, tenant_id: tenant_id ?? defaultTenant(id, above) };
  });
}

/** Rejects with `AppError` 404, 409, 412, 422. */
export async function setQuotas(
  id: string,
  quotas: QuotasSpec,
  call: AdminCall,
  parts: Parts,
): Promise<void> {
  const own = readOwnQuotas(quotas);
  // The tier's table is back in force for what is not set any more, so this may bound whatever it names.
  const use = await measureFamily(id, parts.catalog, parts);
  await parts.changes.make(id, 'namespace.set_quotas', call, (record) => {
    assertStaying(record);
    checkNotBelowUse(record, { ...record, quotas: own }, use);
    return { quotas: own };
  });
}

/** Rejects with `AppError` 404, 409, 412, 422. */
export async function setStatus(
  id: string,
  status: Status,
  call: AdminCall,
  { changes }: Parts,
): Promise<void> {
  if (!SETTABLE.includes(status)) {
    const msg = `must be one of ${SETTABLE.join(', ')}`;
    throw validationError([{ loc: ['status'], msg, type: 'enum' }]);
  }
  await changes.make(id, 'namespace.set_status', call, (record) => {
    assertStaying(record);
    return { status: status as KeptStatus };
  });
}
