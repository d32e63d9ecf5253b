import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../../../src/base/clock.js';
import type { Change, Store } from '../../../src/stores/store.js';
import { openWorkerStore } from '../../../src/stores/worker-store.js';
import { quantile } from '../statistics.js';
import { namespaceName, type StorageMode } from './modes.js';

/** What a piece of work behind the requests does to them. */
export interface Hold {
  readonly tookMs: number;
  /** Longest time in which the main thread did nothing else. */
  readonly loopMs: number;
  /** Time that a question about another namespace waited meanwhile. */
  readonly otherP99Ms: number;
  readonly otherMaxMs: number;
  readonly rows: number;
}

/** A full namespace: cells of some kilobytes, documents of the whole namespace, impressions. */
const CELLS = 1024;
const CELL_CHARACTERS = 6000;
const DOCUMENTS = 16_384;
const IMPRESSIONS = 20_000;
const IMPRESSION_CHARACTERS = 900;
const ROWS_A_COMMIT = 200;
/** Far enough ahead for everything that expires to have expired. */
const LATER_MS = 400 * 86_400_000;
const ROWS_A_SWEEP = 1000;
const MOST_SWEEPING_MS = 20_000;

export function openStore(folder: string, mode: StorageMode): Promise<Store> {
  return openWorkerStore({ files: mode.files(folder), folder, sync: 'normal', clock: systemClock() });
}

/** Removes what expires in all namespaces, as far as it comes within some time. */
export async function holdOfSweep(store: Store): Promise<Hold> {
  const startedAt = performance.now();
  const now = systemClock().now() + LATER_MS;
  return watch(store, async () => {
    let rows = 0;
    for (;;) {
      const { removed, more } = await store.sweep(now, ROWS_A_SWEEP);
      rows += removed;
      if (!more || performance.now() - startedAt > MOST_SWEEPING_MS) return rows;
    }
  });
}

/** Writes down a full namespace that is let go: a checkpoint, where there is such a thing. */
export async function holdOfCheckpoint(store: Store): Promise<Hold> {
  const rows = await commitFull(store);
  return watch(store, async () => {
    await store.release('full');
    await pause(3000);
    return rows;
  });
}

/** Reads a full namespace that is not in memory. */
export function holdOfLoad(store: Store): Promise<Hold> {
  return watch(store, async () => (await store.load('full')).length);
}

async function commitFull(store: Store): Promise<number> {
  const changes = fullNamespace();
  for (let at = 0; at < changes.length; at += ROWS_A_COMMIT) {
    await store.commit('full', changes.slice(at, at + ROWS_A_COMMIT));
  }
  return changes.length;
}

/** What the machine and this process do to the loop by themselves. */
export function holdAtRest(store: Store): Promise<Hold> {
  return watch(store, async () => {
    await pause(2000);
    return 0;
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What is left over from before is not to be collected while we watch. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

async function watch(store: Store, work: () => Promise<number>): Promise<Hold> {
  collectGarbage();
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const waits: number[] = [];
  let isDone = false;
  const asking = (async () => {
    while (!isDone) {
      const askedAt = performance.now();
      await store.get(namespaceName(3), 'meta', 'counters');
      waits.push(performance.now() - askedAt);
      await pause(1);
    }
  })();
  loop.enable();
  const startedAt = performance.now();
  const rows = await work();
  const tookMs = performance.now() - startedAt;
  loop.disable();
  isDone = true;
  await asking;
  return {
    tookMs,
    rows,
    loopMs: loop.max / 1e6,
    otherP99Ms: quantile(waits, 0.99),
    otherMaxMs: Math.max(...waits),
  };
}

function fullNamespace(): Change[] {
  const text = (length: number, number: number) => JSON.stringify({ number, text: 'x'.repeat(length) });
  const many = (count: number, make: (number: number) => Change) =>
    Array.from({ length: count }, (_, number) => make(number));
  return [
    ...many(CELLS, (n) => ({ put: { kind: 'cell', key: `cell-${n}`, value: text(CELL_CHARACTERS, n) } })),
    ...many(DOCUMENTS, (n) => ({ put: { kind: 'document', key: `i:document-${n}`, value: text(40, n) } })),
    ...many(IMPRESSIONS, (n) => ({
      put: {
        kind: 'impression',
        key: `request-${n}`,
        value: text(IMPRESSION_CHARACTERS, n),
        group: `query-${n % 500}`,
        expiresAt: 9e12,
      },
    })),
  ];
}
