/** A promise whose rejection may be ignored. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** All results, or the first rejection in order; in either case only once none of the work goes on. */
export async function allEnded<T>(work: readonly Promise<T>[]): Promise<T[]> {
  if (work.length === 1) return [await work[0]!];
  const results: T[] = [];
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === 'rejected') throw outcome.reason;
    results.push(outcome.value);
  }
  return results;
}

/**
 * Does the work for each item, at most `width` at a time, in their order. After a failure nothing more begins, and it
 * rejects as `allEnded` does.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  if (items.length === 1) return [await work(items[0]!, 0)];
  const results: Result[] = [];
  let next = 0;
  const rest = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!, index);
    }
  };
  const stopAtFailure = (error: unknown): never => {
    next = items.length;
    throw error;
  };
  const workers = Math.min(width, items.length);
  await allEnded(Array.from({ length: workers }, () => rest().catch(stopAtFailure)));
  return results;
}
