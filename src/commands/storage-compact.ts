import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import { startProgress } from './progress-bar.js';
import { durableSettings, owningFolder, type StoredState } from './stored-state.js';

/** `storage compact`: gives back the space of what was removed; no server may be running. */
export function registerStorageCompact(storage: Command, context: CommandContext, state: StoredState): void {
  storage
    .command('compact')
    .description('give back the space of what was removed')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => compact(context, state, json === true));
}

async function compact(context: CommandContext, state: StoredState, json: boolean): Promise<void> {
  const settings = durableSettings(context);
  const report = { files: 0, bytes_before: 0, bytes_after: 0 };
  const bar = startProgress(context.stderr, 'compact', json);
  try {
    const upkeep = state.openAllUpkeep(settings);
    const parts = upkeep.parts();
    // Without state there is nothing to own, and no folder to make.
    const compactAll = async (): Promise<void> => {
      for (const part of parts) {
        const { before, after } = upkeep.compact(part);
        report.files += 1;
        report.bytes_before += before;
        report.bytes_after += after;
        bar.update(report.files / parts.length);
      }
    };
    if (parts.length > 0) await owningFolder(state, settings, 'compact', compactAll);
  } finally {
    bar.stop();
  }
  const { files, bytes_before: before, bytes_after: after } = report;
  context.stdout.write(
    json
      ? `${JSON.stringify(report)}\n`
      : `Compacted ${files} files: ${before} bytes before, ${after} after\n`,
  );
}
