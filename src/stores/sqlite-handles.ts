import { closeSync, openSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import { codeOf, isSqliteCode } from './disk-failure.js';
import type { SqliteCommits } from './sqlite-commits.js';
import type { SqliteConnection } from './sqlite-connection.js';
import type { SqliteQueries } from './sqlite-queries.js';
import { StorageError } from './store.js';

/** To the file of one namespace. */
export type NamespaceConnection = SqliteConnection<SqliteQueries, SqliteCommits>;

/** Files that one connection may need at a time: database, log, index of the log, journal of its creation. */
const FILES_PER_CONNECTION = 4;
const OUT_OF_FILES = new Set(['EMFILE', 'ENFILE']);

/** Connections to the files of namespaces, the least recently used closed when there are too many. */
export class SqliteHandles {
  private readonly open: LRUCache<string, NamespaceConnection>;

  /** `folder` is opened to tell whether the process is out of files. */
  constructor(
    max: number,
    private readonly folder: string,
    private readonly connect: (namespace: string) => NamespaceConnection,
  ) {
    this.open = new LRUCache({ max, dispose: (connection) => connection.close() });
  }

  get size(): number {
    return this.open.size;
  }

  /**
   * Does some work on a namespace's file. Where the process has no file left to open, the least recently used half of
   * the others is closed and the work tried once more.
   */
  use<T>(namespace: string, work: (connection: NamespaceConnection) => T): T {
    try {
      return work(this.of(namespace));
    } catch (cause) {
      if (this.open.size < 2 || !this.isOutOfFiles(cause)) throw cause;
      this.closeHalf(namespace);
      return work(this.of(namespace));
    }
  }

  close(namespace: string): void {
    this.open.delete(namespace);
  }

  closeAll(): void {
    this.open.clear();
  }

  private of(namespace: string): NamespaceConnection {
    let connection = this.open.get(namespace);
    if (!connection) {
      connection = this.connect(namespace);
      this.open.set(namespace, connection);
    }
    return connection;
  }

  /** Also the one that failed, whose connection remembers the failure. */
  private closeHalf(failed: string): void {
    this.open.delete(failed);
    const oldest = [...this.open.rkeys()].slice(0, Math.ceil(this.open.size / 2));
    for (const namespace of oldest) this.open.delete(namespace);
  }

  /** SQLite says of a missing file and of one too many alike that it cannot open it. */
  private isOutOfFiles(cause: unknown): boolean {
    const code = codeOf(cause instanceof StorageError ? cause.cause : cause);
    if (OUT_OF_FILES.has(code)) return true;
    return isSqliteCode(code, 'SQLITE_CANTOPEN') && !canOpen(this.folder, FILES_PER_CONNECTION);
  }
}

function canOpen(path: string, count: number): boolean {
  const files: number[] = [];
  try {
    while (files.length < count) files.push(openSync(path, 'r'));
    return true;
  } catch (cause) {
    return !OUT_OF_FILES.has(codeOf(cause));
  } finally {
    for (const file of files) closeSync(file);
  }
}
