import { validationError } from '../base/errors.js';
import type { RecordPage, RecordQuery } from './catalog-view.js';
import type { Hierarchy } from './hierarchy.js';
import type { NamespaceRecord } from './record.js';
import { lowerBound } from './sorted.js';
import type { KeptStatus } from './status.js';

/**
 * One page of the records that fit a query, by id. Costs a step for each record between the cursor and the page's end that
 * the prefix or the parent leaves; no more than the page without other filters. Throws `AppError` 422 for a cursor that is
 * none of ours.
 */
export function listRecords(
  records: Hierarchy<NamespaceRecord>,
  query: RecordQuery,
  statusOf: (record: NamespaceRecord) => KeptStatus,
): RecordPage {
  const { after, prefix = '', parent, tenant, status, tag, where } = query;
  const limit = Math.max(1, query.limit);
  const ids = parent === undefined ? records.sortedIds() : records.childrenOf(parent);
  const last = after === undefined ? '' : readCursor(after);
  const found: NamespaceRecord[] = [];
  for (let i = lowerBound(ids, last < prefix ? prefix : last); i < ids.length; i++) {
    const id = ids[i]!;
    if (!id.startsWith(prefix)) break;
    const record = records.get(id)!;
    const fits =
      id !== last &&
      (tenant === undefined || record.tenant_id === tenant) &&
      (tag === undefined || record.tags.includes(tag)) &&
      (status === undefined || statusOf(record) === status) &&
      (where === undefined || where(record));
    if (!fits) continue;
    if (found.length >= limit) return { records: found, next: writeCursor(found.at(-1)!.id) };
    found.push(record);
  }
  return { records: found, next: null };
}

/** Says nothing to callers, and stays good whatever is registered or removed meanwhile. */
function writeCursor(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (id !== '' && writeCursor(id) === cursor) return id;
  throw validationError([
    { loc: ['cursor'], msg: 'is not one that a page before gave', type: 'value_error' },
  ]);
}
