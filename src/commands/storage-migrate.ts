import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { systemClock } from '../base/clock.js';
import type { Settings } from '../base/settings/table.js';
import { assertWhole } from '../transfer/check-state.js';
import { type MigratedNamespace, migrateNamespaces } from '../transfer/migrate.js';
import { type CommandContext, CommandError } from './context.js';
import { startProgress } from './progress-bar.js';
import { environmentFor, STORAGE_MODES, type StorageMode, settingsFor } from './storage-mode.js';
import { durableSettings, owningFolder, type StoredState, takeOwnership } from './stored-state.js';

interface MigrateCommandOptions {
  readonly from: StorageMode;
  readonly to: StorageMode;
  readonly fromDir?: string;
  readonly toDir?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

interface MigrationReport {
  readonly from: { readonly mode: StorageMode; readonly folder: string };
  readonly to: { readonly mode: StorageMode; readonly folder: string };
  readonly namespaces: readonly MigratedNamespace[];
  /** `other`: the target folder has a key of its own, under which known texts are not recognised. */
  readonly hash_key: 'same folder' | 'none' | 'carried' | 'other';
  /** Where the old state is now, if it had to make room. */
  readonly moved_to: string | null;
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
    .option('--force', 'replace namespaces that the new state has with other rows')
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
  if (state.openUpkeep(source).parts().length === 0) {
    if (isOneFolder && state.openUpkeep(target).parts().length > 0) {
      tellMigrated(context, source, target, options);
      return;
    }
    throw new CommandError(`${source.storageDir} holds no state of mode ${from}`);
  }
  // One process owns both folders; of one folder it is the target that is opened.
  const lock = isOneFolder ? undefined : await takeOwnership(async () => state.lockFolder(source), 'migrate');
  try {
    const namespaces = await copyAll(context, state, source, target, options);
    const report: MigrationReport = {
      from: { mode: from, folder: source.storageDir },
      to: { mode: to, folder: target.storageDir },
      namespaces,
      hash_key: isOneFolder ? 'same folder' : state.carryHashKey(source.storageDir, target.storageDir),
      moved_to: isOneFolder ? await makeRoom(state, source, from) : null,
    };
    const people = `${describe(report)}Start the server with ${environmentFor(target, to)}\n`;
    context.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : people);
  } finally {
    lock?.release();
  }
}

/** The old state made room before: this is the same command once more. */
function tellMigrated(
  context: CommandContext,
  source: Settings,
  target: Settings,
  { from, to, json }: MigrateCommandOptions,
): void {
  const folder = target.storageDir;
  const report: MigrationReport = {
    from: { mode: from, folder: source.storageDir },
    to: { mode: to, folder },
    namespaces: [],
    hash_key: 'same folder',
    moved_to: null,
  };
  const people = `${folder} is kept as ${to} already, and holds no state of mode ${from}\nStart the server with ${environmentFor(target, to)}\n`;
  context.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : people);
}

async function copyAll(
  context: CommandContext,
  state: StoredState,
  source: Settings,
  target: Settings,
  { force, json }: MigrateCommandOptions,
): Promise<MigratedNamespace[]> {
  assertWhole(state.openUpkeep(source));
  const migration = await takeOwnership(() => state.openMigration(source, target), 'migrate');
  const bar = startProgress(context.stderr, 'migrate', json === true);
  try {
    const options = { replace: force === true, onProgress: bar.update };
    const namespaces = await migrateNamespaces(migration, options);
    migration.finish();
    return namespaces;
  } finally {
    bar.stop();
    await migration.close();
  }
}

/** The old state goes into a folder of its own, so that it is clear which one counts; nothing of it changes. */
async function makeRoom(state: StoredState, source: Settings, mode: StorageMode): Promise<string> {
  const stamp = new Date(systemClock().now()).toISOString().replaceAll(/[:.]/g, '-');
  const folder = join(source.storageDir, `migrated-from-${mode}-${stamp}`);
  await owningFolder(state, source, 'migrate', async () => {
    const upkeep = state.openUpkeep(source);
    for (const part of upkeep.parts()) upkeep.retire(part, folder);
  });
  return folder;
}

function describe({ from, to, namespaces, hash_key: key, moved_to: moved }: MigrationReport): string {
  const rows = namespaces.reduce((sum, migrated) => sum + migrated.rows, 0);
  const known = namespaces.filter(({ outcome }) => outcome === 'already there').length;
  const lines = [
    `Migrated ${namespaces.length} namespaces, ${rows} rows, from ${from.mode} to ${to.mode}${known > 0 ? `; ${known} were there already` : ''}`,
  ];
  if (key === 'other')
    lines.push(`${to.folder} has a hash key of its own: known texts are not recognised under it`);
  if (moved !== null) lines.push(`The old state is now in ${moved}`);
  return `${lines.join('\n')}\n`;
}
