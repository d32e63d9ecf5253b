import { validationError } from '../base/errors.js';
import type { NamespaceScorer, Scorer } from '../scorers/scorer.js';
import { TextCache } from '../scorers/text-cache.js';
import { type Change, type Row, StorageError } from '../stores/store.js';
import { DocumentFrequencies } from '../text/document-frequencies.js';
import { type AgeLimit, NOTHING_REMOVED, type Removed } from './age.js';
import { ImpressionBuffer } from './impression-buffer.js';
import { ImpressionLog } from './impression-log.js';
import { AdaptiveMemory, type MemoryState } from './memory.js';
import { NamespaceCaches } from './namespace-caches.js';
import type { NamespaceDependencies } from './namespace-dependencies.js';
import { figuresOf, type NamespaceFigures } from './namespace-figures.js';
import { QueryMemo } from './query-memo.js';
import { type CounterRecord, counterRow, type StateRecord, stateRow } from './records.js';
import type { EvictionReason, Resident } from './registry.js';
import { readRows } from './restore.js';
import { ShownVectors } from './shown-vectors.js';
import { StateLoading } from './state-loading.js';
import { StoredIds } from './stored-ids.js';
import { CHUNKS_PER_COMMIT, flushFrequencies, flushImpressions, flushPlainIds } from './write-behind.js';
import { WriteQueue } from './write-queue.js';

const TOUCHED_PER_FLUSH = 256; // Last-use rows written at one ordinary flush.
const EMPTY_BYTES = 32 * 2 ** 10; // What an open namespace takes before it holds anything.

/**
 * The live state of one namespace: its memory, learned frequencies, caches, and impressions on their way to the store.
 * Nothing here is shared with another namespace. Writes run one after the other; ranking reads without waiting.
 */
export class Namespace implements Resident {
  readonly texts: TextCache;
  readonly frequencies: DocumentFrequencies;
  readonly scorer: NamespaceScorer;
  readonly queries: QueryMemo;
  readonly impressions: ImpressionBuffer;
  memory: AdaptiveMemory;
  /** The keys of documents here, and what is stored under others. */
  readonly ids: StoredIds;
  readonly log: ImpressionLog;
  readonly shownVectors = new ShownVectors();
  readonly caches: NamespaceCaches;
  private closed = false;
  private readonly loading: StateLoading;
  private readonly writes = new WriteQueue();
  private counters: CounterRecord;
  private countersChanged = false;
  private pinned: number | null = null;
  private pinChanged = false;

  private constructor(
    readonly name: string,
    private readonly dependencies: NamespaceDependencies,
  ) {
    const { scorer, maxTextBytes, maxPairBytes, frozen, encoder, clock } = dependencies;
    this.texts = new TextCache({ maxBytes: maxTextBytes });
    this.frequencies = new DocumentFrequencies({ frozen, hashOf: (stem) => dependencies.hash.word(stem) });
    this.queries = new QueryMemo(encoder.dimension, dependencies.maxQueryBytes);
    const { texts, frequencies } = this;
    const queryVectors = this.queries.vectors;
    this.scorer = scorer.open({ namespace: name, texts, frequencies, queryVectors, maxPairBytes });
    this.caches = new NamespaceCaches(texts, this.queries, this.scorer);
    const { impressionMaxBytes, impressionMaxCount, impressionBudget } = dependencies;
    this.impressions = new ImpressionBuffer(impressionMaxBytes, impressionMaxCount, impressionBudget);
    this.memory = this.emptyMemory();
    this.ids = new StoredIds(dependencies.hash, dependencies.hashIds);
    this.log = new ImpressionLog(this.impressions, {
      namespace: name,
      store: dependencies.store,
      clock,
      shape: this.vectorShape,
      keys: this.ids.keys,
      onDamaged: () => dependencies.events.recordsDamaged(name, 1),
    });
    this.loading = new StateLoading({
      clock,
      timeoutMs: dependencies.storageTimeoutMs,
      read: (isCurrent) => this.readStored(isCurrent),
      onFailure: (error) => dependencies.events.storageFailed(name, 'load', error),
    });
    const now = clock.now();
    this.counters = { feedback_total: 0, request_total: 0, created_at: now, last_used_at: now };
  }

  /**
   * Opens a namespace and restores what the store has of it. A store that fails, or takes longer than the time-out,
   * leaves it without memory (base order, feedback refused) until a later try succeeds; never throws for that.
   */
  static async open(
    name: string,
    dependencies: NamespaceDependencies,
    onMade?: (namespace: Namespace) => void,
  ): Promise<Namespace> {
    const namespace = new Namespace(name, dependencies);
    onMade?.(namespace);
    await namespace.loading.load();
    return namespace;
  }

  /** Whether the stored state is here: false = base order, feedback refused. */
  get ready(): boolean {
    return this.loading.isLoaded;
  }

  /** The scorer that namespaces share: its name, and what its scores mean. */
  get scorerKind(): Pick<Scorer, 'name' | 'scale'> {
    return this.dependencies.scorer;
  }

  get figures(): NamespaceFigures {
    return figuresOf(this.memory, this.impressions.size, this.counters);
  }

  /** Dimension of the vectors callers send here; null before the first. */
  get pinnedDimension(): number | null {
    return this.pinned;
  }

  get cacheBytes(): number {
    return this.caches.bytes;
  }

  get bytes(): number {
    const { memory, frequencies, impressions, shownVectors } = this;
    return EMPTY_BYTES + memory.bytes + frequencies.bytes + impressions.bytes + shownVectors.bytes;
  }

  private get vectorShape() {
    const { encoder } = this.dependencies;
    return { encoder: `${encoder.name}@${encoder.version}`, dimension: encoder.dimension };
  }

  private emptyMemory(): AdaptiveMemory {
    const { openIndex, memory } = this.dependencies;
    const { encoder, dimension } = this.vectorShape;
    return new AdaptiveMemory(encoder, dimension, memory, openIndex(dimension));
  }

  /**
   * Forgets what was read from the store, because the store may hold something else by now: base order, feedback
   * refused, until it is read again.
   */
  invalidate(): void {
    this.memory = this.emptyMemory();
    this.queries.clear();
    void this.loading.again();
  }

  /** Tries once more to restore the state, if it is not here and the last try is a while ago. Does not wait. */
  reload(): void {
    if (!this.ready) void this.loading.load();
  }

  /**
   * What maintenance does for it: an ordinary flush. Of state that is not here there is nothing to write but impressions:
   * where they wait for a disk that may mend itself, the state is asked for again, which is no failure of the flush; all
   * else is left to the next use.
   */
  async maintain(): Promise<void> {
    if (this.ready) await this.flush(false);
    else if (this.impressions.size > 0 && this.loading.mayMendItself) this.reload();
  }

  private async readStored(isCurrent: () => boolean): Promise<void> {
    const { store, events } = this.dependencies;
    const rows = await store.load(this.name);
    this.assertHashKey();
    const stored = await readRows(rows, this.vectorShape);
    await this.ids.adopt(stored);
    if (!isCurrent()) return;
    // What was learned since the first time is newer than what is stored.
    const damagedChunks = this.loading.wasEverLoaded ? [] : this.frequencies.restore(stored.frequencies);
    const damaged = stored.damaged + damagedChunks.length;
    if (damaged > 0) events.recordsDamaged(this.name, damaged);
    this.memory = this.emptyMemory();
    this.queries.clear();
    this.memory.restore({ ...stored, state: stored.state && this.adopt(stored.state) });
    this.counters = stored.counters ?? this.counters;
    this.adoptPin(stored.state?.pinnedDimension ?? null);
  }

  /** What is learned under a key made for the moment would never be found again. */
  private assertHashKey(): void {
    if (!this.dependencies.installHash())
      throw new StorageError('io', 'the hash key can neither be read nor kept');
  }

  /** What was stored came first, whatever was sent before it could be read. */
  private adoptPin(stored: number | null): void {
    if (stored === null) return;
    this.pinned = stored;
    this.pinChanged = false;
  }

  private adopt(state: StateRecord): MemoryState {
    const { hash, scorer, events } = this.dependencies;
    if (state.hashKey !== hash.fingerprint) events.hashKeyChanged(this.name);
    const sameScorer = state.scorer === scorer.revision;
    const wide = sameScorer ? state.wide : { ...state.wide, narrativeWindow: '', pheromoneWindow: '' };
    return { beta: state.beta, feedbacks: state.feedbacks, wide };
  }

  /** Refuses vectors of a dimension other than the first one that was recorded here. */
  checkDimension(dimension: number, loc: readonly (string | number)[], expected = this.pinned): void {
    if (expected === null || expected === dimension) return;
    const msg = `vectors of this namespace have ${expected} dimensions, not ${dimension}`;
    throw validationError([{ loc: [...loc, 'query_embedding'], msg, type: 'value_error' }]);
  }

  /** Notes an answered request: an impression, and the dimension if it is the first. Written behind. */
  record(row: Row, dimension: number | null): void {
    this.impressions.add(row);
    if (dimension !== null && this.pinned === null) {
      this.pinned = dimension;
      this.pinChanged = true;
    }
  }

  /** Counts a request that may leave traces. */
  countRequest(): void {
    this.counters = {
      ...this.counters,
      request_total: this.counters.request_total + 1,
      last_used_at: this.dependencies.clock.now(),
    };
    this.countersChanged = true;
  }

  /** A row of a kind that is looked up one by one, unless it has expired. Rejects with `StorageError`. */
  async lookUp(kind: 'used' | 'allowance', key: string): Promise<Row | null> {
    const row = await this.dependencies.store.get(this.name, kind, key);
    return row === undefined || (row.expiresAt ?? 0) <= this.dependencies.clock.now() ? null : row;
  }

  /** Whether so many writes wait for a slow disk that no more should join them. */
  get congested(): boolean {
    return this.writes.congested;
  }

  /** Runs `work` after all earlier writes of this namespace and before all later ones. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.writes.run(work);
  }

  /**
   * Writes a feedback in one transaction: what was learned, its used id, the state row and the counters; memory changes
   * once it is on disk. Call within `exclusive`. Rejects with `StorageError`, having changed nothing.
   */
  async commitFeedback(
    learned: { changes: readonly Change[]; state: MemoryState; apply(): void },
    marks: readonly Row[],
  ) {
    const counters = { ...this.counters, feedback_total: this.counters.feedback_total + 1 };
    const { pinned } = this;
    const puts = [this.stateRow(learned.state), counterRow(counters), ...marks].map((put) => ({ put }));
    await this.commitChanges([...learned.changes, ...puts], () => {
      learned.apply();
      this.counters = { ...this.counters, feedback_total: counters.feedback_total };
      if (this.pinned === pinned) this.pinChanged = false;
    });
  }

  /**
   * Writes changes of the memory in one transaction, then makes them so in memory. Rejects with `StorageError`, also once
   * closed: all of it may have been erased since.
   */
  private async commitChanges(changes: readonly Change[], apply: () => void): Promise<void> {
    if (this.closed) throw new StorageError('closed', 'the namespace has left memory');
    this.assertLoaded();
    const { memory } = this;
    try {
      await this.dependencies.store.commit(this.name, changes);
    } catch (error) {
      // The answer may have been lost after the write: only the store knows.
      if (error instanceof StorageError && error.failure === 'io') await this.loading.again();
      throw error;
    }
    if (this.memory !== memory || !this.ready) {
      // The state was read anew meanwhile, perhaps without this.
      await this.loading.again();
      return;
    }
    apply();
  }

  /**
   * Forgets up to `limit` records that are too old, in one transaction with the store. Answers what that was, and whether
   * nothing more is; a namespace that was closed meanwhile changes nothing and is not over. Rejects with `StorageError`.
   */
  async removeAged(age: AgeLimit, limit: number): Promise<{ removed: Removed; isOver: boolean }> {
    await this.ensureLoaded();
    return this.exclusive(async () => {
      if (this.closed) return { removed: NOTHING_REMOVED, isOver: false };
      const { changes, state, removed, isOver, apply } = this.memory.prepareRemoval(age, limit);
      const puts = state === this.memory.snapshot ? [] : [{ put: this.stateRow(state) }];
      if (changes.length + puts.length > 0) await this.commitChanges([...changes, ...puts], apply);
      return { removed, isOver };
    });
  }

  private stateRow(state: MemoryState): Row {
    const { hash, scorer } = this.dependencies;
    return stateRow({
      ...state,
      encoder: this.vectorShape.encoder,
      scorer: scorer.revision,
      hashKey: hash.fingerprint,
      pinnedDimension: this.pinned,
      ...(this.ids.keys.hashed ? { hashedIds: true } : {}),
    });
  }

  /** Forgets all that was hashed under another key and is not written yet. */
  forgetHashes(): void {
    this.caches.clear();
    this.shownVectors.clear();
    this.impressions.clear();
    this.ids.keys.clear();
    if (this.ids.keys.hashed) this.invalidate();
  }

  trimCaches(bytes: number): void {
    this.caches.trim(bytes);
  }

  /**
   * Writes what is written behind. Bounded work at an ordinary flush; `everything` at eviction and shutdown. Rejects with
   * `StorageError`; what could not be written stays.
   */
  async flush(everything = true): Promise<void> {
    if (!this.ready) await this.loading.load();
    if (!this.loading.wasEverLoaded && this.impressions.size === 0) return; // Nothing of it is unwritten.
    this.assertLoaded();
    await this.exclusive(async () => {
      if (this.closed) return;
      this.assertLoaded();
      const { store } = this.dependencies;
      if (this.ids.isUnmarked(this.impressions.size)) {
        await store.commit(this.name, [{ put: this.stateRow(this.memory.snapshot) }]);
        this.ids.marked = true;
      }
      await flushImpressions(this.name, this.impressions, store);
      this.assertLoaded();
      await flushPlainIds(this.name, this.ids, this.memory, store, everything);
      const chunks = everything ? Number.POSITIVE_INFINITY : CHUNKS_PER_COMMIT;
      await flushFrequencies(this.name, this.frequencies, store, chunks);
      await this.flushUse(everything ? Number.POSITIVE_INFINITY : TOUCHED_PER_FLUSH);
    });
  }

  private async ensureLoaded(): Promise<void> {
    if (!this.ready) await this.loading.load();
    this.assertLoaded();
  }

  /** To be asked without a wait before a write: of a memory that is not read (again) yet, it would replace what is stored. */
  private assertLoaded(): void {
    if (!this.ready) throw new StorageError('io', 'the state of the namespace is not loaded');
  }

  private async flushUse(limit: number): Promise<void> {
    this.assertLoaded();
    const touched = this.memory.cells.takeTouched(limit);
    const { countersChanged, pinChanged } = this;
    const rows = [...touched];
    if (countersChanged) rows.push(counterRow(this.counters));
    if (pinChanged) rows.push(this.stateRow(this.memory.snapshot));
    if (rows.length === 0) return;
    this.countersChanged = false;
    this.pinChanged = false;
    try {
      await this.dependencies.store.commit(
        this.name,
        rows.map((put) => ({ put })),
      );
    } catch (error) {
      this.memory.cells.touchAgain(touched);
      this.countersChanged ||= countersChanged;
      this.pinChanged ||= pinChanged;
      throw error;
    }
  }

  /**
   * Ends the namespace's life in memory, once writes under way have ended. Called with nobody inside, after `flush`
   * unless its state is being dropped.
   */
  async close(reason: EvictionReason): Promise<void> {
    this.closed = true;
    await this.writes.idle();
    this.impressions.clear();
    const { store, events } = this.dependencies;
    if (reason === 'shutdown') return;
    if (!store.durable) {
      await store.drop(this.name);
      events.stateDropped(this.name);
    } else if (reason !== 'dropped') await store.release(this.name).catch(() => undefined); // It only holds on to a file.
  }
}
