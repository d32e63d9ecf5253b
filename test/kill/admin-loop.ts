import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Random } from '../../src/base/random.js';
import { environmentWith, MAIN, ServerProcess } from '../fixtures/server-process.js';
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
  readonly purged: number;
  /** Entries of the audit log at the end. */
  readonly entries: number;
  /** Everything that broke a promise, a sentence each. */
  readonly problems: readonly string[];
}

const MAX_LOAD_MS = 500;
/** Longest that a purge which a kill interrupted may go on after the start. */
const RESUME_MS = 15_000;
const SETTINGS = {
  ADMIN_TOKENS: KILL_TOKEN,
  STORAGE_FLUSH_INTERVAL_MS: '20',
  LOG_LEVEL: 'error',
} as const;

const run = promisify(execFile);

/**
 * Kills a real server with SIGKILL while namespaces are made, changed, applied and purged. After each restart every change
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
  try {
    for (; round < rounds && problems.length === 0; round++) {
      server = new ServerProcess(settings, folder);
      const url = await server.url;
      for (const one of work) {
        const problem = await one.check((id) => readSettled(url, id));
        if (problem) problems.push(problem);
      }
      const running = Promise.all(work.map((one) => one.run(url)));
      await Promise.race([running, pause(random.next() * MAX_LOAD_MS)]);
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
    const words = work.flatMap(({ purgedWords }) => purgedWords);
    problems.push(...tracesIn(storageDir, words));
  } finally {
    await server?.kill();
  }
  const acknowledged = work.reduce((sum, one) => sum + one.acknowledged, 0);
  const purged = work.reduce((sum, one) => sum + one.purgedWords.length, 0);
  return { rounds: round, acknowledged, purged, entries, problems };
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
