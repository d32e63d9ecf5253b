import { byCodeUnit } from '../base/by-code-unit.js';
import {
  type Evidence,
  estimateBeta,
  INITIAL_BETA,
  type PheromoneSettings,
  pheromone,
  usualRate,
} from '../ranking/pheromone.js';
import type { Change } from '../stores/store.js';
import type { VectorIndex } from '../vectors/vector-index.js';
import { type AgeLimit, addRemoved, agedWide, type Removed } from './age.js';
import {
  type Cell,
  type CellUse,
  decayedEvidence,
  judged,
  type LearningSettings,
  learnFeedback,
  type ShownDocument,
} from './cell.js';
import {
  EMPTY_WIDE,
  extendWindow,
  judgePairs,
  learnWideEvidence,
  learnWideNarrative,
  MAX_WIDE_DOCUMENTS,
  narrativeValue,
  type WideEvidence,
  type WideNarrative,
  wideEvidence,
  windowTrust,
} from './namespace-wide.js';
import { QueryCells, type QueryCellsSettings, type QueryIdentity } from './query-cells.js';
import { cellRow, removeCellChanges, useRow, wideRow } from './records.js';

/** Feedbacks after which β is learned again. */
const BETA_INTERVAL = 200;

export interface MemorySettings extends LearningSettings, QueryCellsSettings {
  readonly pheromone: PheromoneSettings;
}

/** What a feedback would change: rows to write, and the step that makes it so in memory once they are written. */
export interface PreparedLearning {
  readonly changes: readonly Change[];
  /** The small state as it will be; its row is the namespace's to write, beside what else it holds. */
  readonly state: MemoryState;
  apply(): void;
}

/** A feedback that would be learned. */
export interface PreparedFeedback extends PreparedLearning {
  /** How many cells there will be more. */
  readonly addedCells: number;
  /** Bytes of the rows that are not there yet. */
  readonly addedBytes: number;
}

/** What retention would change, as `PreparedLearning`. */
export interface PreparedRemoval extends PreparedLearning {
  readonly removed: Removed;
  /** Whether nothing more is too old. */
  readonly isOver: boolean;
}

/** Small state written as one row; see `StateRecord`. */
export interface MemoryState {
  readonly beta: number;
  readonly feedbacks: number;
  readonly wide: WideNarrative;
}

/**
 * Everything a namespace learned from feedback: query cells in a vector index, the evidence of each, and the
 * namespace-wide narrative and pheromones. Only this class changes them, and only through `prepare(...).apply()`; reading
 * changes nothing but last-use times.
 */
export class AdaptiveMemory {
  /** Query cells; changed here alone. */
  readonly cells: QueryCells;
  private readonly wideDocuments = new Map<string, WideEvidence>();
  private state: MemoryState = { beta: INITIAL_BETA, feedbacks: 0, wide: EMPTY_WIDE };
  private trusts = { narrative: 0, pheromone: 0 };

  constructor(
    /** Name and version of the encoder of all vectors here. */
    private readonly encoder: string,
    private readonly dimension: number,
    private readonly settings: MemorySettings,
    /** Empty index for vectors of `dimension`. */
    index: VectorIndex<string>,
  ) {
    this.cells = new QueryCells(settings, index);
  }

  get size(): number {
    return this.cells.size;
  }

  /** Documents with evidence, namespace-wide. */
  get documentsKnown(): number {
    return this.wideDocuments.size;
  }

  get beta(): number {
    return this.state.beta;
  }

  get snapshot(): MemoryState {
    return this.state;
  }

  /** Trust each namespace-wide component has earned, in [0, 1). */
  get trust(): { readonly narrative: number; readonly pheromone: number } {
    return this.trusts;
  }

  get narrative(): Float32Array | null {
    return this.state.wide.vector;
  }

  /** Estimate of the bytes held. */
  get bytes(): number {
    const vectors = this.cells.size * (this.dimension * 12 + 700);
    return vectors + this.cells.documentCount * (160 + this.dimension / 8) + this.wideDocuments.size * 120;
  }

  /** Namespace-wide evidence of a document, decayed to `now`. */
  wideEvidence(documentKey: string, now: number): Evidence {
    return wideEvidence(this.wideDocuments.get(documentKey), now, this.settings.halfLifeMs);
  }

  /** What is kept of a document, as it was last decayed. */
  wideDocument(documentKey: string): WideEvidence | undefined {
    return this.wideDocuments.get(documentKey);
  }

  /**
   * Works out what a feedback changes, without changing anything. `shown` holds each document once, at its best rank.
   */
  prepare(
    query: QueryIdentity,
    shown: readonly ShownDocument[],
    success: number,
    now: number,
  ): PreparedFeedback {
    const helped = success >= this.settings.successGate && shown.some(({ selected }) => selected);
    const uses = helped ? this.judgeNeighbours(query, shown) : new Map<string, CellUse>();
    const cell = learnFeedback(this.cellFor(query, now), shown, success, now, this.settings);
    const own: CellUse = { ...this.cells.useOf(cell.id), lastUsedAt: now };
    const wide = this.learnWide(shown, helped, now);
    const documents = learnWideEvidence(this.wideDocuments, shown, success, now, this.settings);
    const dropped = this.weakestDocuments(documents, now);
    const isNew = this.cells.get(cell.id) === undefined;
    const evicted = isNew ? this.cells.weakest(this.cells.size + 1, now) : [];
    const feedbacks = this.state.feedbacks + 1;
    const beta = feedbacks % BETA_INTERVAL === 0 ? this.learnBeta(cell, now) : this.state.beta;
    uses.set(cell.id, own);
    for (const cellId of evicted) uses.delete(cellId);
    const cellPut = cellRow(cell);
    const widePuts = [...documents]
      .filter(([key]) => !dropped.includes(key))
      .map(([key, evidence]) => wideRow(key, evidence));
    const added = widePuts.filter(({ key }) => !this.wideDocuments.has(key));
    if (isNew) added.push(cellPut);
    return {
      changes: [
        { put: cellPut },
        ...[...uses].map(([cellId, use]) => ({ put: useRow(cellId, use) })),
        ...widePuts.map((put) => ({ put })),
        ...dropped.map((key) => ({ remove: { kind: 'document', key } }) as const),
        ...evicted.flatMap(removeCellChanges),
      ],
      apply: () => {
        for (const cellId of evicted) this.cells.remove(cellId);
        this.cells.set(cell);
        for (const [cellId, use] of uses) this.cells.setUse(cellId, use);
        for (const [key, evidence] of documents) this.wideDocuments.set(key, evidence);
        for (const key of dropped) this.wideDocuments.delete(key);
        this.setState({ beta, feedbacks, wide });
      },
      state: { beta, feedbacks, wide },
      addedCells: (isNew ? 1 : 0) - evicted.length,
      addedBytes: added.reduce((sum, { value }) => sum + value.length, 0),
    };
  }

  private cellFor(query: QueryIdentity, now: number): Cell {
    const known = this.cells.get(query.cellId);
    const fresh = { encoder: this.encoder, key: query.key, narrative: null, mass: 0 };
    if (known === undefined) {
      const empty = {
        id: query.cellId,
        guard: query.guard,
        feedbacks: 0,
        decayedAt: now,
        documents: new Map(),
      };
      return { ...empty, ...fresh };
    }
    if (known.encoder !== this.encoder) return { ...known, ...fresh };
    return { ...known, key: known.key ?? query.key };
  }

  private judgeNeighbours(query: QueryIdentity, shown: readonly ShownDocument[]): Map<string, CellUse> {
    const uses = new Map<string, CellUse>();
    for (const { value } of this.cells.search(query, null).matches) {
      const documents = this.cells.get(value)?.documents;
      const vouched = shown.filter(({ key }) => (documents?.get(key)?.S ?? 0) > 0);
      if (vouched.length > 0)
        uses.set(
          value,
          judged(
            this.cells.useOf(value),
            vouched.some(({ selected }) => selected),
          ),
        );
    }
    return uses;
  }

  private learnWide(shown: readonly ShownDocument[], helped: boolean, now: number): WideNarrative {
    const { wide, beta } = this.state;
    if (!helped) return wide;
    const evidence = new Map(shown.map(({ key }) => [key, this.wideEvidence(key, now)]));
    const mu = rateOver(evidence.values());
    const pheromoneValue = ({ key }: ShownDocument) =>
      pheromone(evidence.get(key) ?? { S: 0, W: 0 }, mu, beta, this.settings.pheromone);
    return {
      vector: learnWideNarrative(wide.vector, shown, this.settings.narrativeAlpha),
      narrativeWindow: extendWindow(wide.narrativeWindow, judgePairs(shown, narrativeValue(wide))),
      pheromoneWindow: extendWindow(wide.pheromoneWindow, judgePairs(shown, pheromoneValue)),
      learnedAt: now,
    };
  }

  private learnBeta(learned: Cell, now: number): number {
    const others = this.cells.sorted().filter(({ id }) => id !== learned.id);
    const all = [...others, learned].sort((left, right) => byCodeUnit(left.id, right.id));
    return estimateBeta(all.map((cell) => decayedEvidence(cell, now, this.settings.halfLifeMs)));
  }

  /** Documents over the bound, least decayed exposure first. Cost once there are that many: one pass over all of them. */
  private weakestDocuments(added: ReadonlyMap<string, WideEvidence>, now: number): string[] {
    const fresh = [...added].filter(([key]) => !this.wideDocuments.has(key));
    const excess = this.wideDocuments.size + fresh.length - MAX_WIDE_DOCUMENTS;
    if (excess <= 0) return [];
    const weakest: { key: string; W: number }[] = [];
    const weigh = (key: string, evidence: WideEvidence): void => {
      const { W } = wideEvidence(added.get(key) ?? evidence, now, this.settings.halfLifeMs);
      const last = weakest[excess - 1];
      if (last !== undefined && (W > last.W || (W === last.W && byCodeUnit(key, last.key) > 0))) return;
      const place = weakest.findIndex(
        (other) => W < other.W || (W === other.W && byCodeUnit(key, other.key) < 0),
      );
      weakest.splice(place < 0 ? weakest.length : place, 0, { key, W });
      weakest.length = Math.min(weakest.length, excess);
    };
    for (const [key, evidence] of this.wideDocuments) weigh(key, evidence);
    for (const [key, evidence] of fresh) weigh(key, evidence);
    return weakest.map(({ key }) => key);
  }

  /** Works out which records are too old, at most `limit` of them, without changing anything. Cost: a look at each. */
  prepareRemoval(age: AgeLimit, limit: number): PreparedRemoval {
    const cells = this.cells.aged(age, limit);
    const documents: string[] = [];
    for (const [key, { decayedAt }] of this.wideDocuments) {
      if (cells.length + documents.length >= limit) break;
      if (decayedAt < age.cutoff) documents.push(key);
    }
    const wide = agedWide(this.state.wide, age);
    const hadNarrative = this.state.wide.vector !== null && wide.vector === null;
    return {
      changes: [
        ...cells.flatMap(({ id, emptied }): readonly Change[] =>
          emptied ? [{ put: cellRow(emptied) }] : removeCellChanges(id),
        ),
        ...documents.map((key): Change => ({ remove: { kind: 'document', key } })),
      ],
      state: wide === this.state.wide ? this.state : { ...this.state, wide },
      removed: cells.reduce((sum, { removed }) => addRemoved(sum, removed), {
        cells: 0,
        pheromones: documents.length,
        narratives: hadNarrative ? 1 : 0,
      }),
      isOver: cells.length + documents.length < limit,
      apply: () => {
        for (const { id, emptied } of cells) {
          if (emptied) this.cells.set(emptied);
          else this.cells.remove(id);
        }
        for (const key of documents) this.wideDocuments.delete(key);
        this.setState({ ...this.state, wide });
      },
    };
  }

  private setState(state: MemoryState): void {
    this.state = state;
    this.trusts = {
      narrative: windowTrust(state.wide.narrativeWindow),
      pheromone: windowTrust(state.wide.pheromoneWindow),
    };
  }

  /** Puts back what was stored; for a memory nothing was learned in yet. */
  restore(stored: {
    readonly state: MemoryState | null;
    readonly cells: Iterable<Cell>;
    readonly uses: Iterable<readonly [string, CellUse]>;
    readonly documents: Iterable<readonly [string, WideEvidence]>;
  }): void {
    for (const cell of stored.cells) this.cells.set(cell);
    for (const [cellId, use] of stored.uses) this.cells.setUse(cellId, use);
    for (const [key, evidence] of stored.documents) this.wideDocuments.set(key, evidence);
    if (stored.state !== null) this.setState(stored.state);
  }
}

/** Usual click rate over some evidence. */
export function rateOver(evidence: Iterable<Evidence>): number {
  let sumS = 0;
  let sumW = 0;
  for (const { S, W } of evidence) {
    sumS += S;
    sumW += W;
  }
  return usualRate(sumS, sumW);
}
