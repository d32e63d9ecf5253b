import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../../src/base/random.js';
import { quantile } from '../statistics.js';
import type { Subject } from '../subject.js';
import { type Answer, ask, NewBodies } from './encoding-server.js';

export interface KillFigures {
  readonly kills: number;
  readonly answered: number;
  /** Answered in lexical order, because the model gave no answer. */
  readonly degraded: number;
  readonly p50Ms: number;
  readonly maxMs: number;
  /** Statuses that are not 200, and requests that got no answer. */
  readonly problems: readonly string[];
}

const CALLERS = 4;
const DOCUMENTS = 10;
/** Pause before a kill, at least and at most. */
const PAUSES_MS = [100, 3000] as const;
/** The server answers within its own `INFERENCE_TIMEOUT_MS`; what takes longer hangs. */
const HANGS_AFTER_MS = 90_000;

/** Callers in namespaces of their own, while a random worker gets SIGKILL again and again. */
export async function killWorkers(
  { port, pid }: Subject,
  seconds: number,
  seed: number,
): Promise<KillFigures> {
  const until = performance.now() + seconds * 1000;
  const answers: Answer[] = [];
  const problems: string[] = [];
  const call = async (caller: number) => {
    const bodies = new NewBodies(seed + caller, DOCUMENTS);
    while (performance.now() < until) {
      try {
        const answer = await ask(port, `bench.caller${caller}`, bodies.next(), HANGS_AFTER_MS);
        answers.push(answer);
        if (answer.status !== 200) problems.push(`answered ${answer.status}`);
      } catch (error) {
        problems.push(`no answer: ${(error as Error).message}`);
      }
    }
  };
  const calls = Array.from({ length: CALLERS }, (_, caller) => call(caller));
  const kills = await killUntil(pid, until, seed);
  await Promise.all(calls);
  if (kills === 0) problems.push('no worker was found to be killed');
  const times = answers.map(({ ms }) => ms);
  return {
    kills,
    answered: answers.length,
    degraded: answers.filter(({ isDegraded }) => isDegraded).length,
    p50Ms: quantile(times, 0.5),
    maxMs: quantile(times, 1),
    problems,
  };
}

async function killUntil(server: number, until: number, seed: number): Promise<number> {
  const random = seededRandom(seed);
  const [least, most] = PAUSES_MS;
  let kills = 0;
  while (performance.now() < until) {
    await delay(least + random.next() * (most - least));
    const pids = workerPids(server);
    if (pids.length === 0) continue;
    try {
      process.kill(pids[Math.floor(random.next() * pids.length)]!, 'SIGKILL');
      kills += 1;
    } catch {
      // It was gone already, and its follower has not told yet.
    }
  }
  return kills;
}

/** The server's children, as Linux tells them: the server itself tells nobody. */
function workerPids(server: number): number[] {
  const children = readFileSync(`/proc/${server}/task/${server}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}
