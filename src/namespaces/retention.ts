import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../base/clock.js';
import { Pace } from '../base/pace.js';
import { withinTime } from '../base/within-time.js';
import { StorageError, type Store } from '../stores/store.js';
import { type AgeLimit, addRemoved, NOTHING_REMOVED, type Removed } from './age.js';
import type { Namespace } from './namespace.js';
import { useKey } from './records.js';
import type { NamespaceRegistry } from './registry.js';
import { staleRows } from './stale-rows.js';

const DAY_MS = 86_400_000;
/** Rows of a namespace that is not open, looked at while it is kept out of use: a request waits for no more. */
const ROWS_PER_PAGE = 128;
/** Records of an open namespace that one transaction removes. */
const RECORDS_PER_SLICE = 64;

export interface RetentionOptions {
  readonly registry: NamespaceRegistry<Namespace>;
  readonly store: Store;
  readonly clock: Clock;
  /** Age from which memory goes; absent = it stays. */
  readonly days?: number;
  /** What single namespaces have instead: null = it stays, undefined = as all. One look-up. */
  readonly daysOf?: (namespace: string) => number | null | undefined;
  /** Whether any namespace has days of its own; asked for reports. */
  readonly isSetSomewhere?: () => boolean;
  /** Time between two sweeps, at most 2^31 ms; 0 = none after the first. */
  readonly intervalMs: number;
  readonly sweepOnStart: boolean;
  /** Longest time that a namespace is kept out of use for a page of it. */
  readonly storageTimeoutMs: number;
  /** Before this time nothing is removed. */
  readonly notBefore: number;
  /** Told after every transaction, and whose it was. */
  readonly onRemoved: (removed: Removed, namespace: string) => void;
  readonly onSwept: (outcome: 'done' | 'failed') => void;
  /** One namespace, or all where it is null, could not be swept; the next sweep tries again. */
  readonly onFailure: (namespace: string | null, error: Error) => void;
}

/** Body of `/metrics/retention`; counts are of this process. */
export interface RetentionReport {
  readonly retention_enabled: boolean;
  readonly retention_days: number | null;
  readonly sweep_interval_s: number;
  readonly sweep_on_start: boolean;
  /** Sweeps that came to their end. */
  readonly sweep_count: number;
  /** When the last of them ended, seconds since the epoch. */
  readonly last_sweep_ts: number | null;
  readonly removed_cells: number;
  readonly removed_pheromones: number;
  readonly removed_narratives: number;
  /** Namespaces that could not be swept, each time counted. */
  readonly failures: number;
}

/**
 * Forgets what nobody confirmed for long: pheromones, narratives, and queries that were not used either, in every
 * namespace that is stored. Open ones forget through their own memory; others are read page by page, each while nobody
 * can open them. One sweep at a time; every step is small, and others have their turn after each.
 */
export class Retention {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;
  private stopped = false;
  private sweeps = 0;
  private lastSweptAt: number | null = null;
  private removed = NOTHING_REMOVED;
  private failures = 0;

  constructor(private readonly options: RetentionOptions) {}

  start(): void {
    const { sweepOnStart, intervalMs, notBefore, clock } = this.options;
    if (!this.mayBeSet || (!sweepOnStart && intervalMs === 0)) return;
    this.schedule(Math.max(sweepOnStart ? 0 : intervalMs, notBefore - clock.now()));
  }

  /** Ends after the step under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.sweeping;
  }

  /** Sweeps all namespaces, or joins the sweep under way. Failures are reported, never thrown. */
  sweep(): Promise<void> {
    this.sweeping ??= this.sweepAll().finally(() => {
      this.sweeping = undefined;
    });
    return this.sweeping;
  }

  report(): RetentionReport {
    const { days, intervalMs, sweepOnStart, isSetSomewhere } = this.options;
    return {
      retention_enabled: days !== undefined || isSetSomewhere?.() === true,
      retention_days: days ?? null,
      sweep_interval_s: intervalMs / 1000,
      sweep_on_start: sweepOnStart,
      sweep_count: this.sweeps,
      last_sweep_ts: this.lastSweptAt === null ? null : this.lastSweptAt / 1000,
      removed_cells: this.removed.cells,
      removed_pheromones: this.removed.pheromones,
      removed_narratives: this.removed.narratives,
      failures: this.failures,
    };
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(async () => {
      await this.sweep();
      if (!this.stopped && this.options.intervalMs > 0) this.schedule(this.options.intervalMs);
    }, delayMs);
    this.timer.unref();
  }

  private async sweepAll(): Promise<void> {
    const { store, clock, days, isSetSomewhere, notBefore, onSwept } = this.options;
    const now = clock.now();
    if (now < notBefore || (days === undefined && isSetSomewhere?.() !== true)) return;
    const failuresBefore = this.failures;
    const names = await this.attempt(null, () => store.namespaces());
    const pace = new Pace();
    for (const name of names ?? []) {
      if (this.stopped) return;
      if (pace.due()) await pace.rest();
      await this.attempt(name, () => this.sweepByItsDays(name, now));
    }
    onSwept(this.failures === failuresBefore ? 'done' : 'failed');
    if (names === undefined) return;
    this.sweeps += 1;
    this.lastSweptAt = Math.round(clock.now());
  }

  private get mayBeSet(): boolean {
    return this.options.days !== undefined || this.options.daysOf !== undefined;
  }

  private async sweepByItsDays(name: string, now: number): Promise<void> {
    const { days, daysOf } = this.options;
    const own = daysOf?.(name);
    const itsDays = own === undefined ? days : own;
    if (itsDays !== undefined && itsDays !== null)
      await this.sweepNamespace(name, { now, cutoff: now - itsDays * DAY_MS });
  }

  /** It may be opened and evicted meanwhile: each step asks anew which it is. */
  private async sweepNamespace(name: string, age: AgeLimit): Promise<void> {
    const { registry } = this.options;
    let cursor: number | null = 0;
    while (cursor !== null && !this.stopped) {
      const from: number = cursor;
      const open = registry.peek(name);
      if (open !== undefined) {
        const { removed, isOver } = await open.removeAged(age, RECORDS_PER_SLICE);
        this.count(removed, name);
        if (isOver) return;
      } else {
        await registry.whileAway(name, async () => {
          cursor = await this.sweepPageInTime(name, from, age);
        });
      }
      await nextTurn();
    }
  }

  /**
   * Answers where the next page begins; rejects where the store stalls, for ranking waits for the name. What was sent to
   * the store by then takes effect before whatever the namespace reads, and nothing is sent after it.
   */
  private async sweepPageInTime(name: string, cursor: number, age: AgeLimit): Promise<number | null> {
    const late = new AbortController();
    const page = this.sweepPage(name, cursor, age, late.signal);
    if (await withinTime(page, this.options.storageTimeoutMs)) return page;
    late.abort();
    throw new StorageError('io', 'the store did not answer in time');
  }

  private async sweepPage(
    name: string,
    cursor: number,
    age: AgeLimit,
    late: AbortSignal,
  ): Promise<number | null> {
    const { store } = this.options;
    const { rows, next } = await store.scan(name, cursor, ROWS_PER_PAGE);
    const { changes, removed } = await staleRows(rows, (cellId) => store.get(name, ...useKey(cellId)), age);
    if (late.aborted) return null;
    if (changes.length > 0) await store.commit(name, changes);
    this.count(removed, name);
    // A store that fails at this holds on to a file for a while longer, nothing else.
    if (next === null && !late.aborted) await store.release(name).catch(() => undefined);
    return next;
  }

  private count(removed: Removed, namespace: string): void {
    this.removed = addRemoved(this.removed, removed);
    this.options.onRemoved(removed, namespace);
  }

  private async attempt<Result>(
    name: string | null,
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      this.failures += 1;
      this.options.onFailure(name, error as Error);
      return undefined;
    }
  }
}
