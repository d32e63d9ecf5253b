import { EMPTY_WIDE, type WideNarrative } from './namespace-wide.js';

/** What counts as too old; milliseconds since the epoch. */
export interface AgeLimit {
  readonly now: number;
  /** What was last confirmed before this goes. */
  readonly cutoff: number;
}

/** How much retention took away. */
export interface Removed {
  /** Queries forgotten altogether. */
  readonly cells: number;
  /** Documents whose evidence is gone, within cells and of the whole namespace. */
  readonly pheromones: number;
  /** Narratives, of cells and of the whole namespace. */
  readonly narratives: number;
}

export const NOTHING_REMOVED: Removed = { cells: 0, pheromones: 0, narratives: 0 };

export function addRemoved(left: Removed, right: Removed): Removed {
  return {
    cells: left.cells + right.cells,
    pheromones: left.pheromones + right.pheromones,
    narratives: left.narratives + right.narratives,
  };
}

/**
 * What becomes of a cell: all of its evidence is as old as its last feedback; the cell itself is as old as its last
 * feedback or use. An emptied one still knows its query, and how right it was about others.
 */
export function cellFate(
  { decayedAt, lastUsedAt }: { readonly decayedAt: number; readonly lastUsedAt: number },
  { cutoff }: AgeLimit,
): 'kept' | 'emptied' | 'removed' {
  if (decayedAt >= cutoff) return 'kept';
  return lastUsedAt >= cutoff ? 'emptied' : 'removed';
}

/** What an emptied cell holds: no evidence, so none of a feedback either. */
export const EMPTIED_CELL = { feedbacks: 0, narrative: null, mass: 0 } as const;

/**
 * The namespace-wide narrative and what its trust rests on, gone once it is too old; the same object where nothing
 * changes. One that was written before its time was kept is taken as learned now: it may be younger than it looks.
 */
export function agedWide<Wide extends Partial<Record<keyof WideNarrative, unknown>>>(
  wide: Wide,
  { now, cutoff }: AgeLimit,
): Wide | typeof EMPTY_WIDE {
  if (!wide.vector && !wide.narrativeWindow && !wide.pheromoneWindow) return wide;
  if (typeof wide.learnedAt !== 'number') return { ...wide, learnedAt: now };
  return wide.learnedAt < cutoff ? EMPTY_WIDE : wide;
}
