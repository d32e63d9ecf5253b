import type { AuditRow, CatalogReader } from '../stores/catalog-store.js';

/** Read at once. */
const PAGE = 1000;

/** All rows of the log in their order, page by page: they may be many. */
export async function* auditRows(reader: CatalogReader): AsyncGenerator<readonly AuditRow[]> {
  for (let after = 0; ; ) {
    const rows = await reader.audit({}, after, PAGE);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.seq;
  }
}
