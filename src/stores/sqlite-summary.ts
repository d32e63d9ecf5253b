import type { Database, Statement } from 'better-sqlite3';
import type { NamespaceSummary } from './namespace-summaries.js';
import { connectFile, inspectFile } from './sqlite-file.js';
import { FORMAT_VERSION, formatOf } from './sqlite-schema.js';
import { decodeText } from './sqlite-text.js';
import { StorageError } from './store.js';

/** Reads from indexes what is to be remembered of a file that one namespace has for itself; also a read-only one. */
export class SqliteSummary {
  private readonly totals: Statement;
  private readonly oldestImpression: Statement;
  private readonly earliestExpiry: Statement;
  private readonly namespaces: Statement;
  private readonly last: Statement;

  constructor(database: Database) {
    this.totals = database
      .prepare(
        `SELECT coalesce(sum(rows), 0), coalesce(sum(bytes) FILTER (WHERE kind = 'impression'), 0) FROM totals`,
      )
      .raw();
    this.oldestImpression = database
      .prepare(
        `SELECT sequence FROM rows INDEXED BY impressions_by_age
         WHERE kind = 'impression' ORDER BY sequence LIMIT 1`,
      )
      .pluck();
    this.earliestExpiry = database
      .prepare(
        `SELECT expires_at FROM rows INDEXED BY rows_by_expiry
         WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1`,
      )
      .pluck();
    this.namespaces = database.prepare('SELECT DISTINCT namespace FROM totals').pluck();
    this.last = database.prepare('SELECT coalesce(max(sequence), 0) FROM rows').pluck();
  }

  read(): NamespaceSummary {
    const [rows, impressionBytes] = this.totals.get() as [number, number];
    return {
      rows,
      impressionBytes,
      oldestImpression: (this.oldestImpression.get() as number | undefined) ?? Number.POSITIVE_INFINITY,
      earliestExpiry: (this.earliestExpiry.get() as number | undefined) ?? Number.POSITIVE_INFINITY,
    };
  }

  /** A namespace other than this one that has rows here; undefined when there is none. */
  stranger(namespace: string): string | undefined {
    const names = (this.namespaces.all() as string[]).map(decodeText);
    return names.find((name) => name !== namespace);
  }

  /** The highest sequence, 0 in an empty file. */
  lastSequence(): number {
    return this.last.get() as number;
  }
}

/**
 * Looks into a namespace's file without changing it. Throws where that does not do: no file, damage, another format,
 * rows of another namespace, or what SQLite and the file system throw.
 */
export function readSummary(
  path: string,
  namespace: string,
): NamespaceSummary & { readonly lastSequence: number } {
  if (inspectFile(path) !== 'usable') throw new StorageError('damaged', `${path} cannot be read as it is`);
  const database = connectFile(path, { readonly: true, fileMustExist: true });
  try {
    const summary = new SqliteSummary(database);
    if (formatOf(database) !== FORMAT_VERSION || summary.stranger(namespace) !== undefined)
      throw new StorageError('damaged', `${path} cannot be read as it is`);
    return { ...summary.read(), lastSequence: summary.lastSequence() };
  } finally {
    database.close();
  }
}
