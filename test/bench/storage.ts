/** `npm run bench:storage`: many namespaces on disk, in each durable mode. See `--help`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { markdown } from './report.js';
import { fillFolder } from './storage/fill.js';
import {
  type Hold,
  holdAtRest,
  holdOfCheckpoint,
  holdOfLoad,
  holdOfSweep,
  openStore,
} from './storage/holds.js';
import { STORAGE_MODES, type StorageMode } from './storage/modes.js';
import { measureRequests, type RequestFigures } from './storage/requests.js';
import { sampleRows } from './storage/sample.js';

const HELP = `npm run bench:storage -- [options]

Makes a folder with many small namespaces in each durable mode and measures over it: the start of the real server, the
first request of a namespace that is not in memory, and how long the event loop is held by a sweep over all and while a
full namespace is written down.

  --namespaces N   on disk, default 10000
  --requests N     cold namespaces asked, default 500
  --mode NAME      only this mode: sqlite, sqlite-files, json
  --folder PATH    where the folders are made, default the system's for temporary files
  --json           print JSON
`;

const { values } = parseArgs({
  options: {
    namespaces: { type: 'string', default: '10000' },
    requests: { type: 'string', default: '500' },
    mode: { type: 'string' },
    folder: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    holds: { type: 'string' },
  },
});

interface Holds {
  readonly rest: Hold;
  readonly sweep: Hold;
  readonly checkpoint: Hold;
  readonly load: Hold;
}

interface ModeFigures extends RequestFigures, Holds {
  readonly mode: string;
}

/** What is wanted of each figure, in milliseconds. */
const TARGETS = { startMs: 2000, coldP95Ms: 20, loopMs: 20 } as const;

if (values.help) process.stdout.write(HELP);
else if (values.holds !== undefined) process.stdout.write(JSON.stringify(await measureHolds(values.holds)));
else await main();

async function main(): Promise<void> {
  const modes = STORAGE_MODES.filter(({ name }) => values.mode === undefined || name === values.mode);
  if (modes.length === 0) throw new Error(`no mode is called "${values.mode}"`);
  const home = mkdtempSync(join(values.folder, 'neuralcache-bench-'));
  try {
    const rows = await sampleRows(home);
    const figures: ModeFigures[] = [];
    for (const mode of modes) figures.push(await measure(home, mode, rows));
    process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${table(figures)}\n`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(
  home: string,
  mode: StorageMode,
  rows: Parameters<typeof fillFolder>[2],
): Promise<ModeFigures> {
  const count = positive('namespaces', values.namespaces);
  const folder = join(home, mode.name);
  const startedAt = performance.now();
  fillFolder(folder, mode, rows, count, join(home, 'data', 'hash.key'));
  note(`${mode.name}: ${count} namespaces of ${rows.length} rows made`, startedAt);
  const requests = await measureRequests(folder, home, mode, count, positive('requests', values.requests));
  const holds = holdsInProcess(folder, mode);
  note(`${mode.name}: ${holds.sweep.rows} rows swept`, performance.now() - holds.sweep.tookMs);
  rmSync(folder, { recursive: true, force: true });
  return { mode: mode.name, ...requests, ...holds };
}

/** In a process of its own, which has nothing left over from making the folder. */
function holdsInProcess(folder: string, mode: StorageMode): Holds {
  const script = fileURLToPath(import.meta.url);
  const text = execFileSync(process.execPath, [script, '--holds', folder, '--mode', mode.name], {
    encoding: 'utf8',
  });
  return JSON.parse(text) as Holds;
}

async function measureHolds(folder: string): Promise<Holds> {
  const store = await openStore(folder, STORAGE_MODES.find(({ name }) => name === values.mode)!);
  const rest = await holdAtRest(store);
  const sweep = await holdOfSweep(store);
  const checkpoint = await holdOfCheckpoint(store);
  const load = await holdOfLoad(store);
  await store.close();
  return { rest, sweep, checkpoint, load };
}

function table(figures: readonly ModeFigures[]): string {
  const header = ['mode', 'start ms', 'cold request p50/p95 ms', 'warm p95 ms'];
  const rows = figures.map(({ mode, startMs, coldP50Ms, coldP95Ms, warmP95Ms }) => [
    mode,
    `${startMs.toFixed(0)} ${judged(startMs, TARGETS.startMs)}`,
    `${coldP50Ms.toFixed(1)} / ${coldP95Ms.toFixed(1)} ${judged(coldP95Ms, TARGETS.coldP95Ms)}`,
    warmP95Ms.toFixed(1),
  ]);
  const holdHeader = ['what', 'took ms', 'event loop held ms', 'questions about others waited p99/max ms'];
  const holds = figures.flatMap(({ mode, rest, sweep, checkpoint, load }) => [
    holdRow(`${mode}: at rest`, rest),
    holdRow(`${mode}: sweep over all`, sweep),
    holdRow(`${mode}: full namespace written down`, checkpoint),
    holdRow(`${mode}: full namespace read`, load),
  ]);
  return [
    markdown(header, [...rows, ['wanted', '≤ 2000', 'p95 ≤ 20', '']]),
    markdown(holdHeader, [...holds, ['wanted', '', '≤ 20', '']]),
  ].join('\n\n');
}

function holdRow(what: string, { tookMs, loopMs, otherP99Ms, otherMaxMs }: Hold): string[] {
  const judgement = judged(loopMs, TARGETS.loopMs);
  return [
    what,
    tookMs.toFixed(0),
    `${loopMs.toFixed(1)} ${judgement}`,
    `${otherP99Ms.toFixed(1)} / ${otherMaxMs.toFixed(1)}`,
  ];
}

function judged(value: number, most: number): string {
  return value <= most ? 'met' : 'MISSED';
}

function note(what: string, startedAt: number): void {
  process.stderr.write(`${what} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)\n`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
  return value;
}
