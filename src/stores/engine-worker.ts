import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.js';
import { createEngine } from './create-engine.js';
import { answerCall, type EngineCall, type EngineReport } from './engine-calls.js';
import { EngineTurns } from './engine-turns.js';
import type { EngineWorkerData } from './engine-worker-data.js';
import type { Answered, Posted } from './worker-channel.js';

/**
 * The thread that owns the stored state: answers the calls of `WorkerChannel` one after the other, in the order they
 * came, and does what can wait between them.
 */
const port = parentPort!;
const engine = createEngine(workerData as EngineWorkerData, systemClock(), {
  quarantined: (...what) => report(['quarantined', ...what]),
  replaced: (namespace) => report(['replaced', namespace]),
});
const turns = new EngineTurns<EngineCall>(engine, (call) => answerCall(engine, call), report, setImmediate);

port.on('message', (posted: Posted<EngineCall>) => turns.take(posted));

function report(message: Answered | EngineReport): void {
  port.postMessage(message);
}
