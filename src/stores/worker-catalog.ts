import type { Clock } from '../base/clock.js';
import { type CatalogCall, type CatalogReport, catalogCallLength } from './catalog-calls.js';
import { catalogPath } from './catalog-schema.js';
import type {
  AuditFilter,
  AuditRow,
  CatalogChange,
  CatalogContents,
  CatalogKind,
  CatalogRow,
  CatalogStore,
} from './catalog-store.js';
import type { CatalogWorkerData } from './catalog-worker.js';
import { workerLocation } from './engine-worker-data.js';
import { StorageError, type StoreHealth } from './store.js';
import { WorkerChannel } from './worker-channel.js';

export interface CatalogEvents {
  /** The file was damaged; it is at `newPath` now, and the rows of it that could be read, `kept` of them, in its place. */
  setAside(path: string, newPath: string, kept: number): void;
  /** The file is another one from now on: what was loaded of it no longer holds. */
  replaced(): void;
}

export interface WorkerCatalogOptions extends Omit<CatalogWorkerData, 'path'> {
  /** `STORAGE_DIR`, which this process owns already. */
  readonly folder: string;
  readonly clock: Clock;
  readonly events?: Partial<CatalogEvents>;
}

/** Takes calls to where the file is. */
export interface CatalogChannel {
  post(call: CatalogCall): Promise<unknown>;
  stop(): Promise<void>;
}

/** Calls that may wait for the disk, and characters of what they carry. */
const MAX_CALLS = 1024;
const MAX_LENGTH = 16 * 1024 * 1024;

/**
 * Opens the catalog of a folder in a worker thread; the folder's lock is the caller's. Rejects with `StorageError`
 * `newer`; whatever else is wrong with the disk shows in `health`, and the catalog works once the disk does.
 */
export async function openWorkerCatalog(options: WorkerCatalogOptions): Promise<WorkerCatalog> {
  const { folder, clock, events, ...more } = options;
  const channel = new WorkerChannel<CatalogCall, CatalogReport>({
    location: workerLocation(undefined, 'catalog-worker'),
    workerData: { ...more, path: catalogPath(folder) } satisfies CatalogWorkerData,
    clock,
    maxCalls: MAX_CALLS,
    maxLength: MAX_LENGTH,
    lengthOf: catalogCallLength,
    onReport: (report) => {
      if (report[0] === 'setAside') events?.setAside?.(report[1], report[2], report[3]);
      else events?.replaced?.();
    },
  });
  const catalog = new WorkerCatalog(channel);
  try {
    await catalog.open();
  } catch (cause) {
    await channel.stop();
    throw cause;
  }
  return catalog;
}

/** The contract over a channel to a `CatalogFile`, usually in a worker. Made by `openWorkerCatalog`. */
export class WorkerCatalog implements CatalogStore {
  readonly name = 'sqlite';
  readonly durable = true;
  private readonly problems = new Map<'read' | 'write', string>();
  private closing: Promise<void> | undefined;

  constructor(private readonly channel: CatalogChannel) {}

  /** Rejects with `StorageError` (`newer`); what else is wrong with the disk shows in `health`. */
  async open(): Promise<void> {
    const problem = (await this.channel.post(['open'])) as string | undefined;
    if (problem !== undefined) this.problems.set('write', problem);
  }

  async load(): Promise<CatalogContents> {
    return (await this.ask('read', ['load'])) as CatalogContents;
  }

  async get(kind: CatalogKind, key: string): Promise<CatalogRow | undefined> {
    return (await this.ask('read', ['get', kind, key])) as CatalogRow | undefined;
  }

  async audit(filter: AuditFilter, after: number, limit: number): Promise<AuditRow[]> {
    return (await this.ask('read', ['audit', filter, after, limit])) as AuditRow[];
  }

  async commit(changes: readonly CatalogChange[]): Promise<void> {
    this.assertOpen();
    if (changes.length > 0) await this.ask('write', ['commit', changes]);
  }

  async sweep(now: number, limit: number): Promise<boolean> {
    return (await this.ask('write', ['sweep', now, limit])) as boolean;
  }

  async compact(): Promise<void> {
    await this.ask('write', ['compact']);
  }

  health(): StoreHealth {
    const detail = this.problems.get('write') ?? this.problems.get('read');
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

  private async ask(operation: 'read' | 'write', call: CatalogCall): Promise<unknown> {
    this.assertOpen();
    try {
      const answer = await this.channel.post(call);
      this.problems.delete(operation);
      // Whoever can write can read.
      if (operation === 'write') this.problems.delete('read');
      return answer;
    } catch (cause) {
      this.problems.set(operation, (cause as StorageError).message);
      throw cause;
    }
  }

  private assertOpen(): void {
    if (this.closing) throw new StorageError('closed', 'the catalog is closed');
  }
}
