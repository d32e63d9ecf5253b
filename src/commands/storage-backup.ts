import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../base/make-folder.js';
import { assertWhole, checkState, type StateReport } from '../transfer/check-state.js';
import { type CommandContext, CommandError } from './context.js';
import { startProgress } from './progress-bar.js';
import { describeReport } from './storage-check.js';
import { durableSettings, type StoredState } from './stored-state.js';

/** `storage backup DIR`: a folder that a server can start from, made while one runs. */
export function registerStorageBackup(storage: Command, context: CommandContext, state: StoredState): void {
  storage
    .command('backup')
    .description(
      'copy everything that is stored into a new folder, also while a server runs, and check the copy',
    )
    .argument('<dir>', 'a folder that is empty or does not exist; it gets the hash key too')
    .option('--json', 'print JSON')
    .action((directory: string, { json }: { json?: boolean }) =>
      backup(context, state, resolve(context.cwd, directory), json === true),
    );
}

async function backup(
  context: CommandContext,
  state: StoredState,
  folder: string,
  json: boolean,
): Promise<void> {
  const settings = durableSettings(context);
  const upkeep = state.openAllUpkeep(settings);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new CommandError(`${folder} is not empty`);
  assertWhole(upkeep);
  makeFolder(dirname(folder));
  // It gets its name when it is whole.
  const draft = mkdtempSync(`${folder}.partial-`);
  const bar = startProgress(context.stderr, 'backup', json);
  try {
    const parts = upkeep.parts();
    for (const [index, part] of parts.entries()) {
      await upkeep.backup(part, draft);
      bar.update((index + 1) / parts.length / 2);
    }
    state.carryHashKey(settings.storageDir, draft);
    const copy = { ...settings, storageDir: draft };
    state.recordMode(copy);
    const report = await checkState({
      upkeep: state.openAllUpkeep(copy),
      openReader: () => state.openReader(copy),
      onProgress: (share) => bar.update(0.5 + share / 2),
    });
    bar.stop();
    finish(report, draft, folder);
    const { namespaces } = report;
    const rows = namespaces.reduce((sum, checked) => sum + checked.rows, 0);
    const summary = { folder, namespaces: namespaces.length, rows };
    const people = `Saved ${summary.namespaces} namespaces, ${rows} rows in ${folder}\n`;
    context.stdout.write(json ? `${JSON.stringify(summary)}\n` : people);
  } finally {
    bar.stop();
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Records that cannot be read are copied as they are; such a copy is no backup. */
function finish(report: StateReport, draft: string, folder: string): void {
  if (!report.whole)
    throw new CommandError(`Nothing was saved, for it is damaged:\n${describeReport(report).trimEnd()}`);
  renameSync(draft, folder);
}
