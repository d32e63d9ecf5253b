import { type Change, type Kind, type Row, StorageError, type Store } from '../stores/store.js';
import type { DocumentFrequencies } from '../text/document-frequencies.js';
import { type AgeLimit, NOTHING_REMOVED, type Removed } from './age.js';
import type { NamespaceCounters } from './counters.js';
import type { ImpressionBuffer } from './impression-buffer.js';
import type { AdaptiveMemory, MemoryState, PreparedFeedback } from './memory.js';
import type { PinnedDimension } from './pinned-dimension.js';
import { counterRow } from './records.js';
import type { StateLoading } from './state-loading.js';
import type { Stock } from './stock.js';
import { StockUse } from './stock-use.js';
import type { StoredIds } from './stored-ids.js';
import { type UnwrittenBudget, UnwrittenFeedback } from './unwritten-feedback.js';
import { CHUNKS_PER_COMMIT, flushFrequencies, flushImpressions, flushPlainIds } from './write-behind.js';
import { WriteQueue } from './write-queue.js';

/** Last-use rows written at one ordinary flush. */
const TOUCHED_PER_FLUSH = 256;

/** What is written of a namespace. */
export interface WrittenNamespace {
  readonly name: string;
  readonly memory: AdaptiveMemory;
  readonly loading: StateLoading;
  readonly frequencies: DocumentFrequencies;
  readonly impressions: ImpressionBuffer;
  readonly ids: StoredIds;
  readonly counters: NamespaceCounters;
  readonly pin: PinnedDimension;
  /** Whether a feedback may be acknowledged before it is written. */
  readonly isRelaxed: boolean;
  stateRow(state: MemoryState): Row;
}

export interface WritesOptions {
  readonly store: Store;
  readonly stock: Stock;
  readonly unwrittenBudget: UnwrittenBudget;
}

/** All that is written of one namespace, one after the other; nothing once it is closed. */
export class NamespaceWrites {
  readonly stock: StockUse;
  /** Set once; what is under way ends, without a commit that would begin after it. */
  private closed = false;
  private readonly queue = new WriteQueue();
  private readonly unwritten: UnwrittenFeedback;
  private readonly store: Store;

  constructor(
    private readonly of: WrittenNamespace,
    { store, stock, unwrittenBudget }: WritesOptions,
  ) {
    this.store = store;
    this.unwritten = new UnwrittenFeedback(unwrittenBudget);
    this.stock = new StockUse(of.name, stock, store, () => ({
      cells: of.memory.size,
      waitingBytes: this.unwritten.bytes + of.impressions.bytes,
    }));
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Whether so many writes wait for a slow disk that no more should join them. */
  get congested(): boolean {
    return this.queue.congested;
  }

  /** Bytes of feedback that waits to be written. */
  get waitingBytes(): number {
    return this.unwritten.bytes;
  }

  /** A row of feedback that waits to be written; see `UnwrittenFeedback.find`. */
  findWaiting(kind: Kind, key: string): Row | null | undefined {
    return this.unwritten.find(kind, key);
  }

  /** Feedback that waits does not count any more. Answers how much that was. */
  forgetWaiting(): number {
    return this.unwritten.clear();
  }

  /**
   * Runs `work` after all earlier writes and before all later ones. Rejects with `StorageError` (`closed`) where the
   * namespace is closed by then.
   */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.queue.run(async () => {
      this.assertOpen();
      return work();
    });
  }

  /** See `Namespace.commitFeedback`. */
  async commitFeedback(learned: PreparedFeedback, marks: readonly Row[]): Promise<void> {
    const { memory } = this.of;
    const storedBytes = marks.reduce((sum, { value }) => sum + value.length, learned.addedBytes);
    const release = await this.stock.take({ cells: Math.max(0, learned.addedCells), storedBytes });
    try {
      if (this.of.memory !== memory) throw new StorageError('io', 'the state of the namespace was read anew');
      await this.learn(learned, marks);
    } finally {
      release();
    }
  }

  private async learn(learned: PreparedFeedback, marks: readonly Row[]): Promise<void> {
    const { pin, counters, isRelaxed } = this.of;
    const pinned = pin.value;
    const rows = [this.of.stateRow(learned.state), counterRow(counters.withFeedback), ...marks];
    const changes = [...learned.changes, ...rows.map((put) => ({ put }))];
    const apply = (): void => {
      learned.apply();
      counters.feedback();
      if (pin.value === pinned) pin.isChanged = false;
    };
    if (!isRelaxed || this.unwritten.isFull) return this.commitChanges(changes, apply);
    this.assertLoaded();
    this.unwritten.add(changes);
    apply();
  }

  /** Writes changes of the memory in one transaction, then makes them so in memory. Rejects with `StorageError`. */
  private async commitChanges(changes: readonly Change[], apply: () => void): Promise<void> {
    await this.writeWaiting();
    this.assertLoaded();
    const { memory, loading } = this.of;
    try {
      await this.store.commit(this.of.name, changes);
    } catch (error) {
      // The answer may have been lost after the write: only the store knows.
      if (error instanceof StorageError && error.failure === 'io') await loading.again();
      throw error;
    }
    if (this.of.memory !== memory || !loading.isLoaded) {
      // The state was read anew meanwhile, perhaps without this.
      await loading.again();
      return;
    }
    apply();
  }

  /** Writes the feedback that waits, in one transaction. Rejects with `StorageError`; then it waits on. */
  private async writeWaiting(): Promise<void> {
    if (this.unwritten.isEmpty) return;
    this.assertLoaded();
    const { memory, loading } = this.of;
    await this.store.commit(this.of.name, this.unwritten.changes());
    // Who let go of the state meanwhile has told what was lost of it; whether this came through the store knows.
    if (this.of.memory === memory && loading.isLoaded) this.unwritten.clear();
    else await loading.again();
  }

  /**
   * Forgets up to `limit` records that are too old, in one transaction with the store. Answers what that was, and whether
   * nothing more is; a namespace that was closed meanwhile changes nothing and is not over. Rejects with `StorageError`.
   */
  removeAged(age: AgeLimit, limit: number): Promise<{ removed: Removed; isOver: boolean }> {
    return this.queue.run(async () => {
      if (this.closed) return { removed: NOTHING_REMOVED, isOver: false };
      const { memory } = this.of;
      const { changes, state, removed, isOver, apply } = memory.prepareRemoval(age, limit);
      const puts = state === memory.snapshot ? [] : [{ put: this.of.stateRow(state) }];
      if (changes.length + puts.length > 0) await this.commitChanges([...changes, ...puts], apply);
      return { removed, isOver };
    });
  }

  /** Writes what is written behind, of a state that is loaded; see `Namespace.flush`. */
  flush(everything: boolean): Promise<void> {
    return this.queue.run(async () => {
      if (this.closed) return;
      const { name, ids, impressions, memory, frequencies } = this.of;
      if (!(await this.stock.mayWrite())) impressions.clear();
      await this.writeWaiting();
      this.assertLoaded();
      if (ids.isUnmarked(impressions.size)) {
        await this.store.commit(name, [{ put: this.of.stateRow(memory.snapshot) }]);
        ids.marked = true;
      }
      await flushImpressions(name, impressions, this.store);
      this.assertLoaded();
      await flushPlainIds(name, ids, this.of.memory, this.store, everything);
      const chunks = everything ? Number.POSITIVE_INFINITY : CHUNKS_PER_COMMIT;
      // Without room they wait for some.
      if (!this.stock.isFull) await flushFrequencies(name, frequencies, this.store, chunks);
      await this.flushUse(everything ? Number.POSITIVE_INFINITY : TOUCHED_PER_FLUSH);
    });
  }

  private async flushUse(limit: number): Promise<void> {
    this.assertLoaded();
    const { name, memory, counters, pin } = this.of;
    const touched = memory.cells.takeTouched(limit);
    const areCountersChanged = counters.take();
    const isPinChanged = pin.isChanged;
    const rows = [...touched];
    if (areCountersChanged) rows.push(counterRow(counters.now));
    if (isPinChanged) rows.push(this.of.stateRow(memory.snapshot));
    if (rows.length === 0) return;
    pin.isChanged = false;
    try {
      await this.store.commit(
        name,
        rows.map((put) => ({ put })),
      );
    } catch (error) {
      memory.cells.touchAgain(touched);
      if (areCountersChanged) counters.putBack();
      pin.isChanged ||= isPinChanged;
      throw error;
    }
  }

  /** Begins nothing any more; resolves once what is under way has ended. */
  async close(): Promise<void> {
    this.closed = true;
    await this.queue.idle();
    this.unwritten.clear();
  }

  /**
   * To be asked without a wait before a write: of a memory that is not read (again) yet, it would replace what is stored, and
   * of a namespace that is closed nothing may come to be.
   */
  assertLoaded(): void {
    this.assertOpen();
    if (!this.of.loading.isLoaded) throw new StorageError('io', 'the state of the namespace is not loaded');
  }

  private assertOpen(): void {
    if (this.closed) throw new StorageError('closed', 'the namespace was closed');
  }
}
