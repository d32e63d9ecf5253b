import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { ManualClock } from '../../src/base/clock.js';
import type { StoreEngine } from '../../src/stores/engine.js';
import { FolderLock } from '../../src/stores/lock.js';
import { type Connect, connectFile } from '../../src/stores/sqlite-file.js';
import { SqliteFiles } from '../../src/stores/sqlite-files.js';
import type { SqliteNamespacesOptions } from '../../src/stores/sqlite-namespaces.js';
import { templatePaths } from '../../src/stores/templates.js';

/** A folder of its own for each test, and the engines opened in it, closed when the test ends. */
export class SqliteFilesHome {
  readonly clock = new ManualClock();
  readonly folder = mkdtempSync(join(tmpdir(), 'neuralcache-'));
  readonly paths = templatePaths('state.{namespace}.db', this.folder);
  /** What was set aside: whose, from where, to where. */
  readonly setAside: [string | null, string, string | null][] = [];
  /** Rows that took its place. */
  readonly kept: (number | undefined)[] = [];
  readonly replaced: (string | null)[] = [];
  private readonly engines: SqliteFiles[] = [];

  /** Not opened yet. */
  engine(options: Partial<SqliteNamespacesOptions> = {}): SqliteFiles {
    const engine = new SqliteFiles({
      paths: this.paths,
      folder: this.folder,
      lock: new FolderLock(this.folder),
      clock: this.clock,
      events: {
        quarantined: (namespace, path, newPath, kept) => {
          this.setAside.push([namespace, path, newPath]);
          this.kept.push(kept);
        },
        replaced: (namespace) => this.replaced.push(namespace),
      },
      ...options,
    });
    this.engines.push(engine);
    return engine;
  }

  open(options: Partial<SqliteNamespacesOptions> = {}): SqliteFiles {
    const engine = this.engine(options);
    engine.open();
    return engine;
  }

  /** State of these namespaces, a row `old` in each, closed. */
  keep(...namespaces: string[]): void {
    const engine = this.open();
    for (const name of namespaces)
      engine.commit(name, [{ put: { kind: 'cell', key: 'old', value: JSON.stringify(name) } }]);
    engine.close();
  }

  names(): string[] {
    return readdirSync(this.folder).sort();
  }

  /** Every file of these namespaces, byte for byte. */
  bytes(...namespaces: string[]): string[] {
    return namespaces.map((name) => readFileSync(this.paths.pathOf(name), 'latin1'));
  }

  remove(): void {
    for (const engine of this.engines) engine.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Counts the connections that are open, and can refuse new ones. */
export class CountedFiles {
  readonly open = new Set<unknown>();
  most = 0;
  /** As many may be open, as if the process had no more descriptors. */
  limit = Number.POSITIVE_INFINITY;

  readonly connect: Connect = (path, options) => {
    if (this.open.size >= this.limit)
      throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    const database = connectFile(path, options);
    this.open.add(database);
    this.most = Math.max(this.most, this.open.size);
    const close = database.close.bind(database);
    database.close = () => {
      this.open.delete(database);
      return close();
    };
    return database;
  };
}

/** Keys of a namespace's state, in order. */
export function keysOf(engine: StoreEngine, namespace: string): string[] {
  return engine
    .load(namespace)
    .map((row) => row.key)
    .sort();
}

export function changeFormat(path: string, format: number): void {
  const database = new BetterSqlite3(path);
  database.pragma(`user_version = ${format}`);
  database.close();
}
