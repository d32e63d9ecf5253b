/** Index of the first that is not below `value` in a list sorted by code unit; its length where all are. */
export function lowerBound(sorted: readonly string[], value: string): number {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts a value that is not there yet where it belongs. */
export function insertSorted(sorted: string[], value: string): void {
  if (sorted.length === 0 || sorted.at(-1)! < value) sorted.push(value);
  else sorted.splice(lowerBound(sorted, value), 0, value);
}

/** Takes out a value that is there. */
export function removeSorted(sorted: string[], value: string): void {
  sorted.splice(lowerBound(sorted, value), 1);
}
