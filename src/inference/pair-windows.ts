/** Two windows beside each other share this part of a window, so that no passage is only seen cut in two. */
const OVERLAP = 1 / 8;

/** How much of a query and of its text goes into one row, in tokens. */
export interface PairRoom {
  readonly query: number;
  readonly text: number;
}

/**
 * Shares the room for tokens (without special ones) of a row: as transformers' `longest_first` does. The query is whole
 * unless it has more than half of the room and the text needs what is left; the text gets the rest.
 */
export function sharePairRoom(room: number, queryLength: number, textLength: number): PairRoom {
  const query = Math.min(queryLength, Math.max(Math.floor(room / 2), room - textLength));
  return { query, text: room - query };
}

/** Most tokens of a text that windows of a size reach. */
export function windowReach(size: number, most: number): number {
  return size + (most - 1) * strideOf(size);
}

/**
 * Where the windows of a text begin, at most `most` (≥ 1): they overlap by an eighth, the last one ends where the text
 * does. What lies beyond the last window is not read.
 */
export function windowStarts(length: number, size: number, most: number): number[] {
  const needed = 1 + Math.ceil(Math.max(0, length - size) / strideOf(size));
  const end = Math.min(length, windowReach(size, most));
  return Array.from({ length: Math.min(most, needed) }, (_, window) =>
    Math.max(0, Math.min(window * strideOf(size), end - size)),
  );
}

function strideOf(size: number): number {
  return Math.max(1, size - Math.floor(size * OVERLAP));
}
