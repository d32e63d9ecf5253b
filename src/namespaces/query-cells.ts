import { byCodeUnit } from '../base/by-code-unit.js';
import { MAX_NEIGHBOURS, neighbourWeight } from '../ranking/neighbour.js';
import type { Row } from '../stores/store.js';
import { guardsConflict, type QueryGuard } from '../text/query-guard.js';
import type { Match, VectorIndex } from '../vectors/vector-index.js';
import { type AgeLimit, cellFate, EMPTIED_CELL, type Removed } from './age.js';
import { type Cell, type CellUse, INITIAL_USE, totalExposure } from './cell.js';
import { usedCell, useRow } from './records.js';

/** Most near cells a query remembers, and most whose trust one feedback touches. */
const MAX_MATCHES = 64;
/** Finest step of last-use times. */
const TOUCH_INTERVAL_MS = 1000;

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

/** A cell whose evidence is too old. */
export interface AgedCell {
  readonly id: string;
  /** The cell without its evidence; null = the cell itself is too old. */
  readonly emptied: Cell | null;
  readonly removed: Removed;
}

/** A search that is remembered with its query: what it found, and up to where it looked. */
export interface RememberedSearch {
  readonly matches: readonly Match<string>[];
  readonly sequence: number;
  readonly removals: number;
}

export interface QueryCellsSettings {
  /** Most cells. */
  readonly cells: number;
  /** Cosine from which cells are neighbours. */
  readonly tau: number;
  readonly halfLifeMs: number;
}

/** The query cells of one namespace, found by text and by vector; which of them were used, and how right they were. */
export class QueryCells {
  private readonly cells = new Map<string, Cell>();
  private readonly uses = new Map<string, CellUse>();
  private readonly touched = new Set<string>();
  private documents = 0;

  constructor(
    private readonly settings: QueryCellsSettings,
    /** Empty; holds the cells' keys from now on. */
    private readonly index: VectorIndex<string>,
  ) {}

  get size(): number {
    return this.cells.size;
  }

  /** Documents over all cells. */
  get documentCount(): number {
    return this.documents;
  }

  get(cellId: string): Cell | undefined {
    return this.cells.get(cellId);
  }

  /** All cells, by id: a restart, which may bring them in another order, sums to the same last bit. */
  sorted(): Cell[] {
    return [...this.cells.values()].sort((left, right) => byCodeUnit(left.id, right.id));
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
      .filter(({ value }) => value !== query.cellId);
    if (reusable !== null && found.length === 0) return { ...reusable, sequence };
    const nearest = [...(reusable?.matches ?? []), ...found].sort(
      (left, right) => right.similarity - left.similarity || byCodeUnit(left.value, right.value),
    );
    return { matches: this.unguarded(query, nearest), sequence, removals };
  }

  /** The first of some matches whose texts do not contradict the query; guards are compared for no more than it takes. */
  private unguarded(query: QueryIdentity, nearest: readonly Match<string>[]): Match<string>[] {
    const matches: Match<string>[] = [];
    for (const match of nearest) {
      const cell = this.cells.get(match.value);
      if (cell !== undefined && !guardsConflict(query.guard, cell.guard)) matches.push(match);
      if (matches.length === MAX_MATCHES) break;
    }
    return matches;
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

  /** How a cell was used; the start for one that never was. */
  useOf(cellId: string): CellUse {
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
  touchAgain(rows: readonly Row[]): void {
    for (const row of rows) {
      const cellId = usedCell(row);
      if (cellId !== null) this.touched.add(cellId);
    }
  }

  /** What must go for `count` cells to fit: least decayed exposure first, of equals the longest unused. */
  weakest(count: number, now: number): string[] {
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

  /** Cells whose evidence is too old, at most `limit`: with what takes their place, or to be removed where nothing does. */
  aged(age: AgeLimit, limit: number): AgedCell[] {
    const aged: AgedCell[] = [];
    for (const cell of this.cells.values()) {
      if (aged.length >= limit) break;
      const { lastUsedAt } = this.useOf(cell.id);
      const fate = cellFate({ decayedAt: cell.decayedAt, lastUsedAt }, age);
      const held = { pheromones: cell.documents.size, narratives: cell.narrative === null ? 0 : 1 };
      if (fate === 'removed') aged.push({ id: cell.id, emptied: null, removed: { cells: 1, ...held } });
      if (fate !== 'emptied' || held.pheromones + held.narratives === 0) continue;
      const emptied = { ...cell, ...EMPTIED_CELL, documents: new Map() };
      aged.push({ id: cell.id, emptied, removed: { cells: 0, ...held } });
    }
    return aged;
  }

  /** Adds a cell, or puts it in place of the one with its id. */
  set(cell: Cell): void {
    const before = this.cells.get(cell.id);
    this.documents += cell.documents.size - (before?.documents.size ?? 0);
    this.cells.set(cell.id, cell);
    if (before?.key !== cell.key || before === undefined) {
      this.index.remove(cell.id);
      if (cell.key !== null) this.index.add(cell.key, cell.id);
    }
  }

  remove(cellId: string): void {
    this.documents -= this.cells.get(cellId)?.documents.size ?? 0;
    this.cells.delete(cellId);
    this.uses.delete(cellId);
    this.touched.delete(cellId);
    this.index.remove(cellId);
  }

  setUse(cellId: string, use: CellUse): void {
    if (this.cells.has(cellId)) this.uses.set(cellId, use);
  }
}
