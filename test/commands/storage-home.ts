import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll } from 'vitest';
import { loadSettings } from '../../src/base/settings/load-settings.js';
import type { Settings } from '../../src/base/settings/table.js';
import { folderAdmin } from '../../src/compose-folder-admin.js';
import { stateForCommands } from '../../src/compose-state.js';
import { AppHome } from '../app/app-home.js';
import type { RunningApp } from '../app/running-app.js';
import { CommandLine } from '../fixtures/command-line.js';
import { STORED_MODES, type StoredMode } from '../fixtures/stored-modes.js';

export const QUERY = 'boats on the water';

/** What each mode was taught, once a test file; tests work on copies. */
const models = mkdtempSync(join(tmpdir(), 'storage-'));
afterAll(() => rmSync(models, { recursive: true, force: true }));
const taughtOnce: Partial<Record<StoredMode, Promise<{ folder: string; answers: unknown }>>> = {};

/** Real programs and real commands over folders of one test. Call `remove` at the end. */
export class StorageHome {
  readonly line = new CommandLine();
  private readonly home = new AppHome();
  private readonly folders: string[] = [];

  constructor() {
    this.line.storedState = stateForCommands;
    this.line.folderAdmin = folderAdmin;
  }

  /** A folder that does not exist yet, beside nothing else. */
  newFolder(): string {
    const parent = mkdtempSync(join(tmpdir(), 'storage-'));
    this.folders.push(parent);
    return join(parent, 'data');
  }

  start(mode: StoredMode, folder: string, more: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
    return this.home.start({ ...STORED_MODES[mode], STORAGE_DIR: folder, ...more });
  }

  /** The settings of a mode and folder, as the program has them. */
  settings(mode: StoredMode, folder: string): Settings {
    const values = Object.entries({ ...STORED_MODES[mode], STORAGE_DIR: folder });
    const env = Object.fromEntries(values.map(([name, value]) => [`NEURALCACHE_${name}`, value]));
    return loadSettings({ env, cwd: this.line.folder }).settings;
  }

  /** Runs a command with the settings of a mode and folder, and more. */
  run(
    mode: StoredMode,
    folder: string,
    argv: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ) {
    const settings = Object.entries({ ...STORED_MODES[mode], STORAGE_DIR: folder, ...more });
    this.line.env = Object.fromEntries(settings.map(([name, value]) => [`NEURALCACHE_${name}`, value]));
    return this.line.run(argv);
  }

  /** Runs one that must succeed, and answers what it printed. */
  async done(
    mode: StoredMode,
    folder: string,
    argv: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(mode, folder, argv, more);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${exitCode} ${stdout} ${stderr}`);
    return stdout;
  }

  /** A folder in which two namespaces learned something, its program ended; and what they answer. */
  async taught(mode: StoredMode): Promise<{ folder: string; answers: unknown }> {
    taughtOnce[mode] ??= this.teach(mode);
    const { folder: model, answers } = await taughtOnce[mode];
    const folder = this.newFolder();
    cpSync(model, folder, { recursive: true });
    return { folder, answers };
  }

  private async teach(mode: StoredMode): Promise<{ folder: string; answers: unknown }> {
    const folder = join(models, mode);
    const app = await this.start(mode, folder);
    await app.teach('Shop', QUERY, ['d10'], 3);
    await app.teach('blog', QUERY, ['d4'], 2);
    const answers = await this.answers(app);
    await app.stop();
    return { folder, answers };
  }

  /** What both namespaces answer to a known and a reworded query, with everything that explains it. */
  async answers(app: RunningApp): Promise<unknown> {
    const asked = ['Shop', 'blog'].flatMap((name) => [app.look(name, QUERY), app.look(name, `${QUERY} now`)]);
    return Promise.all(asked);
  }

  /** A checksum of every file in a folder by name, but for the lock's. */
  checksums(folder: string): Record<string, string> {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const kept = paths.filter((path) => !/neuralcache\.(lock|pid)$|-shm$/.test(path));
    const sum = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
    return Object.fromEntries(kept.map((path) => [relative(folder, path), sum(path)]));
  }

  async remove(): Promise<void> {
    await this.home.remove();
    this.line.remove();
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }
}
