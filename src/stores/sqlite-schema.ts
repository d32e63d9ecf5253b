import type { Database } from 'better-sqlite3';

/** By what a kind of database of ours is told from others, and how one is made. */
export interface DatabaseKind {
  /** Says in the file's header that it is of this kind. */
  readonly applicationId: number;
  /**
   * Steps from an empty file to today's format: step n leads from format n to n + 1, and a file's format is its
   * `user_version`. A step that has been released is never edited; a change of format is a new step.
   */
  readonly migrations: readonly string[];
}

/**
 * Of namespaces' state.
 *
 * - `rows`: a put gives its row a new, higher `sequence`, which is thereby the order of the last puts.
 * - `totals`: counts and bytes (UTF-8, of values) by namespace and kind, kept by the transaction that changes `rows`.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE rows (
    sequence INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    grp TEXT,
    expires_at REAL
  ) STRICT;
  CREATE UNIQUE INDEX rows_by_key ON rows (namespace, kind, key);
  CREATE INDEX rows_by_group ON rows (namespace, kind, grp) WHERE grp IS NOT NULL;
  CREATE INDEX rows_by_expiry ON rows (expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX impressions_by_age ON rows (sequence) WHERE kind = 'impression';
  CREATE INDEX impressions_by_namespace ON rows (namespace) WHERE kind = 'impression';
  CREATE TABLE totals (
    namespace TEXT NOT NULL,
    kind TEXT NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (namespace, kind)
  ) STRICT, WITHOUT ROWID;
  `,
];

/** Format of namespaces' state that this build reads and writes. */
export const FORMAT_VERSION = MIGRATIONS.length;

/** Namespaces' state: 'NCS1' in ASCII. */
export const STATE: DatabaseKind = { applicationId: 0x4e435331, migrations: MIGRATIONS };

/** Format of an open database. */
export function formatOf(database: Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}

/** Brings an empty or older database to today's format, in one transaction; one of today's is left alone. */
export function migrate(
  database: Database,
  steps: readonly string[] = MIGRATIONS,
  { applicationId } = STATE,
): void {
  const from = formatOf(database);
  if (from >= steps.length) return;
  const run = database.transaction(() => {
    for (const step of steps.slice(from)) database.exec(step);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${steps.length}`);
  });
  run.immediate();
}
