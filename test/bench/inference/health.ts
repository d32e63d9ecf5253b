import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../statistics.js';
import type { Subject } from '../subject.js';
import { ask, NewBodies } from './encoding-server.js';

/** How long `/healthz` takes, in milliseconds. */
export interface HealthFigures {
  readonly atRestP99Ms: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly looks: number;
  /** Requests of 200 documents that were answered meanwhile, and how long they took. */
  readonly encoded: number;
  readonly encodedP50Ms: number;
}

/** Pause between two looks: often enough to meet every stall, seldom enough to be no load. */
const PAUSE_MS = 5;
const REQUEST_TIMEOUT_MS = 120_000;

/** Looks at `/healthz`, first at rest, then while one request of 200 new documents follows another. */
export async function measureHealth({ port }: Subject, seconds: number): Promise<HealthFigures> {
  const bodies = new NewBodies(1, 200);
  await ask(port, 'bench.warm', bodies.next(), REQUEST_TIMEOUT_MS);
  const atRest = await look(port, () => performance.now(), seconds / 4);
  const encodings: number[] = [];
  let isOver = false;
  const encode = async () => {
    while (!isOver) {
      const { status, isDegraded, ms } = await ask(port, 'bench.encode', bodies.next(), REQUEST_TIMEOUT_MS);
      if (status !== 200 || isDegraded)
        throw new Error(`an encoding request: ${status}, degraded: ${isDegraded}`);
      encodings.push(ms);
    }
  };
  const encoding = encode();
  const busy = await look(port, () => performance.now(), seconds);
  isOver = true;
  await encoding;
  return {
    atRestP99Ms: quantile(atRest, 0.99),
    p50Ms: quantile(busy, 0.5),
    p99Ms: quantile(busy, 0.99),
    maxMs: quantile(busy, 1),
    looks: busy.length,
    encoded: encodings.length,
    encodedP50Ms: quantile(encodings, 0.5),
  };
}

async function look(port: number, now: () => number, seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  const until = now() + seconds * 1000;
  while (now() < until) {
    const startedAt = now();
    await healthz(port, agent);
    times.push(now() - startedAt);
    await delay(PAUSE_MS);
  }
  agent.destroy();
  return times;
}

function healthz(port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/healthz', agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`/healthz answered ${response.statusCode}`));
      response.resume().once('end', resolve);
    }).once('error', reject);
  });
}
