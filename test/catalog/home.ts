import { ManualClock } from '../../src/base/clock.js';
import { NamespaceCatalog } from '../../src/catalog/catalog.js';
import { type NamespaceRecord, newRecord } from '../../src/catalog/record.js';
import type { AuditRow } from '../../src/stores/catalog-store.js';
import { FakeCatalogStore } from './fake-catalog-store.js';

/** Who changes things in these tests. */
export const BY = { actor: 'token:0123456789abcdef', requestId: 'r-1' };
export const NOW = 1_700_000_000_000;

/** A record as a caller makes it: its tenant is the first label unless said otherwise. */
export function recordOf(id: string, fields: Partial<NamespaceRecord> = {}): NamespaceRecord {
  return { ...newRecord(id, id.split('.')[0]!, NOW), ...fields };
}

/** An empty catalog over a store that can be told to fail. */
export async function openHome({ store = new FakeCatalogStore(), maxRegistered = 1000 } = {}) {
  const clock = new ManualClock(NOW);
  const appended: AuditRow[] = [];
  const problems: string[] = [];
  const catalog = await NamespaceCatalog.open({
    store,
    clock,
    names: { accepts: (name) => /^[a-z0-9_.-]{1,64}$/.test(name), defaultName: 'default' },
    maxRegistered,
    randomBytes: (size) => new Uint8Array(size).fill(7),
    onAppended: (row) => appended.push(row),
    onProblem: (problem) => problems.push(problem),
  });
  const put = (...records: NamespaceRecord[]) =>
    catalog.change(BY, () => ({
      put: records,
      audit: records.map((record) => ({ action: 'namespace.create', namespace: record.id, after: record })),
      result: undefined,
    }));
  const remove = (...ids: string[]) => catalog.change(BY, () => ({ remove: ids, result: undefined }));
  return { catalog, store, clock, appended, problems, put, remove };
}

/** What an `AppError` says, for `toMatchObject`. */
export function failing(code: string, message: unknown) {
  return { name: 'AppError', code, message };
}
