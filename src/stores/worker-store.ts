import type { Clock } from '../base/clock.js';
import type { EngineEvents } from './engine.js';
import {
  callLength,
  type EngineCall,
  type EngineReport,
  type PackedPage,
  unpackPage,
} from './engine-calls.js';
import { type EngineWorkerData, workerLocation } from './engine-worker-data.js';
import { NamespaceTroubles } from './namespace-troubles.js';
import { type Packed, packChanges, unpackRows } from './packed-rows.js';
import {
  type Change,
  type ErasedState,
  type Kind,
  type Row,
  type RowPage,
  StorageError,
  type Store,
  type StoreHealth,
  type StoreUsage,
  type SweepResult,
} from './store.js';
import { WorkerChannel } from './worker-channel.js';

/** Namespaces of which it is remembered that they cannot be written. */
const MOST_PROBLEMS = 1000;

export interface WorkerStoreOptions extends EngineWorkerData {
  readonly clock: Clock;
  /** Most calls waiting for the disk; default 4096. */
  readonly maxQueueCalls?: number;
  /** Most characters of rows waiting for the disk; default 64 Mi. */
  readonly maxQueueLength?: number;
  /** Told of damage that was set aside, and of state that is another one from now on. */
  readonly events?: Partial<EngineEvents>;
}

/** Takes calls to where the engine is and brings back their answers, in order. */
export interface EngineChannel {
  post(call: EngineCall): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Opens stored state in a worker thread. Rejects with `StorageError` if shared state is of a newer format (`newer`) or
 * another process owns the folder (`locked`). A disk that is full, read-only or missing rejects nothing here: the store
 * comes up degraded, and works once the disk does.
 */
export async function openWorkerStore(options: WorkerStoreOptions): Promise<WorkerStore> {
  const { clock, maxQueueCalls = 4096, maxQueueLength = 64 * 1024 * 1024, events, ...workerData } = options;
  const { driver } = options.files;
  const troubles = new NamespaceTroubles(driver === 'sqlite');
  const channel = new WorkerChannel<EngineCall, EngineReport>({
    location: workerLocation(),
    workerData,
    clock,
    maxCalls: maxQueueCalls,
    maxLength: maxQueueLength,
    lengthOf: callLength,
    onReport: (report) => {
      if (report[0] === 'replaced') {
        events?.replaced?.(report[1]);
        return;
      }
      const [, namespace, ...paths] = report;
      troubles.quarantined(namespace);
      events?.quarantined?.(namespace, ...paths);
    },
  });
  const store = new WorkerStore(driver, channel, troubles);
  try {
    await store.open();
  } catch (cause) {
    await channel.stop();
    throw cause;
  }
  return store;
}

/** The store contract over a channel to a `StoreEngine`, usually in a worker. Made by `openWorkerStore`. */
export class WorkerStore implements Store {
  readonly durable = true;
  private readProblem: string | undefined;
  /** Why the last write failed: of each namespace that has its own files, and (under '') of all together. */
  private readonly writeProblems = new Map<string, string>();
  private closing: Promise<void> | undefined;

  constructor(
    readonly name: string,
    private readonly channel: EngineChannel,
    private readonly troubles?: NamespaceTroubles,
  ) {}

  /** Rejects with `StorageError` (`newer`, `locked`); what else is wrong with the disk shows in `health`. */
  async open(): Promise<void> {
    this.noteWrite('', (await this.channel.post(['open'])) as string | undefined);
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

  async scan(namespace: string, cursor: number, limit: number): Promise<RowPage> {
    return unpackPage((await this.read(['scan', namespace, cursor, limit])) as PackedPage);
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

  async erase(namespace: string): Promise<ErasedState> {
    return (await this.write(['erase', namespace])) as ErasedState;
  }

  /** Says nothing of the disk: what was wrong with the namespace still is. */
  async release(namespace: string): Promise<void> {
    this.assertOpen();
    await this.channel.post(['release', namespace]);
  }

  async sweep(now: number, limit: number): Promise<SweepResult> {
    const result = (await this.write(['sweep', now, limit])) as SweepResult;
    // With nothing to remove it has tried what failed before.
    if (result.removed === 0 && !result.more) this.writeProblems.clear();
    return result;
  }

  health(): StoreHealth {
    const [writeProblem] = this.writeProblems.values();
    const detail = writeProblem ?? this.readProblem;
    const troubles = this.troubles?.report() ?? {};
    const status = detail === undefined && !troubles.unusable ? 'ok' : 'degraded';
    return { status, ...(detail === undefined ? {} : { detail }), ...troubles };
  }

  /** Calls made before it are answered first. */
  close(): Promise<void> {
    this.closing ??= this.channel
      .post(['close'])
      .then(() => this.channel.stop())
      .catch(() => this.channel.stop());
    return this.closing;
  }

  private async read(call: EngineCall): Promise<unknown> {
    return this.ask(call, (problem) => {
      this.readProblem = problem;
    });
  }

  private async write(call: EngineCall): Promise<unknown> {
    const namespace = this.troubles && typeof call[1] === 'string' ? call[1] : '';
    const answer = await this.ask(call, (problem) => this.noteWrite(namespace, problem));
    this.readProblem = undefined;
    return answer;
  }

  /** A write that works clears what is wrong with its own files, and with all together. */
  private noteWrite(namespace: string, problem: string | undefined): void {
    this.writeProblems.delete(namespace);
    if (problem === undefined) this.writeProblems.delete('');
    else this.writeProblems.set(this.writeProblems.size < MOST_PROBLEMS ? namespace : '', problem);
  }

  /** `note` gets what the call says of the disk: a failure in words, or that it works. */
  private async ask(call: EngineCall, note: (problem: string | undefined) => void): Promise<unknown> {
    this.assertOpen();
    const namespace = typeof call[1] === 'string' ? call[1] : undefined;
    try {
      const answer = await this.channel.post(call);
      note(undefined);
      if (namespace !== undefined) this.troubles?.worked(namespace);
      return answer;
    } catch (cause) {
      const isItsOwn = namespace !== undefined && this.troubles?.failed(namespace, cause);
      if (!isItsOwn) note((cause as Error).message);
      throw cause;
    }
  }

  private assertOpen(): void {
    if (this.closing) throw new StorageError('closed', 'the store is closed');
  }
}
