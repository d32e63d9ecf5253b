import type { Clock } from '../base/clock.js';
import { withinTime } from '../base/within-time.js';
import { StorageError, type StorageFailure } from '../stores/store.js';

/** Wait before a failed load is tried again. */
const RELOAD_INTERVAL_MS = 1000;
/** Times that state which becomes another one while it is read is read anew, within one load. */
const MAX_READS = 3;
/** Failures of the disk, which may end by themselves; others wait for somebody to see to the files. */
const MENDS_ITSELF: ReadonlySet<StorageFailure> = new Set(['full', 'read-only', 'io']);

export interface StateLoadingOptions {
  readonly clock: Clock;
  /** Longest wait of whoever asks for a load; it goes on behind. */
  readonly timeoutMs: number;
  /**
   * Reads what is stored and takes it over, unless `isCurrent` says by then that it became another state. Rejects where
   * that fails.
   */
  readonly read: (isCurrent: () => boolean) => Promise<void>;
  readonly onFailure: (error: Error) => void;
}

/** Whether a namespace's stored state is here, and when to try for it: one load at a time, a second apart. */
export class StateLoading {
  private loaded = false;
  private ever = false;
  private current: Promise<void> | null = null;
  private lastAt = Number.NEGATIVE_INFINITY;
  private failure: StorageFailure | undefined;
  /** Goes up whenever what was read so far, or is being read, no longer holds. */
  private edition = 0;

  constructor(private readonly options: StateLoadingOptions) {}

  get isLoaded(): boolean {
    return this.loaded;
  }

  get wasEverLoaded(): boolean {
    return this.ever;
  }

  /** Whether the last load failed for a reason that may end by itself. */
  get mayMendItself(): boolean {
    return this.failure !== undefined && MENDS_ITSELF.has(this.failure);
  }

  /** Reads the state anew: what was read so far, or is being read, does not count. Never rejects, as `load`. */
  async again(): Promise<void> {
    this.loaded = false;
    this.edition += 1;
    this.lastAt = Number.NEGATIVE_INFINITY;
    await this.load();
  }

  /** Tries once, or joins the try under way; not where the last one was just now. Resolves within the time-out. */
  async load(): Promise<void> {
    const { clock, timeoutMs } = this.options;
    if (this.current === null && clock.now() - this.lastAt >= RELOAD_INTERVAL_MS) {
      this.lastAt = clock.now();
      this.current = this.readAll().finally(() => {
        this.current = null;
      });
    }
    if (this.current !== null) await withinTime(this.current, timeoutMs);
  }

  private async readAll(): Promise<void> {
    const { read, onFailure } = this.options;
    try {
      for (let reads = 0; reads < MAX_READS && !this.loaded; reads += 1) {
        const { edition } = this;
        const isCurrent = () => edition === this.edition;
        await read(isCurrent);
        this.loaded = isCurrent();
      }
      if (!this.loaded) throw new StorageError('io', 'the stored state changes while it is read');
      this.ever = true;
    } catch (error) {
      this.failure = error instanceof StorageError ? error.failure : undefined;
      onFailure(error as Error);
    }
  }
}
