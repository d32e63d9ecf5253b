import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import { fileStamp } from '../base/file-stamp.js';
import type { Settings } from '../base/settings/table.js';
import { type Row, StorageError, type Store } from '../stores/store.js';
import type { StateUpkeep } from '../stores/upkeep.js';
import { damagedPages } from '../transfer/check-namespace.js';
import { rowLine } from '../transfer/row-line.js';
import { type CommandContext, CommandError } from './context.js';
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
  records_file: string | null;
  /** What is of a newer format, or on a failing disk, and was left as it is. */
  readonly untouched: string[];
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
  const report: RepairReport = { files: [], records: [], records_file: null, untouched: [] };
  // Without state there is nothing to own, and no folder to make.
  if (state.openAllUpkeep(settings).parts().length > 0) {
    await owningFolder(state, settings, 'repair', async () =>
      repairFiles(state.openAllUpkeep(settings), report),
    );
  }
  if (state.openUpkeep(settings).parts().length > 0) {
    await owning(context, state, 'repair', (owner) => repairRecords(owner, settings, report));
  }
  context.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : describe(report));
  if (report.untouched.length > 0) throw new CommandError('Not everything could be repaired');
}

function repairFiles(upkeep: StateUpkeep, report: RepairReport): void {
  for (const part of upkeep.parts()) {
    try {
      const repaired = upkeep.repair(part);
      if (!repaired) continue;
      const { setAside, kept } = repaired;
      report.files.push({ path: part.path, set_aside: setAside, rows_kept: kept });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      report.untouched.push(error.message);
    }
  }
}

async function repairRecords(owner: Store, { storageDir }: Settings, report: RepairReport): Promise<void> {
  const stamp = fileStamp(systemClock().now());
  const path = join(storageDir, `records.damaged-${stamp}.ndjson`);
  for (const namespace of await owner.namespaces()) {
    const count = await ifReadable(setRecordsAside(owner, namespace, path));
    if (count !== undefined && count > 0) {
      report.records.push({ namespace, set_aside: count });
      report.records_file = path;
    }
    await owner.release(namespace);
  }
}

/** Of a newer format, which the files were told of already. */
async function ifReadable(answer: Promise<number>): Promise<number | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof StorageError && error.failure === 'newer') return undefined;
    throw error;
  }
}

/** They are written to the file, and that to the disk, before they are removed. Answers how many. */
async function setRecordsAside(owner: Store, namespace: string, path: string): Promise<number> {
  let count = 0;
  for await (const rows of damagedPages(owner, namespace)) {
    keep(path, namespace, rows);
    await owner.commit(
      namespace,
      rows.map(({ kind, key }) => ({ remove: { kind, key } })),
    );
    count += rows.length;
  }
  return count;
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

function describe({ files, records, records_file: file, untouched }: RepairReport): string {
  const lines = [
    ...files.map(({ path, set_aside: aside, rows_kept: kept }) => {
      return `${path}: ${kept} rows kept; what was damaged is now ${aside.join(', ')}`;
    }),
    ...records.map(({ namespace, set_aside: count }) => {
      return `${oneLine(namespace)}: ${count} records that cannot be read are now in ${file}`;
    }),
    ...untouched.map((reason) => `left as it is: ${reason}`),
  ];
  return lines.length > 0 ? `${lines.join('\n')}\n` : 'Nothing is damaged\n';
}
