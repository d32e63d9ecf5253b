/**
 * Places of rows that run together: rows of like length, each batch's rows times its longest at most `batchTokens`; a row
 * that alone has more runs alone. Shortest first. Every place is in one batch.
 */
export function formBatches(lengths: readonly number[], batchTokens: number): number[][] {
  const places = lengths.map((_, place) => place).sort((a, b) => lengths[a]! - lengths[b]!);
  const batches: number[][] = [];
  for (const place of places) {
    const batch = batches.at(-1);
    // The row that is added is the longest.
    if (batch !== undefined && (batch.length + 1) * lengths[place]! <= batchTokens) batch.push(place);
    else batches.push([place]);
  }
  return batches;
}
