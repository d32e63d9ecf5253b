import { AppError, validationError } from '../base/errors.js';
import { isLeaving, restoredStatus, statusRefusal } from '../catalog/status.js';
import type { ManagementOptions } from './management-options.js';
import { type NamesInUse, refuseUsedBelow } from './names-in-use.js';
import type { AdminCall, ErasedNamespace } from './namespace-admin.js';
import type { Purger } from './purger.js';
import type { RecordChanges } from './record-changes.js';

/** Longest grace: ten years. */
const MAX_GRACE_S = 315_360_000;

type Parts = Pick<ManagementOptions, 'clock' | 'graceS'> & {
  readonly inUse: NamesInUse;
  readonly changes: RecordChanges;
  readonly purger: Purger;
};

/**
 * Marks a namespace to be purged once the grace is over; from here on it takes no requests. Again, it changes nothing, or
 * with another grace the time of the purge. Rejects with `AppError` 404, 409 (the default one; some are
 * registered, or in use, below; its purge has begun), 412, 422.
 */
export async function deleteNamespace(
  id: string,
  graceS: number | undefined,
  call: AdminCall,
  { changes, inUse, clock, graceS: usualGraceS }: Parts,
): Promise<void> {
  if (graceS !== undefined && !(Number.isFinite(graceS) && graceS >= 0 && graceS <= MAX_GRACE_S))
    throw badGrace(`must be a number of seconds from 0 to ${MAX_GRACE_S}`);
  const names = await inUse.allNow();
  await changes.make(id, 'namespace.delete', call, ({ status, deletion }, catalog) => {
    if (status === 'deleted') throw statusRefusal(id, status, false)!;
    const now = Math.floor(clock.now());
    if (status !== 'pending_deletion') {
      refuseUsedBelow(id, names, catalog);
      return {
        status: 'pending_deletion',
        deletion: { since: now, purge_at: purgeAt(now, graceS ?? usualGraceS), before: status },
      };
    }
    return graceS === undefined ? {} : { deletion: { ...deletion!, purge_at: purgeAt(now, graceS) } };
  });
}

/**
 * Purges a namespace without grace, and answers what that erased once nothing is left; a purge that was cut short is gone
 * on with. Rejects with `AppError` as `deleteNamespace`, but 409 only for a purge that is under way, and 503 where the disk
 * does not let go: then the purge has begun, and goes on by itself in a server.
 */
export async function purgeNow(
  id: string,
  graceS: number | undefined,
  call: AdminCall,
  { purger }: Parts,
): Promise<ErasedNamespace> {
  if (graceS !== undefined && graceS !== 0) throw badGrace('must be 0, or left out, where a purge is forced');
  return purger.purge(id, call);
}

/** Makes a namespace what it was before it was deleted. Rejects with `AppError` 404, 409, 412. */
export async function restoreNamespace(id: string, call: AdminCall, { changes }: Parts): Promise<void> {
  await changes.make(id, 'namespace.restore', call, ({ status, deletion }) => {
    if (!isLeaving(status))
      throw new AppError('CONFLICT', `Namespace is not being deleted, but ${status}: ${id}`);
    return { status: restoredStatus(status, deletion?.before), deletion: null };
  });
}

function purgeAt(now: number, graceS: number): number {
  return Math.floor(now + graceS * 1000);
}

function badGrace(msg: string): AppError {
  return validationError([{ loc: ['grace'], msg, type: 'value_error' }]);
}
