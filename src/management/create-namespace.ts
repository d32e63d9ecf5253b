import { AppError, validationError } from '../base/errors.js';
import { newNameProblem } from '../base/name-labels.js';
import { defaultTenant, newRecord } from '../catalog/record.js';
import { checkNotBelowUse, needsMeasure } from './below-use.js';
import { measureFamily } from './family-use.js';
import type { ManagementOptions } from './management-options.js';
import type { NamesInUse } from './names-in-use.js';
import type { AdminCall, NamespaceSpec, NamespaceView } from './namespace-admin.js';
import type { Numbers } from './namespace-numbers.js';
import { viewOf } from './namespace-view.js';
import { authorOf, noteOfNew } from './record-changes.js';
import { fieldsOfSpec } from './record-fields.js';
import type { Repeatable, RepeatedAnswers } from './repeated-answers.js';

type Parts = ManagementOptions & {
  readonly inUse: NamesInUse;
  readonly numbers: Numbers;
  readonly answers: RepeatedAnswers;
};

/**
 * Registers a namespace, new or already in use. Rejects with `AppError` 409 where it is registered, 422 for what breaks a
 * rule, and what the catalog refuses.
 */
export async function createNamespace(
  spec: NamespaceSpec,
  call: AdminCall,
  parts: Parts,
): Promise<{ namespace: NamespaceView; isRepeated: boolean }> {
  const { answers } = parts;
  if (call.idempotencyKey === undefined)
    return { namespace: await create(spec, call, parts), isRepeated: false };
  const request = answers.repeatable(call.actor, call.idempotencyKey, spec);
  return answers.inTurn(request.key, async () => {
    const known = await answers.find(request);
    if (known !== undefined) return { namespace: known, isRepeated: true };
    return { namespace: await create(spec, call, parts, request), isRepeated: false };
  });
}

async function create(
  spec: NamespaceSpec,
  call: AdminCall,
  parts: Parts,
  request?: Repeatable,
): Promise<NamespaceView> {
  const { catalog, inUse, numbers, answers, clock, store } = parts;
  const { id } = spec;
  if (typeof id !== 'string' || id === '') throw badId('must be a name');
  const fields = fieldsOfSpec(spec, newRecord(id, id, 0), store.name);
  const isInUse = catalog.record(id) === undefined && (await inUse.has(id));
  const problem = isInUse || catalog.record(id) !== undefined ? undefined : newNameProblem(id);
  if (problem !== undefined) throw badId(problem);
  const pool = { tier: fields.tier ?? null, quotas: fields.quotas ?? {} };
  const use = needsMeasure(pool) ? await measureFamily(id, catalog, parts) : undefined;
  const lastUsedAt = isInUse ? await numbers.lastUsedAt(id) : null;
  return catalog.change<NamespaceView | undefined>(authorOf(call), (now) => {
    if (now.record(id) !== undefined) throw new AppError('CONFLICT', `Namespace exists already: ${id}`);
    if (use !== undefined) checkNotBelowUse(undefined, pool, use);
    const parent = fields.parent_id ?? now.parentOf(id);
    const tenant = fields.tenant_id ?? defaultTenant(id, parent === null ? undefined : now.record(parent));
    const record = { ...newRecord(id, tenant, clock.now()), ...fields, tenant_id: tenant };
    return {
      put: [record],
      audit: [noteOfNew(record)],
      result: undefined,
      becoming: (then) => {
        const result = viewOf(id, then, parts, lastUsedAt);
        return request === undefined
          ? { result }
          : { result, rows: answers.rowsFor(request, result, clock.now()) };
      },
    };
  }) as Promise<NamespaceView>;
}

function badId(msg: string): AppError {
  return validationError([{ loc: ['id'], msg, type: 'value_error' }]);
}
