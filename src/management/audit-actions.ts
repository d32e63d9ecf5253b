/** What the audit log tells of, by the names of its actions. */
export const AUDIT_ACTIONS = {
  'namespace.create': 'registered',
  'namespace.update': 'fields changed',
  'namespace.set_quotas': 'its own quotas replaced',
  'namespace.set_status': 'active, read_only or suspended',
  'namespace.auto_raise': 'a limit raised itself',
  'namespace.delete': 'to be purged after its grace',
  'namespace.restore': 'its deletion taken back',
  'namespace.purge_begun': 'its purge has begun',
  'namespace.purged': 'nothing of it is left',
  'namespace.import': 'state put in by a command',
  'namespace.forget': 'a document erased from it by a command',
  'cache.purge': 'caches emptied',
} as const satisfies Readonly<Record<string, string>>;
