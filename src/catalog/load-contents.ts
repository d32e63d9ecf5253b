import type { AuditRow, CatalogContents } from '../stores/catalog-store.js';
import type { NamespaceRecord } from './record.js';
import { readRecord, UnreadableRecord, unreadableRecord } from './record-row.js';
import { type Counts, readUsage } from './usage.js';

/** What a store holds, read. */
export interface LoadedContents {
  /** Each row has one: what cannot be read is suspended. */
  readonly records: readonly NamespaceRecord[];
  readonly usages: Map<string, Counts>;
  /** Ids of rows that a newer version wrote. */
  readonly newer: ReadonlySet<string>;
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[];
  readonly lastAudit: AuditRow | undefined;
}

/** Reads rows in any order; one that cannot be read stops nothing. About 10 µs a record. */
export function loadContents({ rows, lastAudit }: CatalogContents): LoadedContents {
  const records: NamespaceRecord[] = [];
  const usages = new Map<string, Counts>();
  const newer = new Set<string>();
  const problems: string[] = [];
  for (const row of rows) {
    if (row.kind === 'usage') {
      const counts = readUsage(row);
      if (counts === undefined)
        problems.push(`The usage of namespace ${JSON.stringify(row.key)} cannot be read`);
      else usages.set(row.key, counts);
    } else if (row.kind === 'namespace')
      try {
        records.push(readRecord(row));
      } catch (error) {
        if (!(error instanceof UnreadableRecord)) throw error;
        if (error.isNewer) newer.add(row.key);
        problems.push(`${error.message}; it counts as suspended`);
        records.push(unreadableRecord(row.key));
      }
  }
  // In order of their ids they are put at the end of what is sorted, which costs nothing.
  records.sort((left, right) => (left.id < right.id ? -1 : 1));
  return { records, usages, newer, problems, lastAudit };
}
