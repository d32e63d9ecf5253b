import { AppError } from '../base/errors.js';
import type { Patience } from '../base/patience.js';
import { type EvictionOptions, Evictions } from './evictions.js';
import type { EvictionReason, Resident } from './resident.js';
import { type Entry, Residents } from './residents.js';

export type { EvictionReason, Resident };

export interface NamespaceRegistryOptions<T extends Resident> extends EvictionOptions {
  /**
   * Makes a namespace, restored from what is saved. Never called for a name that is open. `onMade` is to be told of it as
   * soon as there is one, before anything is read, so that `present` has it.
   */
  readonly open: (name: string, onMade: (resident: T) => void) => Promise<T>;
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
  readonly onOpened?: (name: string) => void;
}

export interface FlushFailure {
  readonly name: string;
  readonly error: unknown;
}

interface Opening<T> {
  readonly promise: Promise<Entry<T>>;
  /** Once it is made, while its state is being read. */
  resident?: T;
  /** Uses that wait for it. */
  waiters: number;
}

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
  private readonly evictions: Evictions<T>;
  private readonly opening = new Map<string, Opening<T>>();
  private closing: Promise<void> | undefined;
  /** Set once `close` waits no longer: what is opened after that is closed at once. */
  private isExpired = false;

  constructor(private readonly options: NamespaceRegistryOptions<T>) {
    this.residents = new Residents(options);
    this.evictions = new Evictions(this.residents, options);
  }

  /**
   * Does some work in a namespace, opening it first if need be; it stays open at least until the work ends. Rejects with
   * what `open` or the work rejects with, and with `AppError` `UNAVAILABLE` after `close`, or where its caller left while
   * the name was on its way out: it may have gone for good, and is not opened for nobody.
   */
  async use<R>(name: string, work: (resident: T) => Promise<R>, patience?: Patience): Promise<R> {
    const entry = this.enter(name) ?? (await this.enterSlowly(name, patience));
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

  /**
   * All that may hold something of a namespace (null = of any) in memory: open, still being opened, or being saved on the
   * way out. Without counting as a use.
   */
  present(name: string | null): T[] {
    const openings = name === null ? [...this.opening.values()] : [this.opening.get(name)];
    const made = openings.flatMap((opening) => opening?.resident ?? []);
    const entries = [...this.residents.all(), ...this.evictions.saving()];
    const others = entries.filter((entry) => name === null || entry.name === name);
    return [...made, ...others.map(({ resident }) => resident)];
  }

  /** How many are open, their bytes and those of their caches, as last measured. */
  get size(): { namespaces: number; bytes: number; cacheBytes: number } {
    return this.residents.size;
  }

  /** Bytes of the open namespaces that are meant, caches included, measured now. Costs a look at each open one. */
  bytesOf(isMeant: (name: string) => boolean): number {
    return this.residents.bytesOf(isMeant);
  }

  /**
   * Makes a family take no more than `maxBytes`: trims its caches, the least recently used first, then evicts those of it
   * that nobody is in. Resolves when they are gone; who is in use, or cannot be saved, stays.
   */
  async trimFamily(isMeant: (name: string) => boolean, maxBytes: number): Promise<void> {
    const leaving = this.residents.trimFamily(isMeant, maxBytes, (entry) => this.isEvictable(entry));
    await Promise.all(leaving.map((entry) => this.evictions.start(entry, 'quota')));
  }

  /** Measures all, evicts the idle and what is over the bounds; resolves when those it chose are gone. */
  async maintain(): Promise<void> {
    for (const entry of this.residents.all()) this.residents.measure(entry);
    const idle = this.idle().map((entry) => this.evictions.start(entry, 'idle'));
    await Promise.all([...idle, ...this.trim()]);
  }

  /**
   * Evicts one namespace, also the default, once the uses inside have ended; `whileGone` runs before anyone can open it
   * again. `patience` ends the wait for the uses inside: what they do from then on leaves nothing behind. Answers whether
   * it is gone: false when it could not be saved. Rejects with what `whileGone` rejects with.
   */
  async evict(
    name: string,
    reason: EvictionReason,
    whileGone?: () => Promise<void>,
    patience?: Promise<void>,
  ): Promise<boolean> {
    for (let pending = this.unsettled(name); pending; pending = this.unsettled(name)) await pending;
    const entry = this.residents.peek(name);
    if (entry) return this.evictions.start(entry, reason, whileGone, patience);
    if (whileGone) await this.evictions.keepOut(name, whileGone());
    return true;
  }

  /**
   * As `evict`, of this very one, after it has been opened if it is not yet. Answers whether that made it go: false also where
   * it was on its way out already, or gone.
   */
  async evictThis(resident: T, name: string, reason: EvictionReason): Promise<boolean> {
    await this.opening.get(name)?.promise.catch(() => undefined);
    const entry = this.residents.peek(name);
    return entry?.resident === resident && this.evictions.start(entry, reason);
  }

  /**
   * Does some work while nobody can open a namespace that is not open; uses of it wait for the work to end. Answers false,
   * having done nothing, where it is open. Rejects with what the work rejects with, and after `close`.
   */
  async whileAway(name: string, work: () => Promise<void>): Promise<boolean> {
    for (let pending = this.unsettled(name); pending; pending = this.unsettled(name)) await pending;
    if (this.closing) throw unavailable();
    if (this.residents.peek(name)) return false;
    await this.evictions.keepOut(name, work());
    return true;
  }

  /** While a name is being opened or evicted: resolves when that is over. To be asked again then, at once before acting. */
  private unsettled(name: string): Promise<unknown> | undefined {
    return this.evictions.pending(name) ?? this.opening.get(name)?.promise.catch(() => undefined);
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

  private async enterSlowly(name: string, patience: Patience | undefined): Promise<Entry<T>> {
    for (;;) {
      const entry = this.enter(name);
      if (entry) return entry;
      const leaving = this.evictions.pending(name);
      if (!leaving) break;
      await leaving;
      if (patience?.().aborted) throw new AppError('UNAVAILABLE', 'The caller left while it waited');
    }
    const opening = this.opening.get(name) ?? this.startOpening(name);
    opening.waiters += 1;
    return opening.promise;
  }

  private startOpening(name: string): Opening<T> {
    const onMade = (resident: T) => {
      opening.resident = resident;
    };
    const promise: Promise<Entry<T>> = Promise.resolve()
      .then(() => this.options.open(name, onMade))
      .then((resident) => this.admit(name, resident))
      .catch((error: unknown) => {
        this.opening.delete(name);
        throw error;
      });
    const opening: Opening<T> = { promise, waiters: 0 };
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
    return surplus.map(({ entry, reason }) => this.evictions.start(entry, reason));
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
    this.evictions.isFinal = true;
    const patience = aborted(deadline).then(() => {
      this.isExpired = true;
    });
    const openings = Array.from(this.opening.values(), (opening) => opening.promise);
    await Promise.race([Promise.allSettled(openings), patience]);
    const leaving = this.evictions.allPending();
    const closed = this.residents
      .all()
      .map((entry) => this.evictions.start(entry, 'shutdown', undefined, patience));
    await Promise.all([...leaving, ...closed]);
    this.isExpired = true;
  }
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
