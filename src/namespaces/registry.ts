import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { type Entry, Residents } from './residents.js';

/** Why a namespace left memory. `dropped`: its state is being removed, so nothing of it is saved. */
export type EvictionReason = 'count' | 'bytes' | 'idle' | 'dropped' | 'shutdown';

/** What the registry needs of an open namespace. */
export interface Resident {
  readonly name: string;
  /** Memory it takes without its caches; may change with every use, reading it is cheap. */
  readonly bytes: number;
  /** Memory of what can be made again. */
  readonly cacheBytes: number;
  trimCaches(): void;
  /** Saves what is not saved yet. Rejects if that fails. */
  flush(): Promise<void>;
  /** The last call; nobody uses it any more. */
  close(reason: EvictionReason): Promise<void>;
}

export interface NamespaceRegistryOptions<T extends Resident> {
  /** Makes a namespace, restored from what is saved. Never called for a name that is open. */
  readonly open: (name: string) => Promise<T>;
  /** The namespace that count, bytes and idle time never evict. */
  readonly defaultName: string;
  /** Most open namespaces, the default one included; absent = bytes alone decide. */
  readonly maxNamespaces?: number;
  /** Most bytes of all open namespaces together, without caches. */
  readonly maxBytes: number;
  /** Most bytes of all caches together. */
  readonly cacheMaxBytes: number;
  /** Time without use after which `maintain` evicts; absent = never. */
  readonly idleTtlMs?: number;
  readonly clock: Clock;
  readonly onEvicted: (name: string, reason: EvictionReason) => void;
  readonly onOpened?: (name: string) => void;
  /** Saving failed while evicting. `kept`: it stays open until it can be saved; otherwise what was unsaved is lost. */
  readonly onFlushFailed?: (name: string, error: unknown, kept: boolean) => void;
}

export interface FlushFailure {
  readonly name: string;
  readonly error: unknown;
}

interface Opening<T> {
  readonly promise: Promise<Entry<T>>;
  /** Uses that wait for it. */
  waiters: number;
}

/** Wait after a failed flush before the same namespace is evicted again. */
const RETRY_EVICTION_MS = 1_000;
/** Beyond so many times a bound, a namespace that cannot be saved is evicted all the same. */
const HARD_LIMIT = 2;
/** Namespaces saved at the same time by `flushAll`. */
const FLUSH_CONCURRENCY = 16;

/**
 * The open namespaces, in the order of their last use. A name is open at most once: requests that arrive while it is
 * being opened share that opening, requests that arrive while it is being evicted wait and open it again. Evicted are
 * namespaces nobody is using; if all are in use the bounds are exceeded until a use ends. Looking up an open namespace
 * costs about a microsecond.
 */
export class NamespaceRegistry<T extends Resident> {
  private readonly residents: Residents<T>;
  private readonly opening = new Map<string, Opening<T>>();
  /** Names nobody may open yet. */
  private readonly leaving = new Map<string, Promise<void>>();
  /** Those on their way out that may yet have to stay. */
  private readonly undecided = new Set<Entry<T>>();
  private closing: Promise<void> | undefined;
  /** Set once `close` waits no longer: what is opened after that is closed at once. */
  private isExpired = false;

  constructor(private readonly options: NamespaceRegistryOptions<T>) {
    this.residents = new Residents(options);
  }

  /**
   * Does some work in a namespace, opening it first if need be; it stays open at least until the work ends. Rejects with
   * what `open` or the work rejects with, and with `AppError` `UNAVAILABLE` after `close`.
   */
  async use<R>(name: string, work: (resident: T) => Promise<R>): Promise<R> {
    const entry = this.enter(name) ?? (await this.enterSlowly(name));
    try {
      return await work(entry.resident);
    } finally {
      entry.lastUsedAt = this.options.clock.now();
      this.leave(entry);
    }
  }

  /** Names of the open namespaces, the last used first, the default at the end. */
  names(): string[] {
    return this.residents.all().map((entry) => entry.name);
  }

  /** An open namespace, without counting as a use. */
  peek(name: string): T | undefined {
    return this.residents.peek(name)?.resident;
  }

  /** How many are open, their bytes and those of their caches, as last measured. */
  get size(): { namespaces: number; bytes: number; cacheBytes: number } {
    return this.residents.size;
  }

  /** Measures all, evicts the idle and what is over the bounds; resolves when those it chose are gone. */
  async maintain(): Promise<void> {
    for (const entry of this.residents.all()) this.residents.measure(entry);
    const idle = this.idle().map((entry) => this.remove(entry, 'idle'));
    await Promise.all([...idle, ...this.trim()]);
  }

  /**
   * Evicts one namespace, also the default, once the uses inside have ended; `whileGone` runs before anyone can open it
   * again. Answers whether it is gone: false when it could not be saved. Rejects with what `whileGone` rejects with.
   */
  async evict(name: string, reason: EvictionReason, whileGone?: () => Promise<void>): Promise<boolean> {
    for (;;) {
      const pending = this.leaving.get(name) ?? this.opening.get(name)?.promise.catch(() => undefined);
      if (!pending) break;
      await pending;
    }
    const entry = this.residents.peek(name);
    if (entry) return this.remove(entry, reason, whileGone);
    if (whileGone) await this.keepOut(name, whileGone());
    return true;
  }

  /** Saves all; answers those that could not be saved. */
  async flushAll(): Promise<FlushFailure[]> {
    const failures: FlushFailure[] = [];
    const queue = this.residents.all().values();
    const flushSome = async () => {
      for (const entry of queue) await this.flushEntry(entry, failures);
    };
    await Promise.all(Array.from({ length: FLUSH_CONCURRENCY }, flushSome));
    return failures;
  }

  /**
   * Refuses new uses, waits for those inside until `deadline` is aborted (without one, as long as they take), then saves
   * and closes all. What cannot be saved is reported and lost.
   */
  close(deadline?: AbortSignal): Promise<void> {
    this.closing ??= this.closeAll(deadline);
    return this.closing;
  }

  private enter(name: string): Entry<T> | undefined {
    if (this.closing) throw unavailable();
    const entry = this.residents.get(name);
    if (entry) entry.users += 1;
    return entry;
  }

  private async enterSlowly(name: string): Promise<Entry<T>> {
    for (;;) {
      const entry = this.enter(name);
      if (entry) return entry;
      const leaving = this.leaving.get(name);
      if (!leaving) break;
      await leaving;
    }
    const opening = this.opening.get(name) ?? this.startOpening(name);
    opening.waiters += 1;
    return opening.promise;
  }

  private startOpening(name: string): Opening<T> {
    const promise = Promise.resolve()
      .then(() => this.options.open(name))
      .then((resident) => this.admit(name, resident))
      .catch((error: unknown) => {
        this.opening.delete(name);
        throw error;
      });
    const opening = { promise, waiters: 0 };
    this.opening.set(name, opening);
    return opening;
  }

  private async admit(name: string, resident: T): Promise<Entry<T>> {
    if (this.isExpired) {
      await resident.close('shutdown');
      throw unavailable();
    }
    const now = this.options.clock.now();
    const users = this.opening.get(name)!.waiters;
    const entry: Entry<T> = {
      name,
      resident,
      users,
      bytes: 0,
      cacheBytes: 0,
      lastUsedAt: now,
      evictableAt: now,
      isListed: false,
    };
    this.opening.delete(name);
    this.residents.add(entry);
    this.options.onOpened?.(name);
    this.trim();
    return entry;
  }

  private leave(entry: Entry<T>): void {
    entry.users -= 1;
    if (entry.isListed) {
      this.residents.measure(entry);
      this.trim();
    } else if (entry.users === 0) entry.onDrained?.();
  }

  private isEvictable(entry: Entry<T>): boolean {
    return entry.users === 0 && entry.evictableAt <= this.options.clock.now();
  }

  private idle(): Entry<T>[] {
    const { idleTtlMs, clock } = this.options;
    if (idleTtlMs === undefined) return [];
    const since = clock.now() - idleTtlMs;
    return this.residents.evictable().filter((entry) => entry.lastUsedAt <= since && this.isEvictable(entry));
  }

  /** Starts the evictions that the bounds ask for. */
  private trim(): Promise<boolean>[] {
    this.residents.trimCaches();
    const surplus = this.residents.surplus((entry) => this.isEvictable(entry));
    return surplus.map(({ entry, reason }) => this.remove(entry, reason));
  }

  /** From here on new uses of the name wait; `patience` ends the wait for those inside. */
  private remove(
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
      const kept = mayKeep && !this.closing && !this.residents.isOver(HARD_LIMIT, this.undecided);
      this.undecided.delete(entry);
      this.options.onFlushFailed?.(entry.name, error, kept);
      return !kept;
    }
  }

  /** Keeps a name from being opened until the work is over, however it ends. */
  private async keepOut(name: string, work: Promise<void>): Promise<void> {
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

  private async flushEntry(entry: Entry<T>, failures: FlushFailure[]): Promise<void> {
    if (!entry.isListed) return;
    entry.users += 1;
    try {
      await entry.resident.flush();
    } catch (error) {
      failures.push({ name: entry.name, error });
    } finally {
      this.leave(entry);
    }
  }

  private async closeAll(deadline?: AbortSignal): Promise<void> {
    const patience = aborted(deadline).then(() => {
      this.isExpired = true;
    });
    const openings = Array.from(this.opening.values(), (opening) => opening.promise);
    await Promise.race([Promise.allSettled(openings), patience]);
    const leaving = [...this.leaving.values()];
    const closed = this.residents.all().map((entry) => this.remove(entry, 'shutdown', undefined, patience));
    await Promise.all([...leaving, ...closed]);
    this.isExpired = true;
  }
}

function drained<T>(entry: Entry<T>): Promise<void> {
  if (entry.users === 0) return Promise.resolve();
  return new Promise((resolve) => {
    entry.onDrained = resolve;
  });
}

/** Resolves when the signal is aborted; without a signal, never. */
function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

function unavailable(): AppError {
  return new AppError('UNAVAILABLE', 'The server is shutting down');
}
