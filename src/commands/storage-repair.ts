import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { Settings } from '../base/settings/table.js';
import type { Row } from '../stores/store.js';
import { damagedPages } from '../transfer/check-namespace.js';
import { rowLine } from '../transfer/row-line.js';
import type { CommandContext } from './context.js';
import { durableSettings, owning, owningFolder, type StoredState } from './stored-state.js';
import { oneLine } from './terminal.js';

interface RepairReport {
  /** Files in whose place there is one with what could be read. */
  readonly files: {
    readonly path: string;
    readonly set_aside: readonly string[];
    readonly rows_kept: number;
  }[];
  /** Records that cannot be read, moved into `records_file`. */
  readonly records: { readonly namespace: string; readonly set_aside: number }[];
  readonly records_file: string | null;
}

/** `storage repair`: sets what is damaged aside under a new name and keeps the rest; no server may be running. */
export function registerStorageRepair(storage: Command, context: CommandContext, state: StoredState): void {
  storage
    .command('repair')
    .description('set what is damaged aside under a new name and keep what is whole')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => repair(context, state, json === true));
}

async function repair(context: CommandContext, state: StoredState, json: boolean): Promise<void> {
  const settings = durableSettings(context);
  const files = await repairFiles(state, settings);
  const { records, file } = await repairRecords(context, state);
  const report: RepairReport = { files, records, records_file: file };
  context.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : describe(report));
}

function repairFiles(state: StoredState, settings: Settings): Promise<RepairReport['files']> {
  return owningFolder(state, settings, 'repair', async () => {
    const upkeep = state.openUpkeep(settings);
    return upkeep.parts().flatMap((part) => {
      const repaired = upkeep.repair(part);
      return repaired ? [{ path: part.path, set_aside: repaired.setAside, rows_kept: repaired.kept }] : [];
    });
  });
}

/** Records are written to a file of their own, and that to the disk, before they are removed. */
async function repairRecords(
  context: CommandContext,
  state: StoredState,
): Promise<{ records: RepairReport['records']; file: string | null }> {
  const stamp = new Date(systemClock().now()).toISOString().replaceAll(/[:.]/g, '-');
  return owning(context, state, 'repair', async (owner, settings) => {
    const path = join(settings.storageDir, `records.damaged-${stamp}.ndjson`);
    const records: RepairReport['records'][number][] = [];
    for (const namespace of await owner.namespaces()) {
      let count = 0;
      for await (const rows of damagedPages(owner, namespace)) {
        keep(path, namespace, rows);
        await owner.commit(
          namespace,
          rows.map(({ kind, key }) => ({ remove: { kind, key } })),
        );
        count += rows.length;
      }
      if (count > 0) records.push({ namespace, set_aside: count });
      await owner.release(namespace);
    }
    return { records, file: records.length > 0 ? path : null };
  });
}

function keep(path: string, namespace: string, rows: readonly Row[]): void {
  const file = openSync(path, 'a', 0o600);
  try {
    const head = `${JSON.stringify({ namespace, records: rows.length })}\n`;
    appendFileSync(file, head + rows.map(rowLine).join(''));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function describe({ files, records, records_file: file }: RepairReport): string {
  const lines = [
    ...files.map(({ path, set_aside: aside, rows_kept: kept }) => {
      return `${path}: ${kept} rows kept; what was damaged is now ${aside.join(', ')}`;
    }),
    ...records.map(({ namespace, set_aside: count }) => {
      return `${oneLine(namespace)}: ${count} records that cannot be read are now in ${file}`;
    }),
  ];
  return lines.length > 0 ? `${lines.join('\n')}\n` : 'Nothing is damaged\n';
}
