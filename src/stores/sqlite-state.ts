import type { Sequences } from './sequences.js';
import { SqliteCommits } from './sqlite-commits.js';
import type { SqliteContent } from './sqlite-content.js';
import { SqliteQueries } from './sqlite-queries.js';
import { stateSalvage } from './sqlite-salvage.js';
import { SqliteSummary } from './sqlite-summary.js';
import { type ImpressionBounds, StorageError } from './store.js';

export interface StateOptions {
  readonly impressions?: ImpressionBounds;
  /** The one namespace that may have rows in the file: a file with rows of another counts as damaged. Absent = any. */
  readonly owner?: string;
  /** What rows are ordered by across files; absent = each file by itself. */
  readonly sequences?: Sequences;
}

/** A database with the state of namespaces. */
export function stateContent({
  impressions,
  owner,
  sequences,
}: StateOptions): SqliteContent<SqliteQueries, SqliteCommits> {
  const refuseStrangers = (summary: SqliteSummary): void => {
    if (owner !== undefined && summary.stranger(owner) !== undefined)
      throw new StorageError('damaged', 'the file has the state of another namespace');
    sequences?.passed(summary.lastSequence());
  };
  return {
    ...stateSalvage(owner ?? null),
    queries: (database) => new SqliteQueries(database),
    commits(database) {
      const commits = new SqliteCommits(database, {
        ...(impressions ? { impressions } : {}),
        ...(sequences ? { nextSequence: () => sequences.take(1) } : {}),
      });
      refuseStrangers(commits.summary);
      return commits;
    },
    refuseForeign: (database) => refuseStrangers(new SqliteSummary(database)),
  };
}
