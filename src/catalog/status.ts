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
