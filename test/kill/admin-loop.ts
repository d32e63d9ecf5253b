import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Random } from '../../src/base/random.js';
import { environmentWith, MAIN, ServerProcess, tether } from '../fixtures/server-process.js';
import { AdminWork, KILL_TOKEN, type Known, readKnown } from './admin-work.js';
import { MODE_SETTINGS, type Mode } from './stored-state.js';

export interface AdminLoopOptions {
  readonly rounds: number;
  readonly mode: Mode;
  /** Empty folder of the run; state is kept in `data` under it. */
  readonly folder: string;
  /** Decides on all changes and on the moment of every kill. */
  readonly random: Random;
  readonly workers: number;
  readonly onRound?: (round: number) => void;
}

export interface AdminLoopResult {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Namespaces purged; those of them that had learned; those that `/metrics` had named until then. */
  readonly purged: number;
  readonly taught: number;
  readonly labelsGone: number;
  /** Commands on the folder without a server; those of them that were killed. */
  readonly commands: number;
  readonly commandsKilled: number;
  /** Entries of the audit log at the end. */
  readonly entries: number;
  /** Everything that broke a promise, a sentence each. */
  readonly problems: readonly string[];
}

/** The kill comes so soon after one of so many changes was acknowledged, however fast the machine is … */
const [MIN_CHANGES, MAX_CHANGES] = [25, 80];
const MAX_PAUSE_MS = 50;
/** … or after this time. */
const MAX_LOAD_MS = 20_000;
/** After one round in so many a command works on the folder, and is killed within this time unless it is done. */
const COMMAND_ROUNDS = 3;
const MAX_COMMAND_MS = 2000;
/** Longest that a purge which a kill interrupted may go on after the start. */
const RESUME_MS = 15_000;
const SETTINGS = {
  ADMIN_TOKENS: KILL_TOKEN,
  STORAGE_FLUSH_INTERVAL_MS: '20',
  LOG_LEVEL: 'error',
  METRICS_NAMESPACE_LABEL: 'true',
} as const;

const run = promisify(execFile);

/**
 * Kills a real server, or a command between two servers, with SIGKILL while namespaces are made, changed, applied and
 * purged. After each restart every change
 * is finished or undone as a whole, the chain of the audit log verifies, and nothing of a purged namespace is in any file.
 */
export async function runAdminLoop(options: AdminLoopOptions): Promise<AdminLoopResult> {
  const { rounds, mode, folder, random, workers, onRound } = options;
  const storageDir = join(folder, 'data');
  mkdirSync(storageDir, { recursive: true });
  const settings = { ...SETTINGS, ...MODE_SETTINGS[mode], STORAGE_DIR: storageDir };
  const work = Array.from({ length: workers }, (_, n) => new AdminWork(n, random));
  const problems: string[] = [];
  let server: ServerProcess | undefined;
  let round = 0;
  let entries = 0;
  let [commands, commandsKilled] = [0, 0];
  try {
    for (; round < rounds && problems.length === 0; round++) {
      server = new ServerProcess(settings, folder);
      const url = await server.url;
      for (const one of work) {
        const problem = await one.check((id) => readSettled(url, id));
        if (problem) problems.push(problem);
      }
      if (round % COMMAND_ROUNDS === COMMAND_ROUNDS - 1) {
        await server.kill();
        commands += 1;
        const one = work[Math.floor(random.next() * work.length)]!;
        if (!(await runCommand(one, settings, folder, random.next() * MAX_COMMAND_MS))) commandsKilled += 1;
        onRound?.(round + 1);
        continue;
      }
      let left = MIN_CHANGES + Math.floor(random.next() * (MAX_CHANGES - MIN_CHANGES));
      const enough = new Promise<void>((resolve) => {
        for (const one of work)
          one.onAcknowledged = () => {
            if (left-- <= 0) resolve();
          };
      });
      const running = Promise.all(work.map((one) => one.run(url)));
      const patience = new AbortController();
      await Promise.race([running, enough, pause(MAX_LOAD_MS, undefined, patience).catch(() => {})]);
      patience.abort();
      await pause(random.next() * MAX_PAUSE_MS);
      await server.kill();
      await running;
      onRound?.(round + 1);
    }
    server = new ServerProcess(settings, folder);
    const url = await server.url;
    for (const one of work) {
      const problem = await one.check((id) => readSettled(url, id));
      if (problem) problems.push(problem);
    }
    entries = await verifyAudit(settings, folder, problems);
    await server.stop();
    entries = await verifyAudit(settings, folder, problems);
    const words = work.flatMap(({ purged }) => purged.map(({ word }) => word));
    problems.push(...tracesIn(storageDir, words));
  } finally {
    await server?.kill();
  }
  const traces = work.flatMap(({ purged }) => purged);
  return {
    rounds: round,
    acknowledged: work.reduce((sum, one) => sum + one.acknowledged, 0),
    purged: traces.length,
    taught: traces.filter(({ isTaught }) => isTaught).length,
    labelsGone: work.reduce((sum, one) => sum + one.labelsGone, 0),
    commands,
    commandsKilled,
    entries,
    problems,
  };
}

/** One change by the command line, killed after so long; whether it was done before. Rejects where it fails by itself. */
async function runCommand(
  work: AdminWork,
  settings: Readonly<Record<string, string>>,
  cwd: string,
  killAfterMs: number,
): Promise<boolean> {
  const { args, input } = work.command();
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: environmentWith(settings),
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  tether(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  // Whoever reads no input, or is killed before, closes the pipe.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`${args.join(' ')} ended with ${code}: ${errors}`);
  if (code === 0) work.commandDone();
  return code === 0;
}

/** Waits for a purge to come to its end. */
async function readSettled(url: string, id: string): Promise<Known | null> {
  const deadline = performance.now() + RESUME_MS;
  for (;;) {
    const known = await readKnown(url, id);
    if (known !== 'purging') return known;
    if (performance.now() > deadline) throw new Error(`the purge of ${id} was not resumed`);
    await pause(20);
  }
}

/** Entries the command line has walked; what it says against them goes to the problems. */
async function verifyAudit(
  settings: Readonly<Record<string, string>>,
  cwd: string,
  problems: string[],
): Promise<number> {
  try {
    const { stdout } = await run(process.execPath, [MAIN, 'audit', 'verify', '--json'], {
      env: environmentWith(settings),
      cwd,
    });
    return (JSON.parse(stdout) as { entries: number }).entries;
  } catch (error) {
    problems.push(`audit verify: ${(error as { stderr?: string }).stderr ?? String(error)}`);
    return 0;
  }
}

/** Files that still hold a word. Cost: all bytes of the folder. */
function tracesIn(storageDir: string, words: readonly string[]): string[] {
  const files = readdirSync(storageDir, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    return words.filter((word) => bytes.includes(word)).map((word) => `${word} is still in ${entry.name}`);
  });
}
