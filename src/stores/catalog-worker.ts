import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.js';
import { answerCatalogCall, type CatalogCall, type CatalogReport } from './catalog-calls.js';
import { CatalogFile } from './catalog-file.js';
import { EngineTurns } from './engine-turns.js';
import type { Answered, Posted } from './worker-channel.js';

/** What the worker is started with. */
export interface CatalogWorkerData {
  readonly path: string;
  readonly sync: 'normal' | 'full';
  /** Largest the file may grow, in pages of 4096 bytes; default: no bound. */
  readonly maxPages?: number;
}

/** The thread that owns the catalog's file. */
const port = parentPort!;
const file = new CatalogFile({
  ...(workerData as CatalogWorkerData),
  clock: systemClock(),
  onQuarantined: (path, newPath, kept) => report(['setAside', path, newPath, kept]),
  onReplaced: () => report(['replaced']),
});
const turns = new EngineTurns<CatalogCall>(
  file,
  (call) => answerCatalogCall(file, call),
  report,
  setImmediate,
);

port.on('message', (posted: Posted<CatalogCall>) => turns.take(posted));

function report(message: Answered | CatalogReport): void {
  port.postMessage(message);
}
