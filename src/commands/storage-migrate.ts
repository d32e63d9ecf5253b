import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { systemClock } from '../base/clock.js';
import { fileStamp } from '../base/file-stamp.js';
import type { Settings } from '../base/settings/table.js';
import { assertWhole } from '../transfer/check-state.js';
import { type MigrationResult, migrateNamespaces } from '../transfer/migrate.js';
import { type CommandContext, CommandError } from './context.js';
import { startProgress } from './progress-bar.js';
import { environmentFor, STORAGE_MODES, type StorageMode, settingsFor } from './storage-mode.js';
import { durableSettings, owningFolder, type StoredState, takeOwnership } from './stored-state.js';
import { oneLine } from './terminal.js';

interface MigrateCommandOptions {
  readonly from: StorageMode;
  readonly to: StorageMode;
  readonly fromDir?: string;
  readonly toDir?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

interface MigrationOutcome extends MigrationResult {
  /** Whether an earlier run had brought everything over: there was only room left to be made. */
  readonly finished_before: boolean;
  /** `other`: the target folder has a key of its own, under which known texts are not recognised. */
  readonly hash_key: 'same folder' | 'none' | 'carried' | 'other';
  /** `other`: the target folder has a catalog of namespaces of its own, which stays. */
  readonly catalog: 'same folder' | 'none' | 'carried' | 'other';
  /** Where the old state is now, if it had to make room. */
  readonly moved_to: string | null;
}

interface MigrationReport extends MigrationOutcome {
  readonly from: { readonly mode: StorageMode; readonly folder: string };
  readonly to: { readonly mode: StorageMode; readonly folder: string };
}

/** `storage migrate --from MODE --to MODE`: every namespace, verified; no server may be running. */
export function registerStorageMigrate(storage: Command, context: CommandContext, state: StoredState): void {
  storage
    .command('migrate')
    .description(
      'copy all namespaces to another storage mode, each verified; can be run again when it was ended',
    )
    .addOption(new Option('--from <mode>').choices(STORAGE_MODES).makeOptionMandatory())
    .addOption(new Option('--to <mode>').choices(STORAGE_MODES).makeOptionMandatory())
    .option('--from-dir <dir>', 'folder of the old state; default STORAGE_DIR')
    .option('--to-dir <dir>', 'folder of the new state; default STORAGE_DIR')
    .option(
      '--force',
      'replace namespaces that the new state has with other rows, drop those that only it has',
    )
    .option('--json', 'print JSON')
    .action((options: MigrateCommandOptions) => migrate(context, state, options));
}

async function migrate(
  context: CommandContext,
  state: StoredState,
  options: MigrateCommandOptions,
): Promise<void> {
  const { from, to, json } = options;
  const base = durableSettings(context);
  const folderOf = (dir: string | undefined) => (dir ? resolve(context.cwd, dir) : base.storageDir);
  const source = settingsFor(base, from, folderOf(options.fromDir));
  const target = settingsFor(base, to, folderOf(options.toDir));
  const isOneFolder = source.storageDir === target.storageDir;
  if (isOneFolder && from === to) throw new CommandError(`It is ${from} already, in the same folder`, 2);
  const isEmpty = state.openUpkeep(source).parts().length === 0;
  // An earlier run made room: this is the same command once more.
  const wasMigrated = isEmpty && isOneFolder && state.openUpkeep(target).parts().length > 0;
  if (isEmpty && !wasMigrated) throw new CommandError(`${source.storageDir} holds no state of mode ${from}`);
  const migrateOnce = isOneFolder ? migrateWithin : migrateBetween;
  const report: MigrationReport = {
    from: { mode: from, folder: source.storageDir },
    to: { mode: to, folder: target.storageDir },
    ...(wasMigrated ? NOTHING_LEFT : await migrateOnce(context, state, source, target, options)),
  };
  const done = wasMigrated
    ? `${target.storageDir} is kept as ${to} already, and holds no state of mode ${from}\n`
    : describe(report);
  const people = `${done}Start the server with ${environmentFor(target, to)}\n`;
  context.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : people);
}

/** What is left to do where all is done. */
const NOTHING_LEFT: MigrationOutcome = {
  namespaces: [],
  dropped: [],
  finished_before: true,
  hash_key: 'same folder',
  catalog: 'same folder',
  moved_to: null,
};

async function migrateWithin(
  context: CommandContext,
  state: StoredState,
  source: Settings,
  target: Settings,
  options: MigrateCommandOptions,
): Promise<MigrationOutcome> {
  const isFinished = await counts(state, target);
  const nothing: MigrationResult = { namespaces: [], dropped: [] };
  const result = isFinished ? nothing : await copyAll(context, state, source, target, options);
  const movedTo = await makeRoom(state, source, options.from);
  const same = { hash_key: 'same folder', catalog: 'same folder' } as const;
  return { ...result, ...same, finished_before: isFinished, moved_to: movedTo };
}

/** Whether the target's is the state that counts: what an earlier run left of the source's is older and takes no place. */
async function counts(state: StoredState, target: Settings): Promise<boolean> {
  if (!state.isRecorded(target)) return false;
  const reader = await state.openReader(target);
  try {
    return (await reader.namespaces()).length > 0;
  } finally {
    await reader.close();
  }
}

/** One process owns both folders. */
async function migrateBetween(
  context: CommandContext,
  state: StoredState,
  source: Settings,
  target: Settings,
  options: MigrateCommandOptions,
): Promise<MigrationOutcome> {
  const [from, to] = [source.storageDir, target.storageDir];
  let key: MigrationOutcome['hash_key'] = 'none';
  let catalog: MigrationOutcome['catalog'] = 'none';
  const result = await owningFolder(state, source, 'migrate', () =>
    copyAll(context, state, source, target, options, {
      before: () => {
        key = state.carryHashKey(from, to);
      },
      after: async () => {
        catalog = await state.carryCatalog(from, to, options.force === true);
      },
    }),
  );
  return { ...result, finished_before: false, hash_key: key, catalog, moved_to: null };
}

/** `before` is called before the first row is written, `after` when all is, while both folders are owned. */
async function copyAll(
  context: CommandContext,
  state: StoredState,
  source: Settings,
  target: Settings,
  { force, json }: MigrateCommandOptions,
  { before, after }: { readonly before?: () => void; readonly after?: () => Promise<void> } = {},
): Promise<MigrationResult> {
  assertWhole(state.openUpkeep(source));
  const migration = await takeOwnership(() => state.openMigration(source, target), 'migrate');
  const bar = startProgress(context.stderr, 'migrate', json === true);
  try {
    const options = {
      replace: force === true,
      onProgress: bar.update,
      ...(before ? { onBegin: before } : {}),
    };
    const result = await migrateNamespaces(migration, options);
    await after?.();
    migration.finish();
    return result;
  } finally {
    bar.stop();
    await migration.close();
  }
}

/** The old state goes into a folder of its own, so that it is clear which one counts; nothing of it changes. */
async function makeRoom(state: StoredState, source: Settings, mode: StorageMode): Promise<string> {
  const stamp = fileStamp(systemClock().now());
  const folder = join(source.storageDir, `migrated-from-${mode}-${stamp}`);
  await owningFolder(state, source, 'migrate', async () => {
    const upkeep = state.openUpkeep(source);
    for (const part of upkeep.parts()) upkeep.retire(part, folder);
  });
  return folder;
}

function describe(report: MigrationReport): string {
  const { from, to, namespaces, dropped, hash_key: key, catalog, moved_to: moved } = report;
  const rows = namespaces.reduce((sum, migrated) => sum + migrated.rows, 0);
  const known = namespaces.filter(({ outcome }) => outcome === 'already there').length;
  const lines = [
    report.finished_before
      ? `What is kept as ${to.mode} counts here already, so nothing was copied; --from-dir takes in old state all the same`
      : `Migrated ${namespaces.length} namespaces, ${rows} rows, from ${from.mode} to ${to.mode}${known > 0 ? `; ${known} were there already` : ''}`,
  ];
  if (dropped.length > 0) {
    const count = dropped.length === 1 ? '1 namespace was' : `${dropped.length} namespaces were`;
    lines.push(
      `${count} dropped there that the source has not: ${dropped.map((name) => oneLine(name)).join(', ')}`,
    );
  }
  if (key === 'other')
    lines.push(`${to.folder} has a hash key of its own: known texts are not recognised under it`);
  if (catalog === 'other')
    lines.push(`${to.folder} has a catalog of namespaces of its own, which stays; --force replaces it`);
  if (moved !== null) lines.push(`The old state is now in ${moved}`);
  return `${lines.join('\n')}\n`;
}
