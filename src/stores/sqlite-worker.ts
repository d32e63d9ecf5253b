import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.js';
import { FolderLock } from './lock.js';
import { answerCall, type Posted, type Reported } from './sqlite-calls.js';
import { SqliteDatabase } from './sqlite-database.js';
import type { SqliteWorkerData } from './sqlite-worker-data.js';
import type { StorageError } from './store.js';

/**
 * The thread that owns the shared database: answers the calls of `WorkerChannel` one after the other, in the order they
 * came.
 */
const port = parentPort!;
const { lockFolder, ...options } = workerData as SqliteWorkerData;

const database = new SqliteDatabase({
  ...options,
  clock: systemClock(),
  ...(lockFolder === undefined ? {} : { lock: new FolderLock(lockFolder) }),
  onQuarantined: (path, newPath) => report(['quarantined', path, newPath]),
  onReplaced: () => report(['replaced']),
});

port.on('message', ([id, call]: Posted) => {
  try {
    report(['done', id, answerCall(database, call)]);
  } catch (cause) {
    const { failure, message } = cause as StorageError;
    report(['failed', id, failure ?? 'io', message]);
  }
});

function report(message: Reported): void {
  port.postMessage(message);
}
