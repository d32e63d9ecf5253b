import type { Clock } from '../base/clock.js';
import type { EvictionReason, Resident } from './resident.js';
import type { Entry, Residents } from './residents.js';

export interface EvictionOptions {
  readonly clock: Clock;
  readonly onEvicted: (name: string, reason: EvictionReason) => void;
  /** Saving failed while evicting. `kept`: it stays open until it can be saved; otherwise what was unsaved is lost. */
  readonly onFlushFailed?: (name: string, error: unknown, kept: boolean) => void;
}

/** Wait after a failed flush before the same namespace is evicted again. */
const RETRY_EVICTION_MS = 1_000;
/** Beyond so many times a bound, a namespace that cannot be saved is evicted all the same. */
const HARD_LIMIT = 2;

/** Takes namespaces out of memory: no new uses, wait for those inside, save, close, say why. */
export class Evictions<T extends Resident> {
  /** Names nobody may open yet. */
  private readonly leaving = new Map<string, Promise<void>>();
  /** Those on their way out that may yet have to stay. */
  private readonly undecided = new Set<Entry<T>>();
  /** Once set, what cannot be saved is lost: nothing stays open. */
  isFinal = false;

  constructor(
    private readonly residents: Residents<T>,
    private readonly options: EvictionOptions,
  ) {}

  /** Resolves when a name that is on its way out may be opened again; undefined when it is not on its way out. */
  pending(name: string): Promise<void> | undefined {
    return this.leaving.get(name);
  }

  /** Those that wait for their uses to end, or are being saved. */
  saving(): Iterable<Entry<T>> {
    return this.undecided;
  }

  allPending(): Promise<void>[] {
    return [...this.leaving.values()];
  }

  /**
   * Evicts a listed entry; new uses of its name must wait from here on. `whileGone` runs before they may go on, and
   * `patience` ends the wait for the uses inside. Answers whether it is gone.
   */
  start(
    entry: Entry<T>,
    reason: EvictionReason,
    whileGone?: () => Promise<void>,
    patience?: Promise<void>,
  ): Promise<boolean> {
    this.residents.remove(entry);
    this.undecided.add(entry);
    const isGone = this.letGo(entry, reason, patience).then(async (gone) => {
      if (gone) await whileGone?.();
      return gone;
    });
    this.keepOut(
      entry.name,
      isGone.then(() => undefined),
    ).catch(() => undefined); // The caller has the rejection.
    return isGone;
  }

  private async letGo(entry: Entry<T>, reason: EvictionReason, patience?: Promise<void>): Promise<boolean> {
    await Promise.race([drained(entry), ...(patience ? [patience] : [])]);
    const isSaved = reason === 'dropped' || (await this.save(entry, reason !== 'shutdown'));
    this.undecided.delete(entry);
    if (!isSaved) {
      entry.evictableAt = this.options.clock.now() + RETRY_EVICTION_MS;
      this.residents.add(entry);
      return false;
    }
    try {
      await entry.resident.close(reason);
    } catch (error) {
      this.options.onFlushFailed?.(entry.name, error, false);
    }
    this.options.onEvicted(entry.name, reason);
    return true;
  }

  /** Whether it may be closed: it was saved, or it could not be and must not be kept. */
  private async save(entry: Entry<T>, mayKeep: boolean): Promise<boolean> {
    try {
      await entry.resident.flush();
      return true;
    } catch (error) {
      const kept = mayKeep && !this.isFinal && !this.residents.isOver(HARD_LIMIT, this.undecided);
      this.undecided.delete(entry);
      this.options.onFlushFailed?.(entry.name, error, kept);
      return !kept;
    }
  }

  /** Keeps a name from being opened until the work is over, however it ends. */
  async keepOut(name: string, work: Promise<void>): Promise<void> {
    const over = work.then(
      () => this.leaving.delete(name),
      () => this.leaving.delete(name),
    );
    this.leaving.set(
      name,
      over.then(() => undefined),
    );
    await work;
  }
}

function drained<T>(entry: Entry<T>): Promise<void> {
  if (entry.users === 0) return Promise.resolve();
  return new Promise((resolve) => {
    entry.onDrained = resolve;
  });
}
