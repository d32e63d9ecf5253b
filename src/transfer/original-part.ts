/** The evidence that the Python original kept of one document. */
export interface OriginalPheromone {
  readonly id: string;
  /** Rewards, faded to `at`; >= 0. */
  readonly value: number;
  /** When `value` was last written, seconds since the epoch; 0 = unknown. */
  readonly at: number;
  /** Times shown among the first ten, never faded; >= 0. */
  readonly exposures: number;
}

/** What one file of the original held; a JSON file has one of the two, a database both. */
export interface OriginalPart {
  /** EMA of accepted embeddings, of unit length; null = none. Which encoder made it was never written down. */
  readonly narrative: readonly number[] | null;
  readonly pheromones: readonly OriginalPheromone[];
  /** Entries that are no pheromones, and are left out. */
  readonly unreadable: number;
}

/** Why a file is not one of the original's; a sentence's end: `<file> <reason>`. */
export class NotOriginal extends Error {
  override readonly name = 'NotOriginal';
}

/** Makes a narrative of what was stored: null where it is empty or all zero, `NotOriginal` where it is no vector. */
export function readNarrative(value: unknown): readonly number[] | null {
  if (!Array.isArray(value) || !value.every(Number.isFinite)) {
    throw new NotOriginal('has a narrative that is no list of numbers');
  }
  return value.some((component) => component !== 0) ? (value as number[]) : null;
}

/** Makes a pheromone of what was stored; undefined where it is none. */
export function readPheromone(
  id: unknown,
  value: unknown,
  at: unknown,
  exposures: unknown,
): OriginalPheromone | undefined {
  if (typeof id !== 'string' || !isAmount(value) || !isAmount(at) || !isAmount(exposures)) return undefined;
  return { id, value, at, exposures };
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
