import type { Clock } from '../base/clock.js';
import type { Store } from '../stores/store.js';
import { keepFamiliesWithin, type MemoryStock } from './memory-families.js';
import type { Namespace } from './namespace.js';
import { reconfigure } from './reconfigure.js';
import type { NamespaceRegistry } from './registry.js';

/** Expired rows removed by one call of the store, and the time between two rounds of removing. */
const ROWS_PER_SWEEP = 1000;
const SWEEP_INTERVAL_MS = 60_000;

export interface MaintenanceOptions {
  readonly registry: NamespaceRegistry<Namespace>;
  readonly store: Store;
  readonly clock: Clock;
  /** Time between two rounds. */
  readonly intervalMs: number;
  /** Runs at the start of each round: what else wants to be tried again. */
  readonly retry: () => void;
  /** Told what families take that have a quota of memory; absent: none has. */
  readonly stock?: MemoryStock;
  readonly onFailure: (operation: Operation, error: Error) => void;
}

export type Operation = 'retry' | 'flush' | 'sweep' | 'evict' | 'reconfigure' | 'trim';

/**
 * What happens behind the requests, one round after the other: what is unwritten is written, idle and surplus namespaces
 * are evicted, expired rows are removed.
 */
export class Maintenance {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private sweptAt: number;
  private stopped = false;

  constructor(private readonly options: MaintenanceOptions) {
    this.sweptAt = options.clock.now();
  }

  start(): void {
    this.schedule();
  }

  /** Ends after the round under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.round;
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.round = this.run().finally(() => this.schedule());
    }, this.options.intervalMs);
    this.timer.unref();
  }

  /** One round; failures are reported, never thrown. */
  async run(): Promise<void> {
    const { registry, retry, store, stock, onFailure } = this.options;
    await this.attempt('retry', async () => retry());
    await this.attempt('reconfigure', async () => reconfigure(registry, store, onFailure));
    for (const name of registry.names()) {
      await this.attempt('flush', async () => registry.peek(name)?.maintain());
    }
    await this.attempt('evict', () => registry.maintain());
    if (stock !== undefined) await this.attempt('trim', () => keepFamiliesWithin(registry, stock));
    await this.attempt('sweep', () => this.sweep());
  }

  private async sweep(): Promise<void> {
    const { store, clock } = this.options;
    const now = clock.now();
    // A sweep also finds out whether a disk that failed works again.
    if (store.health().detail === undefined && now - this.sweptAt < SWEEP_INTERVAL_MS) return;
    this.sweptAt = now;
    while ((await store.sweep(now, ROWS_PER_SWEEP)).more);
  }

  private async attempt(operation: Operation, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.options.onFailure(operation, error as Error);
    }
  }
}
