import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.js';
import { answerCacheCall, type CacheCall, type CacheReport } from './cache-calls.js';
import { CacheFile } from './cache-file.js';
import { EngineTurns } from './engine-turns.js';
import type { Answered, Posted } from './worker-channel.js';

/** What the worker is started with. */
export interface CacheWorkerData {
  readonly path: string;
  readonly maxBytes: number;
}

/** The thread that owns the cache's file. */
const port = parentPort!;
const file = new CacheFile({
  ...(workerData as CacheWorkerData),
  clock: systemClock(),
  onSetAside: (newPath, why) => report(['setAside', newPath, why.message]),
});
const turns = new EngineTurns<CacheCall>(file, (call) => answerCacheCall(file, call), report, setImmediate);

port.on('message', (posted: Posted<CacheCall>) => turns.take(posted));

function report(message: Answered | CacheReport): void {
  port.postMessage(message);
}
