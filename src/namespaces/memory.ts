import { MAX_NEIGHBOURS, neighbourWeight } from '../ranking/neighbour.js';
import {
  type Evidence,
  estimateBeta,
  INITIAL_BETA,
  type PheromoneSettings,
  pheromone,
  usualRate,
} from '../ranking/pheromone.js';
import type { Change, Row } from '../stores/store.js';
import { guardsConflict, type QueryGuard } from '../text/query-guard.js';
import { FlatIndex } from '../vectors/flat.js';
import type { Match, VectorIndex } from '../vectors/vector-index.js';
import {
  type Cell,
  type CellUse,
  decayedEvidence,
  INITIAL_USE,
  judged,
  type LearningSettings,
  learnFeedback,
  type ShownDocument,
  totalExposure,
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
import { cellRow, removeCellChanges, useRow, wideRow } from './records.js';

/** Feedbacks after which β is learned again. */
const BETA_INTERVAL = 200;
/** Most near cells a query remembers, and most whose trust one feedback touches. */
const MAX_MATCHES = 64;
/** Finest step of last-use times. */
const TOUCH_INTERVAL_MS = 1000;

export interface MemorySettings extends LearningSettings {
  /** Most cells. */
  readonly cells: number;
  /** Cosine from which cells are neighbours. */
  readonly tau: number;
  readonly pheromone: PheromoneSettings;
}

/** What the memory knows a query by. */
export interface QueryIdentity {
  readonly cellId: string;
  readonly guard: QueryGuard;
  readonly key: Float32Array | null;
}

/** A cell that speaks for a query. */
export interface Neighbour {
  readonly cell: Cell;
  readonly sameText: boolean;
  /** Cosine of the keys; 1 for the same text. */
  readonly similarity: number;
  /** κ in (0, 1]. */
  readonly weight: number;
  /** a/(a + b). */
  readonly trust: number;
}

/** A search that is remembered with its query: what it found, and up to where it looked. */
export interface RememberedSearch {
  readonly matches: readonly Match<string>[];
  readonly sequence: number;
  readonly removals: number;
}

/** What a feedback would change: rows to write, and the step that makes it so in memory once they are written. */
export interface PreparedLearning {
  readonly changes: readonly Change[];
  /** The small state as it will be; its row is the namespace's to write, beside what else it holds. */
  readonly state: MemoryState;
  apply(): void;
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
  private readonly cells = new Map<string, Cell>();
  private readonly uses = new Map<string, CellUse>();
  private readonly touched = new Set<string>();
  private readonly index: VectorIndex<string>;
  private readonly wideDocuments = new Map<string, WideEvidence>();
  private state: MemoryState = { beta: INITIAL_BETA, feedbacks: 0, wide: EMPTY_WIDE };
  private trusts = { narrative: 0, pheromone: 0 };
  private entries = 0;

  constructor(
    /** Name and version of the encoder of all vectors here. */
    private readonly encoder: string,
    private readonly dimension: number,
    private readonly settings: MemorySettings,
  ) {
    this.index = new FlatIndex(dimension);
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
    return vectors + this.entries * (160 + this.dimension / 8) + this.wideDocuments.size * 120;
  }

  /** Namespace-wide evidence of a document, decayed to `now`. */
  wideEvidence(documentKey: string, now: number): Evidence {
    return wideEvidence(this.wideDocuments.get(documentKey), now, this.settings.halfLifeMs);
  }

  /**
   * Near cells of a query by vector, its own left out, guarded ones too, most similar first; equals by id, so that the
   * order in which cells were stored says nothing. Give back what the last search of the same query answered: then only
   * newer cells are looked at, and none if there are none.
   */
  search(query: QueryIdentity, known: RememberedSearch | null): RememberedSearch {
    const { sequence, removals } = this.index;
    if (known !== null && known.sequence === sequence && known.removals === removals) return known;
    if (query.key === null) return { matches: [], sequence, removals };
    const reusable = known !== null && known.removals === removals ? known : null;
    const found = this.index
      .search(query.key, this.settings.tau, reusable?.sequence ?? 0)
      .filter(({ value }) => this.mayMeet(query, value));
    if (reusable !== null && found.length === 0) return { ...reusable, sequence };
    const matches = [...(reusable?.matches ?? []), ...found].sort(
      (left, right) => right.similarity - left.similarity || byCodeUnit(left.value, right.value),
    );
    return { matches: matches.slice(0, MAX_MATCHES), sequence, removals };
  }

  private mayMeet(query: QueryIdentity, cellId: string): boolean {
    const cell = this.cells.get(cellId);
    return cell !== undefined && cellId !== query.cellId && !guardsConflict(query.guard, cell.guard);
  }

  /** The cells that speak for a query: its own with weight 1, and the nearest others, at most eight in all. */
  neighbours(query: QueryIdentity, search: RememberedSearch): Neighbour[] {
    const own = this.cells.get(query.cellId);
    const speaking: Neighbour[] = [];
    if (own !== undefined)
      speaking.push({ cell: own, sameText: true, similarity: 1, weight: 1, trust: this.trustOf(own.id) });
    for (const { value, similarity } of search.matches) {
      const cell = this.cells.get(value);
      if (speaking.length >= MAX_NEIGHBOURS || cell === undefined) continue;
      const trust = this.trustOf(value);
      const weight = neighbourWeight(similarity, this.settings.tau, trust);
      if (weight > 0) speaking.push({ cell, sameText: false, similarity, weight, trust });
    }
    return speaking;
  }

  private trustOf(cellId: string): number {
    const { right, wrong } = this.uses.get(cellId) ?? INITIAL_USE;
    return right / (right + wrong);
  }

  /** Notes that cells spoke, to the second; written behind. */
  touch(neighbours: readonly Neighbour[], now: number): void {
    for (const { cell } of neighbours) {
      const use = this.useOf(cell.id);
      if (now - use.lastUsedAt < TOUCH_INTERVAL_MS) continue;
      this.uses.set(cell.id, { ...use, lastUsedAt: now });
      this.touched.add(cell.id);
    }
  }

  private useOf(cellId: string): CellUse {
    return this.uses.get(cellId) ?? { ...INITIAL_USE, lastUsedAt: 0 };
  }

  /** Rows of up to `limit` cells touched since they were last taken. */
  takeTouched(limit: number): Row[] {
    const taken = [...this.touched].slice(0, limit);
    for (const cellId of taken) this.touched.delete(cellId);
    return taken
      .filter((cellId) => this.cells.has(cellId))
      .map((cellId) => useRow(cellId, this.useOf(cellId)));
  }

  /** Marks cells whose rows could not be written. */
  touchAgain(rows: readonly Row[], cellOf: (row: Row) => string | null): void {
    for (const row of rows) {
      const cellId = cellOf(row);
      if (cellId !== null) this.touched.add(cellId);
    }
  }

  /**
   * Works out what a feedback changes, without changing anything. `shown` holds each document once, at its best rank.
   */
  prepare(
    query: QueryIdentity,
    shown: readonly ShownDocument[],
    success: number,
    now: number,
  ): PreparedLearning {
    const helped = success >= this.settings.successGate && shown.some(({ selected }) => selected);
    const uses = helped ? this.judgeNeighbours(query, shown) : new Map<string, CellUse>();
    const cell = learnFeedback(this.cellFor(query, now), shown, success, now, this.settings);
    const own: CellUse = { ...this.useOf(cell.id), lastUsedAt: now };
    const wide = this.learnWide(shown, helped, now);
    const documents = learnWideEvidence(this.wideDocuments, shown, success, now, this.settings);
    const dropped = this.weakestDocuments(documents, now);
    const evicted = this.cells.has(cell.id) ? [] : this.weakestCells(this.cells.size + 1, now);
    const feedbacks = this.state.feedbacks + 1;
    const beta = feedbacks % BETA_INTERVAL === 0 ? this.learnBeta(cell, now) : this.state.beta;
    uses.set(cell.id, own);
    for (const cellId of evicted) uses.delete(cellId);
    return {
      changes: [
        { put: cellRow(cell) },
        ...[...uses].map(([cellId, use]) => ({ put: useRow(cellId, use) })),
        ...[...documents]
          .filter(([key]) => !dropped.includes(key))
          .map(([key, evidence]) => ({ put: wideRow(key, evidence) })),
        ...dropped.map((key) => ({ remove: { kind: 'document', key } }) as const),
        ...evicted.flatMap(removeCellChanges),
      ],
      apply: () => {
        for (const cellId of evicted) this.removeCell(cellId);
        this.setCell(cell);
        for (const [cellId, use] of uses) this.uses.set(cellId, use);
        for (const [key, evidence] of documents) this.wideDocuments.set(key, evidence);
        for (const key of dropped) this.wideDocuments.delete(key);
        this.setState({ beta, feedbacks, wide });
      },
      state: { beta, feedbacks, wide },
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
    for (const { value } of this.search(query, null).matches) {
      const documents = this.cells.get(value)?.documents;
      const vouched = shown.filter(({ key }) => (documents?.get(key)?.S ?? 0) > 0);
      if (vouched.length > 0)
        uses.set(
          value,
          judged(
            this.useOf(value),
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
    };
  }

  private learnBeta(learned: Cell, now: number): number {
    const cells = new Map(this.cells).set(learned.id, learned);
    // By id, so that a restart, which may bring cells in another order, sums to the same last bit.
    const sorted = [...cells.values()].sort((left, right) => byCodeUnit(left.id, right.id));
    return estimateBeta(sorted.map((cell) => decayedEvidence(cell, now, this.settings.halfLifeMs)));
  }

  /** Documents over the bound, by decayed exposure. Cost once there are that many: a sort of all of them. */
  private weakestDocuments(added: ReadonlyMap<string, WideEvidence>, now: number): string[] {
    if (this.wideDocuments.size + added.size <= MAX_WIDE_DOCUMENTS) return [];
    const all = new Map([...this.wideDocuments, ...added]);
    const excess = Math.max(0, all.size - MAX_WIDE_DOCUMENTS);
    if (excess === 0) return [];
    return [...all]
      .map(([key, known]) => ({ key, W: wideEvidence(known, now, this.settings.halfLifeMs).W }))
      .sort((left, right) => left.W - right.W || byCodeUnit(left.key, right.key))
      .slice(0, excess)
      .map(({ key }) => key);
  }

  /** What must go for `count` cells to fit: least decayed exposure first, of equals the longest unused. */
  private weakestCells(count: number, now: number): string[] {
    const excess = Math.min(count - this.settings.cells, this.cells.size);
    if (excess <= 0) return [];
    return [...this.cells.values()]
      .map((cell) => ({
        id: cell.id,
        exposure: totalExposure(cell, now, this.settings.halfLifeMs),
        lastUsedAt: this.useOf(cell.id).lastUsedAt,
      }))
      .sort(
        (left, right) =>
          left.exposure - right.exposure ||
          left.lastUsedAt - right.lastUsedAt ||
          byCodeUnit(left.id, right.id),
      )
      .slice(0, excess)
      .map(({ id }) => id);
  }

  private setCell(cell: Cell): void {
    const before = this.cells.get(cell.id);
    this.entries += cell.documents.size - (before?.documents.size ?? 0);
    this.cells.set(cell.id, cell);
    if (before?.key !== cell.key || before === undefined) {
      this.index.remove(cell.id);
      if (cell.key !== null) this.index.add(cell.key, cell.id);
    }
  }

  private removeCell(cellId: string): void {
    this.entries -= this.cells.get(cellId)?.documents.size ?? 0;
    this.cells.delete(cellId);
    this.uses.delete(cellId);
    this.touched.delete(cellId);
    this.index.remove(cellId);
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
    for (const cell of stored.cells) this.setCell(cell);
    for (const [cellId, use] of stored.uses) if (this.cells.has(cellId)) this.uses.set(cellId, use);
    for (const [key, evidence] of stored.documents) this.wideDocuments.set(key, evidence);
    if (stored.state !== null) this.setState(stored.state);
  }
}

function byCodeUnit(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
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
