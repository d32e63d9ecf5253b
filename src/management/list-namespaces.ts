import { validationError } from '../base/errors.js';
import type { CatalogView } from '../catalog/catalog-view.js';
import { STATUSES } from '../catalog/status.js';
import { mapBounded } from './bounded-map.js';
import type { ManagementOptions } from './management-options.js';
import type { NamesInUse } from './names-in-use.js';
import type { ListQuery, NamespaceView } from './namespace-admin.js';
import type { Numbers } from './namespace-numbers.js';
import { statusOf, tenantOf, viewOf } from './namespace-view.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
/** Questions to the store at the same time. */
const CONCURRENCY = 8;

/**
 * One page of all namespaces, registered or in use, by id (code unit). A page costs a look at every name; those that come
 * or go meanwhile do not move others across pages. Rejects with `AppError` 422 for a bad query, 503 where the store does
 * not tell its names.
 */
export async function listNamespaces(
  query: ListQuery,
  parts: ManagementOptions & { readonly inUse: NamesInUse; readonly numbers: Numbers },
): Promise<{ namespaces: NamespaceView[]; next_cursor: string | null }> {
  const limit = checkLimit(query.limit);
  if (query.status !== undefined && !STATUSES.includes(query.status))
    throw badQuery('status', `must be one of ${STATUSES.join(', ')}`);
  const last = query.cursor === undefined ? '' : readCursor(query.cursor);
  const { catalog, inUse, numbers } = parts;
  const others = (await inUse.all()).filter((name) => catalog.record(name) === undefined);
  const page: string[] = [];
  for (const id of merged(
    catalog.records().map(({ id }) => id),
    others,
  )) {
    if (id <= last || !fits(id, query, catalog, parts)) continue;
    page.push(id);
    if (page.length > limit) break;
  }
  const shown = page.slice(0, limit);
  const wereRegistered = new Set(shown.filter((id) => catalog.record(id) !== undefined));
  const used = await mapBounded(shown, CONCURRENCY, async (id) =>
    inUse.mayHave(id) ? numbers.lastUsedAt(id) : null,
  );
  return {
    // But for those that were purged while their numbers were read.
    namespaces: shown
      .map((id, index) => viewOf(id, catalog, parts, used[index]!))
      .filter(({ id, registered }) => registered || !wereRegistered.has(id)),
    next_cursor: page.length > limit ? writeCursor(shown.at(-1)!) : null,
  };
}

/** Items a page may have. Throws `AppError` 422. */
export function checkLimit(limit = DEFAULT_LIMIT): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw badQuery('limit', `must be a whole number from 1 to ${MAX_LIMIT}`);
  return limit;
}

export function badQuery(field: string, msg: string) {
  return validationError([{ loc: [field], msg, type: 'value_error' }]);
}

function fits(
  id: string,
  { prefix = '', parent, tenant, status, tag }: ListQuery,
  catalog: CatalogView,
  { isDegraded }: Pick<ManagementOptions, 'isDegraded'>,
): boolean {
  return (
    id.startsWith(prefix) &&
    (parent === undefined || catalog.parentOf(id) === parent) &&
    (tenant === undefined || tenantOf(id, catalog) === tenant) &&
    (tag === undefined || (catalog.record(id)?.tags.includes(tag) ?? false)) &&
    (status === undefined || statusOf(catalog.effective(id), isDegraded) === status)
  );
}

/** Two sorted lists without common items, as one. */
function* merged(left: readonly string[], right: readonly string[]): Generator<string> {
  let next = 0;
  for (const id of left) {
    while (next < right.length && right[next]! < id) yield right[next++]!;
    yield id;
  }
  while (next < right.length) yield right[next++]!;
}

function writeCursor(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (id === '' || writeCursor(id) !== cursor) throw badQuery('cursor', 'is not one that a page before gave');
  return id;
}
