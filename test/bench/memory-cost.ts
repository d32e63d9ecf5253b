import type { BodyMaker, Shape } from './bodies.js';
import { MANY_CELLS } from './cases.js';
import { type RequestSource, runLoad } from './load.js';
import { once, RequestMaker } from './requests.js';
import { median, quantile } from './statistics.js';
import type { Subject } from './subject.js';

/** Time the memory takes in a request, told by the server itself, with no cells and with many; milliseconds. */
export interface MemoryCost {
  readonly query: 'known' | 'new';
  readonly without: { readonly p50Ms: number; readonly p95Ms: number };
  readonly with: { readonly p50Ms: number; readonly p95Ms: number };
  /** What the cells add, at the median and at the 95th percentile. */
  readonly addedP50Ms: number;
  readonly addedP95Ms: number;
}

/** As large as the promise says: 100 documents; the `hash` encoder gives the 256 dimensions. */
const SHAPE: Shape = { name: '100×500', documents: 100, characters: 500 };
/** Settings of a server this is measured on. */
export const MEMORY_COST_SETTINGS: Readonly<Record<string, string>> = { EMBEDDING_BACKEND: 'hash' };
const BATCH = 50;
const HOUR_MS = 3_600_000;

/**
 * What 1024 cells of 256 dimensions add to a known and to a new query over 100 documents: the `memory` stage of
 * `Server-Timing`, one request at a time, taking turns between a namespace with cells and one without.
 */
export async function measureMemoryCost(
  subject: Subject,
  bodies: BodyMaker,
  batches: number,
): Promise<MemoryCost[]> {
  const empty = new RequestMaker('bench.memory-empty', SHAPE, bodies);
  const full = new RequestMaker('bench.memory-full', SHAPE, bodies);
  for (const maker of [empty, full]) await subject.send(once([...maker.known, ...maker.known]));
  await subject.teach(full, MANY_CELLS);
  const costs: MemoryCost[] = [];
  for (const query of ['known', 'new'] as const) {
    const times: { empty: number[]; full: number[] } = { empty: [], full: [] };
    for (let batch = 0; batch <= batches; batch++) {
      const [without, withCells] = [
        await timesOf(subject, source(empty, query)),
        await timesOf(subject, source(full, query)),
      ];
      if (batch === 0) continue;
      times.empty.push(...without);
      times.full.push(...withCells);
    }
    costs.push(costOf(query, times.empty, times.full));
  }
  return costs;
}

function source(maker: RequestMaker, query: 'known' | 'new'): RequestSource {
  const requests = Array.from({ length: BATCH }, (_, i) =>
    query === 'new' ? maker.newQuery() : maker.known[i % maker.known.length]!,
  );
  return once(requests);
}

async function timesOf(subject: Subject, requests: RequestSource): Promise<number[]> {
  const times: number[] = [];
  const onHead = (head: string): void => {
    const ms = /\r\nserver-timing: [^\r]*\bmemory;dur=([\d.]+)/i.exec(head)?.[1];
    if (ms === undefined) throw new Error('the answer does not say what the memory took');
    times.push(Number(ms));
  };
  await runLoad(requests, { port: subject.port, connections: 1, durationMs: HOUR_MS, onHead });
  return times;
}

function costOf(query: MemoryCost['query'], empty: readonly number[], full: readonly number[]): MemoryCost {
  const without = { p50Ms: median(empty), p95Ms: quantile(empty, 0.95) };
  const withCells = { p50Ms: median(full), p95Ms: quantile(full, 0.95) };
  return {
    query,
    without,
    with: withCells,
    addedP50Ms: withCells.p50Ms - without.p50Ms,
    addedP95Ms: withCells.p95Ms - without.p95Ms,
  };
}
