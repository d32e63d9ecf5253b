/** `npm run kill-loop -- --rounds 200`: see `--help`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/base/random.js';
import { runAdminLoop } from './admin-loop.js';
import { runKillLoop } from './kill-loop.js';
import { MODES, type Mode } from './stored-state.js';

const HELP = `npm run kill-loop -- [options]

Starts the built server, sends it requests and feedback, kills it with SIGKILL at a random moment, starts it again on
the same folder; after each round every acknowledged feedback must be stored exactly once.

  --rounds N     default 200
  --mode MODE    sqlite (default), sqlite-files or json
  --seed N       decides on load and moments, default 1
  --workers N    callers at once, default 16
  --admin        change, apply and purge namespaces instead: each change must be finished or undone as a whole

Exits with 1, and keeps the folder, if a promise was broken.
`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    mode: { type: 'string', default: 'sqlite' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '16' },
    admin: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else process.exitCode = await (values.admin ? mainAdmin() : main());

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'neuralcache-kill-'));
  const startedAt = performance.now();
  const result = await runKillLoop({
    rounds: wholeNumber('rounds', values.rounds),
    mode: modeNamed(values.mode),
    random: seededRandom(wholeNumber('seed', values.seed)),
    workers: wholeNumber('workers', values.workers),
    folder,
    onRound: (round) => process.stderr.write(`\rround ${round}`),
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const { rounds, killedAtStart, acknowledged, inFlight, inFlightApplied, problems } = result;
  process.stderr.write('\n');
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.stdout.write(
    `kill-loop, ${values.mode}: ${rounds} rounds (and ${killedAtStart} kills while starting), ${acknowledged} feedbacks acknowledged, ` +
      `${inFlight} under way at a kill (${inFlightApplied} of them applied), ` +
      `${problems.length === 0 ? 'each exactly once, integrity ok' : `${problems.length} problems`}, ${seconds} s\n`,
  );
  return verdict(folder, problems);
}

async function mainAdmin(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'neuralcache-kill-'));
  const startedAt = performance.now();
  const result = await runAdminLoop({
    rounds: wholeNumber('rounds', values.rounds),
    mode: modeNamed(values.mode),
    random: seededRandom(wholeNumber('seed', values.seed)),
    workers: wholeNumber('workers', values.workers),
    folder,
    onRound: (round) => process.stderr.write(`\rround ${round}`),
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const { rounds, commands, commandsKilled, acknowledged, purged, taught, entries, problems } = result;
  process.stderr.write('\n');
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.stdout.write(
    `kill-loop --admin, ${values.mode}: ${rounds} rounds, ${commands} of them commands without a server (${commandsKilled} ` +
      `killed before their end), ${acknowledged} changes acknowledged, ${purged} namespaces purged (${taught} had learned), ` +
      `${entries} audit entries verified, ${problems.length} problems, ${seconds} s\n`,
  );
  return verdict(folder, problems);
}

function verdict(folder: string, problems: readonly string[]): number {
  if (problems.length === 0) rmSync(folder, { recursive: true, force: true });
  else process.stdout.write(`state kept in ${folder}\n`);
  return problems.length === 0 ? 0 : 1;
}

function modeNamed(text: string): Mode {
  const mode = MODES.find((one) => one === text);
  if (mode === undefined) throw new Error(`--mode must be one of ${MODES.join(', ')}, not ${text}`);
  return mode;
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`--${name} must be a whole number above 0, not ${text}`);
  return Number(text);
}
