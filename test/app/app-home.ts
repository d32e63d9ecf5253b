import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { ManualClock } from '../../src/base/clock.js';
import { loadSettings } from '../../src/base/settings/load-settings.js';
import type { Settings } from '../../src/base/settings/table.js';
import type { ComposedServices } from '../../src/compose.js';
import { openSqliteReader } from '../../src/stores/sqlite-reader.js';
import type { Row } from '../../src/stores/store.js';
import { RunningApp } from './running-app.js';

/** A stored row as the database has it. */
export type StoredRow = Readonly<Record<string, unknown>> & { readonly kind: string; readonly key: string };

/** Longest wait for something that happens behind the requests. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 5;

/** A storage folder of its own, and the programs that were started over it; time stands still until the test moves it. */
export class AppHome {
  readonly folder = mkdtempSync(join(tmpdir(), 'neuralcache-app-'));
  readonly clock = new ManualClock();
  private readonly started: RunningApp[] = [];

  /** The shared database. */
  get database(): string {
    return join(this.folder, 'neuralcache.db');
  }

  /** A home of its own with a copy of all that is stored here; for when no program runs. */
  copy(): AppHome {
    const home = new AppHome();
    cpSync(this.folder, home.folder, { recursive: true });
    return home;
  }

  /** The whole program with its real settings, which are named without prefix; nothing is written behind unasked. */
  async start(
    settings: Readonly<Record<string, string>> = {},
    around?: (services: ComposedServices) => ComposedServices,
  ): Promise<RunningApp> {
    const app = await RunningApp.start(this.settings(settings), this.clock, around);
    this.started.push(app);
    return app;
  }

  /** What `start` goes by. */
  settings(settings: Readonly<Record<string, string>> = {}): Settings {
    const named = Object.entries({
      STORAGE_DIR: this.folder,
      STORAGE_FLUSH_INTERVAL_MS: '600000',
      ...settings,
    });
    const env = Object.fromEntries(named.map(([name, value]) => [`NEURALCACHE_${name}`, value]));
    return loadSettings({ env, cwd: this.folder }).settings;
  }

  /** Every file of the folder, byte for byte. */
  files(): Map<string, string> {
    const names = readdirSync(this.folder).sort();
    return new Map(names.map((name) => [name, readFileSync(join(this.folder, name), 'latin1')]));
  }

  /** Every row of every namespace, byte for byte, with its place in the order of the puts. */
  dump(): Map<string, StoredRow[]> {
    return this.inDatabase((database) => {
      const rows = database.prepare('SELECT * FROM rows ORDER BY namespace, kind, key').all() as StoredRow[];
      const found = new Map<string, StoredRow[]>();
      for (const row of rows) {
        const name = row.namespace as string;
        found.set(name, [...(found.get(name) ?? []), row]);
      }
      return found;
    });
  }

  /** What a reader beside the program sees of a namespace. */
  async read(namespace: string): Promise<{ readonly rows: readonly Row[]; readonly usage: unknown }> {
    const reader = openSqliteReader(this.database);
    try {
      return { rows: await reader.load(namespace), usage: await reader.usage(namespace) };
    } finally {
      await reader.close();
    }
  }

  /** Makes every write of the running program fail in the database itself, until `healDisk`. */
  breakDisk(): void {
    this.inDatabase((database) => {
      for (const event of ['INSERT', 'UPDATE', 'DELETE']) {
        database.exec(
          `CREATE TRIGGER broken_${event} BEFORE ${event} ON rows BEGIN SELECT RAISE(ABORT, 'injected'); END`,
        );
      }
    });
  }

  healDisk(): void {
    this.inDatabase((database) => {
      for (const event of ['INSERT', 'UPDATE', 'DELETE']) database.exec(`DROP TRIGGER broken_${event}`);
    });
  }

  inDatabase<T>(work: (database: Database) => T): T {
    const database = new BetterSqlite3(this.database, { fileMustExist: true });
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  async remove(): Promise<void> {
    for (const app of this.started) await app.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Looks again and again until it holds; fails with what it was waiting for. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
