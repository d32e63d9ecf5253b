import { auditValues } from '../catalog/audit-chain.js';
import type { NamespaceCatalog } from '../catalog/catalog.js';
import type { AuditRow } from '../stores/catalog-store.js';
import { AUDIT_ACTIONS } from './audit-actions.js';
import { badQuery, checkLimit } from './list-namespaces.js';
import type { AuditEntry, AuditQuery } from './namespace-admin.js';
import { timeText } from './namespace-view.js';

/** One page of the audit log, oldest first. Rejects with `AppError` 422 for a bad query, 503 where it cannot be read. */
export async function readAudit(
  query: AuditQuery,
  catalog: Pick<NamespaceCatalog, 'audit'>,
): Promise<{ entries: AuditEntry[]; next_cursor: string | null }> {
  const limit = checkLimit(query.limit);
  const { namespace, actor, action } = query;
  if (action !== undefined && !Object.hasOwn(AUDIT_ACTIONS, action))
    throw badQuery('action', `must be one of ${Object.keys(AUDIT_ACTIONS).join(', ')}`);
  const since = query.since === undefined ? undefined : readTime(query.since);
  const after = query.cursor === undefined ? 0 : readCursor(query.cursor);
  const rows = await catalog.audit({ namespace, actor, action, since }, after, limit + 1);
  const shown = rows.slice(0, limit);
  return {
    entries: shown.map(entryOf),
    next_cursor: rows.length > limit ? String(shown.at(-1)!.seq) : null,
  };
}

/** An audit row as answers show it. */
export function entryOf(row: AuditRow): AuditEntry {
  const values = auditValues(row);
  return {
    seq: row.seq,
    at: timeText(row.at)!,
    actor: row.actor,
    action: row.action,
    namespace: row.namespace === '' ? null : row.namespace,
    before: values?.before ?? null,
    after: values?.after ?? null,
    redacted: values === null,
    request_id: row.requestId,
    hash: row.hash,
  };
}

/** What the log line of an audit row says: all but the values. */
export function auditLine({ seq, actor, action, namespace, requestId, hash }: AuditRow): object {
  const about = namespace === '' ? {} : { namespace };
  return { audit: seq, action, actor, ...about, requestId, hash };
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

function readTime(text: string): number {
  const ms = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw badQuery('since', 'must be a time as in RFC 3339');
  return ms;
}

function readCursor(cursor: string): number {
  if (!/^[1-9]\d{0,15}$/.test(cursor)) throw badQuery('cursor', 'is not one that a page before gave');
  return Number(cursor);
}
