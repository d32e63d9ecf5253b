import { AppError } from '../base/errors.js';

/** Where a namespace is in its life. `degraded` is never kept: it is what an active one shows while its store fails. */
export const STATUSES = [
  'provisioning',
  'active',
  'read_only',
  'suspended',
  'degraded',
  'pending_deletion',
  'deleted',
] as const;

export type Status = (typeof STATUSES)[number];
/** What a record may hold. `deleted` = its purge has begun and goes on until nothing is left, the record last. */
export type KeptStatus = Exclude<Status, 'degraded'>;

/** From what allows most to what allows least: of a family the most restrictive holds. */
const ORDER: readonly KeptStatus[] = [
  'active',
  'read_only',
  'provisioning',
  'suspended',
  'pending_deletion',
  'deleted',
];

/** Which status may become which, besides staying what it is. `restore` is not among them: see `restoredStatus`. */
const NEXT: Readonly<Record<KeptStatus, readonly KeptStatus[]>> = {
  provisioning: ['active', 'pending_deletion'],
  active: ['read_only', 'suspended', 'pending_deletion'],
  read_only: ['active', 'suspended', 'pending_deletion'],
  suspended: ['active', 'read_only', 'pending_deletion'],
  pending_deletion: ['deleted'],
  deleted: [],
};

/** Whether a value is a status that a record may hold. */
export function isKeptStatus(value: unknown): value is KeptStatus {
  return (ORDER as readonly unknown[]).includes(value);
}

/** How little a status allows: 0 (`active`) to 5 (`deleted`). */
export function restrictiveness(status: KeptStatus): number {
  return ORDER.indexOf(status);
}

/** Whether a namespace may go from one status to another at once; staying is no change, and always fine. */
export function mayBecome(from: KeptStatus, to: KeptStatus): boolean {
  return from === to || NEXT[from].includes(to);
}

/** The status it becomes. Throws `AppError` 409 naming both where that is no step of a namespace's life. */
export function transition(from: KeptStatus, to: KeptStatus): KeptStatus {
  if (!mayBecome(from, to)) throw new AppError('CONFLICT', `A namespace that is ${from} cannot become ${to}`);
  return to;
}

/**
 * What restoring makes of a namespace: what it was before it was deleted. Throws `AppError` 409 where it is not to be
 * deleted, or its purge has begun.
 */
export function restoredStatus(status: KeptStatus, before: KeptStatus | undefined): KeptStatus {
  if (status === 'pending_deletion' && before !== undefined) return before;
  throw new AppError('CONFLICT', `A namespace that is ${status} cannot be restored`);
}

/** Whether it is on its way out: nothing but `restore` or the purge may be done to it. */
export function isLeaving(status: KeptStatus): boolean {
  return status === 'pending_deletion' || status === 'deleted';
}

/**
 * Why a namespace in this status takes no such request; undefined = it does. `read_only` refuses what learns alone: its
 * queries rank and leave nothing.
 */
export function statusRefusal(name: string, status: KeptStatus, learns: boolean): AppError | undefined {
  switch (status) {
    case 'active':
      return undefined;
    case 'read_only':
      return learns ? new AppError('CONFLICT', `Namespace is read-only: ${name}`) : undefined;
    case 'provisioning':
      return new AppError('CONFLICT', `Namespace is being provisioned: ${name}`);
    case 'suspended':
      return new AppError('FORBIDDEN', `Namespace is suspended: ${name}`);
    default:
      return new AppError('CONFLICT', `Namespace is being deleted: ${name}`);
  }
}

/** 404 for a name that is neither registered nor in use. */
export function namespaceNotFound(name: string): AppError {
  return new AppError('NOT_FOUND', `Namespace not found: ${name}`);
}
