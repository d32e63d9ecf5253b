import type { AutoRaise } from './auto-raise.js';
import { mapBounded } from './bounded-map.js';
import type { ManagementOptions } from './management-options.js';
import type { AdminCall } from './namespace-admin.js';
import type { Purger } from './purger.js';

/** Longest time between two sweeps; what is due before is swept then. */
const INTERVAL_MS = 60_000;
/** Shortest, so that a purge that fails at once does not keep the disk busy. */
const PAUSE_MS = 1000;
/** Expired answers removed by one call. */
const ROWS_PER_SWEEP = 1000;
/** Purges at the same time: those whose requests take their time do not hold up the others. */
const PURGES_AT_ONCE = 16;
const BY_US: AdminCall = { actor: 'system', requestId: '' };

type Parts = Pick<ManagementOptions, 'catalog' | 'clock' | 'events'> & {
  readonly purger: Purger;
  readonly autoRaise: AutoRaise;
};

/**
 * What is done without being asked: purges that were cut short go on, those whose grace is over begin, limits raise
 * themselves, expired answers go. The first sweep is at the start. Failures are reported, and tried again with the next.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private wakesAt = Number.POSITIVE_INFINITY;
  private sweeping: Promise<void> | undefined;
  private isRunning = false;
  private isStopped = false;

  constructor(private readonly parts: Parts) {}

  start(): void {
    this.isRunning = true;
    this.schedule(0);
  }

  /** Begins nothing more; ends after the purge that is erasing. */
  async stop(): Promise<void> {
    this.isRunning = false;
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.parts.purger.stop();
    await this.sweeping;
    await this.parts.autoRaise.idle();
  }

  /** Something is due at this time, perhaps before the next sweep. */
  wake(at: number): void {
    if (!this.isRunning || this.sweeping !== undefined) return;
    const { clock } = this.parts;
    if (at < this.wakesAt) this.schedule(Math.max(PAUSE_MS, at - clock.now()));
  }

  /** One sweep, or the one under way. */
  sweep(): Promise<void> {
    this.sweeping ??= this.sweepAll().finally(() => {
      this.sweeping = undefined;
    });
    return this.sweeping;
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    const wait = Math.min(delayMs, INTERVAL_MS);
    this.wakesAt = this.parts.clock.now() + wait;
    this.timer = setTimeout(async () => {
      await this.sweep();
      if (this.isRunning) this.schedule(Math.max(PAUSE_MS, this.nextDue() - this.parts.clock.now()));
    }, wait);
    this.timer.unref();
  }

  private async sweepAll(): Promise<void> {
    const { catalog, purger, autoRaise } = this.parts;
    if (!catalog.isCurrent && !(await this.attempt('sweep', null, () => catalog.reload()))) return;
    const due = catalog.records().filter((record) => purger.isDue(record));
    await mapBounded(due, PURGES_AT_ONCE, async ({ id }) => {
      if (!this.isStopped) await this.attempt('purge', id, () => purger.purgeDue(id, BY_US));
    });
    if (this.isStopped) return;
    await this.attempt('sweep', null, () => purger.finishCompaction());
    await this.attempt('sweep', null, () => this.sweepAnswers());
    await autoRaise.lookAtAll();
  }

  private async sweepAnswers(): Promise<void> {
    while (await this.parts.catalog.sweep(ROWS_PER_SWEEP));
  }

  /** When the next grace ends; Infinity = nothing waits. Costs a look at every record. */
  private nextDue(): number {
    const { catalog } = this.parts;
    if (!catalog.isLoaded) return Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const { id, status, deletion } of catalog.records())
      if (status === 'pending_deletion' && catalog.descendantsOf(id).length === 0)
        next = Math.min(next, deletion?.purge_at ?? 0);
    return next;
  }

  private async attempt(
    what: 'purge' | 'sweep',
    namespace: string | null,
    work: () => Promise<unknown>,
  ): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.parts.events?.failed?.(what, namespace, error);
      return false;
    }
  }
}
