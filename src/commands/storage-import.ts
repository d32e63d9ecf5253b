import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { Settings } from '../base/settings/table.js';
import { DocumentKeys } from '../namespaces/document-keys.js';
import type { Row } from '../stores/store.js';
import { type CarryOverReport, carryOver } from '../transfer/carry-over.js';
import { type OriginalState, readOriginal } from '../transfer/original-files.js';
import { replaceNamespace } from '../transfer/replace-namespace.js';
import { type CommandContext, CommandError } from './context.js';
import { assertName, assertReplaceable } from './namespaces-import.js';
import { commandCall, type FolderAdmin } from './open-admin.js';
import { durableSettings, owning, type StateIdentity, type StoredState } from './stored-state.js';
import { oneLine } from './terminal.js';

interface StorageImportOptions {
  readonly original: string;
  readonly as?: string;
  readonly encoder?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `storage import --original PATH`: what the Python original stored; no server may be running. */
export function registerStorageImport(
  storage: Command,
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
): void {
  storage
    .command('import')
    .description('carry over what the Python original of this program stored; its files stay as they are')
    .requiredOption('--original <path>', "the original's storage folder, or one of its files")
    .option('--as <namespace>', 'the namespace it goes to, where it is of one')
    .option('--encoder <name>', "the encoder that made the original's vectors; it never wrote that down")
    .option('--force', 'replace what the namespaces have')
    .option('--json', 'print JSON')
    .action((options: StorageImportOptions) => importOriginal(context, state, folder, options));
}

async function importOriginal(
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
  options: StorageImportOptions,
): Promise<void> {
  const path = resolve(context.cwd, options.original);
  const settings = durableSettings(context);
  const found = renamed(read(path, settings), options.as);
  for (const { namespace } of found.namespaces) assertName(context, namespace);
  const reports = await owning(context, state, 'import', async (owner) => {
    const identity = await state.identify(settings);
    const carried = carryAll(found, settings, identity, options.encoder);
    // All are looked at before the first is written.
    for (const { report, rows } of carried) {
      if (rows.length > 0) await assertReplaceable(owner, report.namespace, options.force === true);
    }
    for (const { report, rows } of carried) {
      if (rows.length > 0) await replaceNamespace(owner, report.namespace, inPages(rows));
    }
    const imported = carried.filter(({ rows }) => rows.length > 0);
    const notes = imported.map(({ report: { namespace }, rows }) => ({
      action: 'namespace.import',
      namespace,
      after: { rows: rows.length, from: 'original' },
    }));
    if (notes.length > 0) await folder.note(settings, notes, commandCall());
    return carried.map(({ report }) => report);
  });
  const { leftOut } = found;
  context.stdout.write(
    options.json
      ? `${JSON.stringify({ path, namespaces: reports, left_out: leftOut }, null, 2)}\n`
      : [
          ...reports.map(describe),
          ...leftOut.map(({ file, reason }) => `${file} ${reason}: left out\n`),
        ].join(''),
  );
}

function read(path: string, settings: Settings): OriginalState {
  const found = readOriginal({
    path,
    defaultNamespace: settings.defaultNamespace,
    templates: ['narrative.{namespace}.json', 'pheromones.{namespace}.json'],
  });
  // Opening our state there would set the original's database aside.
  const isOurs = [path, dirname(path)].includes(settings.storageDir) && !/\.damaged-[^/]*$/.test(path);
  if (isOurs) throw new CommandError(`${path} is in STORAGE_DIR: set that to a folder of its own`);
  return found;
}

function renamed(found: OriginalState, name: string | undefined): OriginalState {
  if (name === undefined) return found;
  const [only, ...more] = found.namespaces;
  if (only === undefined || more.length > 0) {
    throw new CommandError(`--as needs state of one namespace; there are ${found.namespaces.length}`, 2);
  }
  return { ...found, namespaces: [{ ...only, namespace: name }] };
}

function carryAll(
  found: OriginalState,
  settings: Settings,
  { encoder, hash }: StateIdentity,
  originalEncoder: string | undefined,
): { rows: Row[]; report: CarryOverReport }[] {
  const target = {
    now: systemClock().now(),
    evidenceCap: settings.evidenceCap,
    propensityEta: settings.propensityEta,
    encoder,
    hashKey: hash.fingerprint,
    ...(originalEncoder === undefined ? {} : { originalEncoder }),
    keys: new DocumentKeys(hash, settings.privacyHashIds),
  };
  return found.namespaces.map((original) => carryOver(original, target));
}

const PAGE_ROWS = 1000;

function* inPages(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += PAGE_ROWS) yield rows.slice(start, start + PAGE_ROWS);
}

const NARRATIVES: Readonly<Record<CarryOverReport['narrative'], string>> = {
  carried: 'carried over',
  none: 'there was none',
  'unknown encoder': 'left out, for it does not say which encoder made it (--encoder does)',
  'other encoder': 'left out, for it is of another encoder than the one in use',
  'other dimension': 'left out, for it has another dimension than the encoder in use',
};

function describe(report: CarryOverReport): string {
  const { namespace, files, shared, pheromones, narrative, narrative_dimension: dimension } = report;
  const left = [
    [pheromones.faded, 'faded'],
    [pheromones.beyond_limit, 'beyond what a namespace keeps'],
    [pheromones.unreadable, 'unreadable'],
  ].flatMap(([count, why]) => (count === 0 ? [] : [`, ${count} ${why}`]));
  const lines = [
    `${oneLine(namespace)} from ${files.map((file) => oneLine(file)).join(' and ')}`,
    `  pheromones: ${pheromones.carried} carried over${left.join('')}`,
    `  narrative${dimension === null ? '' : ` (${dimension} dimensions)`}: ${NARRATIVES[narrative]}`,
  ];
  if (pheromones.exposures_left_out > 0) {
    lines.push('  counts of showings: left out, for there they never faded');
  }
  if (shared) lines.push('  the original kept all its namespaces in this file together');
  return `${lines.join('\n')}\n`;
}
