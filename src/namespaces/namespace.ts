import type { NamespaceScorer, Scorer } from '../scorers/scorer.js';
import type { LentScorer } from '../scorers/scorer-pool.js';
import type { TextCache } from '../scorers/text-cache.js';
import { type Row, StorageError } from '../stores/store.js';
import { DocumentFrequencies } from '../text/document-frequencies.js';
import type { AgeLimit, Removed } from './age.js';
import { NamespaceCounters } from './counters.js';
import { ImpressionBuffer } from './impression-buffer.js';
import { ImpressionLog } from './impression-log.js';
import { AdaptiveMemory, type MemoryState, type PreparedFeedback } from './memory.js';
import type { NamespaceCaches } from './namespace-caches.js';
import type { NamespaceDependencies } from './namespace-dependencies.js';
import { figuresOf, type NamespaceFigures } from './namespace-figures.js';
import { type NamespacePolicies, NO_POLICIES } from './namespace-policies.js';
import { NamespaceWrites, type WrittenNamespace } from './namespace-writes.js';
import { PinnedDimension } from './pinned-dimension.js';
import type { QueryMemo } from './query-memo.js';
import { type StateRecord, stateRow } from './records.js';
import type { EvictionReason, Resident } from './registry.js';
import { readRows } from './restore.js';
import { ShownVectors } from './shown-vectors.js';
import { StateLoading } from './state-loading.js';
import { StoredIds } from './stored-ids.js';
import { Workbenches } from './workbench.js';

/** What an open namespace takes before it holds anything. */
const EMPTY_BYTES = 32 * 2 ** 10;

/**
 * The live state of one namespace: its memory, learned frequencies, caches, and impressions on their way to the store.
 * Nothing here is shared with another namespace. Writes run one after the other; ranking reads without waiting.
 */
export class Namespace implements Resident {
  readonly frequencies: DocumentFrequencies;
  readonly impressions: ImpressionBuffer;
  memory: AdaptiveMemory;
  /** The keys of documents here, and what is stored under others. */
  readonly ids: StoredIds;
  readonly log: ImpressionLog;
  readonly shownVectors: ShownVectors;
  private held: NamespacePolicies = NO_POLICIES;
  private readonly benches: Workbenches;
  private readonly pin = new PinnedDimension();
  private readonly counters: NamespaceCounters;
  private readonly loading: StateLoading;
  private readonly writes: NamespaceWrites;

  private constructor(
    readonly name: string,
    private readonly dependencies: NamespaceDependencies,
    private readonly lent: LentScorer,
  ) {
    const { store, frozen, encoder, clock, hash, storageTimeoutMs } = dependencies;
    this.shownVectors = new ShownVectors();
    this.frequencies = new DocumentFrequencies({ frozen, hashOf: (stem) => hash.word(stem) });
    this.benches = new Workbenches({
      ...dependencies,
      namespace: name,
      scorer: lent.scorer,
      frequencies: this.frequencies,
      dimension: encoder.dimension,
      cacheTtlMs: () => this.held.cacheTtlMs,
    });
    const { impressionMaxBytes, impressionMaxCount, impressionBudget } = dependencies;
    this.impressions = new ImpressionBuffer(impressionMaxBytes, impressionMaxCount, impressionBudget);
    this.memory = this.emptyMemory();
    this.ids = new StoredIds(hash, dependencies.hashIds);
    this.log = new ImpressionLog(this.impressions, {
      namespace: name,
      store,
      clock,
      shape: this.vectorShape,
      keys: this.ids.keys,
      onDamaged: () => dependencies.events.recordsDamaged(name, 1),
    });
    this.loading = new StateLoading({
      clock,
      timeoutMs: storageTimeoutMs,
      read: (isCurrent) => this.readStored(isCurrent),
      onFailure: (error) => dependencies.events.storageFailed(name, 'load', error),
    });
    this.counters = new NamespaceCounters(clock.now());
    this.writes = new NamespaceWrites(this.written(), dependencies);
  }

  /** What its writes see of it. */
  private written(): WrittenNamespace {
    const { name, loading, frequencies, impressions, ids, counters, pin } = this;
    const namespace = this;
    return {
      ...{ name, loading, frequencies, impressions, ids, counters, pin },
      get memory() {
        return namespace.memory;
      },
      get isRelaxed() {
        return namespace.held.consistency === 'relaxed';
      },
      stateRow: (state) => this.stateRow(state),
    };
  }

  /**
   * Opens a namespace and restores what the store has of it. A store that fails, or takes longer than the time-out,
   * leaves it without memory (base order, feedback refused) until a later try succeeds; never throws for that. Rejects with
   * `AppError` where it has no scorer, or its policies are not known.
   */
  static async open(
    name: string,
    dependencies: NamespaceDependencies,
    onMade?: (namespace: Namespace) => void,
  ): Promise<Namespace> {
    const lent = await dependencies.lendScorer(name);
    try {
      const namespace = new Namespace(name, dependencies, lent);
      onMade?.(namespace);
      namespace.adoptPolicies();
      await namespace.loading.load();
      return namespace;
    } catch (error) {
      lent.giveBack();
      throw error;
    }
  }

  /** Whether the stored state is here: false = base order, feedback refused. */
  get ready(): boolean {
    return this.loading.isLoaded;
  }

  /** The scorer that namespaces share: its name, and what its scores mean. */
  get scorerKind(): Pick<Scorer, 'name' | 'scale'> {
    return this.lent.scorer;
  }

  /** Whether it is to be opened anew, for its policies name another scorer now. */
  get isOutdated(): boolean {
    return !this.lent.isCurrent();
  }

  /** Longest that a request waits for models; undefined = as the settings say. */
  get waitMs(): number | undefined {
    return this.lent.waitMs;
  }

  /** As they were when the last use began. */
  get policies(): NamespacePolicies {
    return this.held;
  }

  get texts(): TextCache {
    return this.benches.current.texts;
  }

  get queries(): QueryMemo {
    return this.benches.current.queries;
  }

  get scorer(): NamespaceScorer {
    return this.benches.current.scorer;
  }

  get caches(): NamespaceCaches {
    return this.benches.current.caches;
  }

  /** Whether queries may leave traces: a quota that is used up allows none. */
  get mayLearn(): boolean {
    return !this.writes.stock.isFull;
  }

  get figures(): NamespaceFigures {
    return figuresOf(this.memory, this.impressions.size, this.counters.now);
  }

  /** Dimension of the vectors callers send here; null before the first. */
  get pinnedDimension(): number | null {
    return this.pin.value;
  }

  get cacheBytes(): number {
    return this.caches.bytes;
  }

  get bytes(): number {
    const held = this.memory.bytes + this.frequencies.bytes + this.impressions.bytes;
    return EMPTY_BYTES + held + this.shownVectors.bytes + this.writes.waitingBytes;
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
    const lost = this.writes.forgetWaiting();
    if (lost > 0) this.dependencies.events.feedbackLost(this.name, lost);
    this.memory = this.emptyMemory();
    this.queries.clear();
    void this.loading.again();
  }

  /**
   * To be called when a use begins: goes by the policies as they are now, and, if its state is not here and the last try is a
   * while ago, tries once more to restore it. Does not wait.
   */
  attend(): void {
    this.adoptPolicies();
    this.reload();
  }

  /** Goes by the policies as they are now. */
  adoptPolicies(): void {
    const policies = this.dependencies.policiesOf(this.name);
    if (policies !== this.held) {
      this.held = policies;
      this.benches.use(policies.cacheEnabled !== false);
    }
  }

  private reload(): void {
    if (!this.ready && !this.writes.isClosed) void this.loading.load();
  }

  /**
   * What maintenance does for it: an ordinary flush. Of state that is not here there is nothing to write but impressions:
   * where they wait for a disk that may mend itself, the state is asked for again, which is no failure of the flush; all
   * else is left to the next use.
   */
  async maintain(): Promise<void> {
    if (this.ready) {
      await this.flush(false);
      await this.writes.stock.tell();
    } else if (this.impressions.size > 0 && this.loading.mayMendItself) this.reload();
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
    if (stored.counters !== null) this.counters.restore(stored.counters);
    this.pin.adopt(stored.state?.pinnedDimension ?? null);
  }

  /** What is learned under a key made for the moment would never be found again. */
  private assertHashKey(): void {
    if (!this.dependencies.installHash())
      throw new StorageError('io', 'the hash key can neither be read nor kept');
  }

  private adopt(state: StateRecord): MemoryState {
    const { hash, events } = this.dependencies;
    if (state.hashKey !== hash.fingerprint) events.hashKeyChanged(this.name);
    const sameScorer = state.scorer === this.lent.scorer.revision;
    const wide = sameScorer ? state.wide : { ...state.wide, narrativeWindow: '', pheromoneWindow: '' };
    return { beta: state.beta, feedbacks: state.feedbacks, wide };
  }

  /** Refuses vectors of a dimension other than the first one that was recorded here. */
  checkDimension(dimension: number, loc: readonly (string | number)[], expected = this.pin.value): void {
    this.pin.check(dimension, loc, expected);
  }

  /**
   * Notes an answered request: an impression, the dimension if it is the first, and that there was one. Written behind; one
   * that is closed notes nothing more.
   */
  record(row: Row, dimension: number | null): void {
    if (this.writes.isClosed) return;
    this.impressions.add(row);
    if (dimension !== null) this.pin.record(dimension);
    this.counters.query(this.dependencies.clock.now());
  }

  /** A row of a kind that is looked up one by one, unless it has expired. Rejects with `StorageError`. */
  async lookUp(kind: 'used' | 'allowance', key: string): Promise<Row | null> {
    const waiting = this.writes.findWaiting(kind, key);
    const row = waiting ?? (await this.dependencies.store.get(this.name, kind, key));
    return row === undefined || (row.expiresAt ?? 0) <= this.dependencies.clock.now() ? null : row;
  }

  /** Whether so many writes wait for a slow disk that no more should join them. */
  get congested(): boolean {
    return this.writes.congested;
  }

  /**
   * Runs `work` after all earlier writes of this namespace and before all later ones. Rejects with `StorageError` (`closed`)
   * where the namespace is closed by then.
   */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.writes.exclusive(work);
  }

  /**
   * Writes a feedback in one transaction: what was learned, its used id, the state row and the counters; memory changes
   * once it is on disk. Where the policy is `relaxed`, and not too much waits already, memory changes at once and the same
   * rows wait for the next flush. Call within `exclusive`. Rejects with `StorageError`, or `QuotaError` where it does not
   * fit, having changed nothing.
   */
  commitFeedback(learned: PreparedFeedback, marks: readonly Row[]): Promise<void> {
    return this.writes.commitFeedback(learned, marks);
  }

  /** See `NamespaceWrites.removeAged`. */
  async removeAged(age: AgeLimit, limit: number): Promise<{ removed: Removed; isOver: boolean }> {
    if (!this.ready) await this.loading.load();
    if (!this.writes.isClosed) this.writes.assertLoaded();
    return this.writes.removeAged(age, limit);
  }

  private stateRow(state: MemoryState): Row {
    const { hash } = this.dependencies;
    return stateRow({
      ...state,
      encoder: this.vectorShape.encoder,
      scorer: this.lent.scorer.revision,
      hashKey: hash.fingerprint,
      pinnedDimension: this.pin.value,
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
    // Never loaded and nothing recorded: nothing of it is unwritten.
    if (!this.loading.wasEverLoaded && this.impressions.size === 0) return;
    if (this.writes.isClosed) return;
    this.writes.assertLoaded();
    await this.writes.flush(everything);
  }

  /**
   * Ends the namespace's life in memory, once writes under way have ended; from now on it begins none. Called with nobody
   * inside, or nobody who is waited for, after `flush` unless its state is being dropped.
   */
  async close(reason: EvictionReason): Promise<void> {
    await this.writes.close();
    this.impressions.clear();
    this.lent.giveBack();
    const { store, events } = this.dependencies;
    if (reason === 'shutdown') return;
    if (store.durable) {
      if (reason !== 'dropped') await store.release(this.name).catch(() => undefined); // It only holds on to a file.
    } else if (reason !== 'reconfigured') {
      await store.drop(this.name);
      events.stateDropped(this.name);
    }
  }
}
