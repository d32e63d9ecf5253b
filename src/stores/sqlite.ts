import { dirname } from 'node:path';
import type { Clock } from '../base/clock.js';
import { type Packed, packChanges, type SqliteCall, unpackRows } from './sqlite-calls.js';
import { type SqliteWorkerData, workerLocation } from './sqlite-worker-data.js';
import {
  type Change,
  type ImpressionBounds,
  type Kind,
  type Row,
  StorageError,
  type Store,
  type StoreHealth,
  type StoreUsage,
} from './store.js';
import { WorkerChannel } from './worker-channel.js';

export interface SqliteStoreOptions {
  /** The database file; its folder is made if it is missing, and owned by this process until `close`. */
  readonly path: string;
  readonly clock: Clock;
  /** `normal` (default): acknowledged commits survive `kill -9`; `full`: also power loss, one flush to disk a commit. */
  readonly sync?: 'normal' | 'full';
  readonly impressions?: ImpressionBounds;
  /** Most calls waiting for the disk; default 4096. */
  readonly maxQueueCalls?: number;
  /** Most characters of rows waiting for the disk; default 64 Mi. */
  readonly maxQueueLength?: number;
  /** Largest the file may grow, in pages of 4096 bytes; default: no bound. */
  readonly maxPages?: number;
  /** A damaged database was set aside under `newPath` and an empty one took its place. */
  readonly onQuarantined?: (path: string, newPath: string) => void;
  /** The database is another one from now on: what was read from the old one no longer holds. */
  readonly onReplaced?: () => void;
}

/** Takes calls to where the database is and brings back their answers, in order. */
export interface SqliteChannel {
  post(call: SqliteCall): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Opens the shared database in a worker thread. Rejects with `StorageError` if the database is of a newer format
 * (`newer`) or another process owns the folder (`locked`). A disk that is full, read-only or missing rejects nothing
 * here: the store comes up degraded, and works once the disk does.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { path, sync = 'normal', impressions, maxPages } = options;
  const workerData: SqliteWorkerData = {
    path,
    sync,
    lockFolder: dirname(path),
    ...(impressions ? { impressions } : {}),
    ...(maxPages === undefined ? {} : { maxPages }),
  };
  const channel = new WorkerChannel({
    location: workerLocation(),
    workerData,
    clock: options.clock,
    maxCalls: options.maxQueueCalls ?? 4096,
    maxLength: options.maxQueueLength ?? 64 * 1024 * 1024,
    ...(options.onQuarantined ? { onQuarantined: options.onQuarantined } : {}),
    ...(options.onReplaced ? { onReplaced: options.onReplaced } : {}),
  });
  const store = new SqliteStore(channel);
  try {
    await store.open();
  } catch (cause) {
    await channel.stop();
    throw cause;
  }
  return store;
}

/** The store contract over a channel to a `SqliteDatabase`, usually in a worker. Made by `openSqliteStore`. */
export class SqliteStore implements Store {
  readonly name = 'sqlite';
  readonly durable = true;
  private readProblem: string | undefined;
  private writeProblem: string | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly channel: SqliteChannel) {}

  /** Rejects with `StorageError` (`newer`, `locked`); what else is wrong with the disk shows in `health`. */
  async open(): Promise<void> {
    this.writeProblem = (await this.channel.post(['open'])) as string | undefined;
  }

  async namespaces(): Promise<string[]> {
    return (await this.read(['namespaces'])) as string[];
  }

  async load(namespace: string): Promise<Row[]> {
    return unpackRows((await this.read(['load', namespace])) as Packed);
  }

  async get(namespace: string, kind: Kind, key: string): Promise<Row | undefined> {
    return unpackRows((await this.read(['get', namespace, kind, key])) as Packed)[0];
  }

  async find(namespace: string, kind: Kind, group: string, limit: number): Promise<Row[]> {
    return unpackRows((await this.read(['find', namespace, kind, group, limit])) as Packed);
  }

  async commit(namespace: string, changes: readonly Change[]): Promise<void> {
    this.assertOpen();
    if (changes.length > 0) await this.write(['commit', namespace, packChanges(changes)]);
  }

  async usage(namespace: string): Promise<StoreUsage> {
    return (await this.read(['usage', namespace])) as StoreUsage;
  }

  async drop(namespace: string): Promise<void> {
    await this.write(['drop', namespace]);
  }

  async sweep(now: number, limit: number): Promise<number> {
    return (await this.write(['sweep', now, limit])) as number;
  }

  health(): StoreHealth {
    const detail = this.writeProblem ?? this.readProblem;
    return detail === undefined ? { status: 'ok' } : { status: 'degraded', detail };
  }

  /** Calls made before it are answered first. */
  close(): Promise<void> {
    this.closing ??= this.channel
      .post(['close'])
      .then(() => this.channel.stop())
      .catch(() => this.channel.stop());
    return this.closing;
  }

  private async read(call: SqliteCall): Promise<unknown> {
    this.assertOpen();
    try {
      const answer = await this.channel.post(call);
      this.readProblem = undefined;
      return answer;
    } catch (cause) {
      this.readProblem = (cause as Error).message;
      throw cause;
    }
  }

  private async write(call: SqliteCall): Promise<unknown> {
    this.assertOpen();
    try {
      const answer = await this.channel.post(call);
      this.readProblem = undefined;
      this.writeProblem = undefined;
      return answer;
    } catch (cause) {
      this.writeProblem = (cause as Error).message;
      throw cause;
    }
  }

  private assertOpen(): void {
    if (this.closing) throw new StorageError('closed', 'the store is closed');
  }
}
