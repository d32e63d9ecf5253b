import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.js';
import { createEngine } from './create-engine.js';
import type { Posted, Reported } from './engine-calls.js';
import { EngineTurns } from './engine-turns.js';
import type { EngineWorkerData } from './engine-worker-data.js';

/**
 * The thread that owns the stored state: answers the calls of `WorkerChannel` one after the other, in the order they
 * came, and does what can wait between them.
 */
const port = parentPort!;
const engine = createEngine(workerData as EngineWorkerData, systemClock(), {
  quarantined: (...what) => report(['quarantined', ...what]),
  replaced: (namespace) => report(['replaced', namespace]),
});
const turns = new EngineTurns(engine, report, setImmediate);

port.on('message', (posted: Posted) => turns.take(posted));

function report(message: Reported): void {
  port.postMessage(message);
}
