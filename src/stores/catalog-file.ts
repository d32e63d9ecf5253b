import type { CatalogCommits } from './catalog-commits.js';
import { CATALOG_CONTENT } from './catalog-content.js';
import type { CatalogQueries } from './catalog-queries.js';
import type {
  AuditFilter,
  AuditRow,
  CatalogChange,
  CatalogContents,
  CatalogKind,
  CatalogRow,
} from './catalog-store.js';
import { SqliteConnection, type SqliteConnectionOptions } from './sqlite-connection.js';
import type { StorageError } from './store.js';

export type CatalogFileOptions = Pick<
  SqliteConnectionOptions,
  'path' | 'clock' | 'sync' | 'maxPages' | 'onQuarantined' | 'onReplaced' | 'connect'
>;

/**
 * The catalog in one SQLite file, through whatever happens to its disk; blocks its thread for as long as that takes. A
 * file that vanishes while it is in use is waited for: it is not begun anew as if nothing were registered. Everything it
 * throws is a `StorageError`.
 */
export class CatalogFile {
  private readonly connection: SqliteConnection<CatalogQueries, CatalogCommits>;
  private isWriteFailing = false;

  constructor(options: CatalogFileOptions) {
    this.connection = new SqliteConnection({ ...options, isAwaited: true }, CATALOG_CONTENT);
  }

  /** Throws `newer`, for that stops the start; answers what else is wrong with the disk. */
  open(): StorageError | undefined {
    try {
      this.write(() => undefined);
      return undefined;
    } catch (cause) {
      const error = cause as StorageError;
      if (error.failure === 'newer') throw error;
      return error;
    }
  }

  load(): CatalogContents {
    return this.connection.read((queries) => queries.load());
  }

  get(kind: CatalogKind, key: string): CatalogRow | undefined {
    return this.connection.read((queries) => queries.get(kind, key));
  }

  audit(filter: AuditFilter, after: number, limit: number): AuditRow[] {
    return this.connection.read((queries) => queries.audit(filter, after, limit));
  }

  commit(changes: readonly CatalogChange[]): void {
    this.write((commits) => commits.commit(changes));
  }

  /** Also finds out, when writes were failing, whether they still do. */
  sweep(now: number, limit: number): boolean {
    return this.write((commits) => {
      if (this.isWriteFailing) commits.probe();
      return commits.sweep(now, limit);
    });
  }

  compact(): void {
    this.write((commits) => commits.compact());
  }

  /** Nothing waits. */
  idle(): boolean {
    return false;
  }

  close(): void {
    this.connection.close();
  }

  private write<T>(work: (commits: CatalogCommits) => T): T {
    try {
      const result = this.connection.write(work);
      this.isWriteFailing = false;
      return result;
    } catch (cause) {
      this.isWriteFailing = true;
      throw cause;
    }
  }
}
