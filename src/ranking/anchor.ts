/**
 * Keeps every `every`-th slot for the base order (`ANCHOR`; 0 = off): those slots take the best base candidate not yet
 * placed, the others the best proposed one. Bounds what dishonest feedback can do to half of what it did, for half of
 * the gain. A permutation.
 */
export function anchor(proposed: readonly number[], base: readonly number[], every: number): number[] {
  if (every < 1) return [...proposed];
  const placed = new Set<number>();
  const order: number[] = [];
  const cursors = { base: 0, proposed: 0 };
  while (order.length < proposed.length) {
    const source = (order.length + 1) % every === 0 ? 'base' : 'proposed';
    const list = source === 'base' ? base : proposed;
    while (placed.has(list[cursors[source]])) cursors[source]++;
    const next = list[cursors[source]];
    placed.add(next);
    order.push(next);
  }
  return order;
}
