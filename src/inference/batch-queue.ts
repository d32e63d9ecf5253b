/** What the queue needs to know of an input. */
export interface Queued {
  /** Id of the model. */
  readonly model: string;
  readonly namespace: string;
  /** Estimated length in tokens, ≥ 1. */
  readonly tokens: number;
}

/** Inputs of one model and of like length, oldest first. */
type Lane<T> = Set<T>;

/**
 * Inputs that wait for a worker. Namespaces take turns, and give batches of one model and of texts of like length (within
 * a factor of two), so that little is computed for padding.
 *
 * Bounded by dynamic thresholds (Choudhury and Hahne, 1998): a namespace may have as many waiting as there are places
 * left. One alone fills half of the queue, two a third each, and whoever comes next always finds room.
 */
export class BatchQueue<T extends Queued> {
  /** By namespace, in the order of their turns; of each its lanes. None is empty. */
  private readonly namespaces = new Map<string, { count: number; readonly lanes: Map<string, Lane<T>> }>();
  /** When each came; the oldest of a namespace goes first. */
  private readonly order = new Map<T, number>();
  private returned: T[][] = [];
  private lastOrder = 0;

  constructor(private readonly maxInputs: number) {}

  /** Inputs that wait. */
  get size(): number {
    return this.order.size;
  }

  /** False = there is no room for one more of its namespace. */
  add(item: T): boolean {
    const { size } = this;
    const own = this.namespaces.get(item.namespace);
    if ((own?.count ?? 0) >= this.maxInputs - size) return false;
    const queue = own ?? { count: 0, lanes: new Map<string, Lane<T>>() };
    if (own === undefined) this.namespaces.set(item.namespace, queue);
    const name = laneOf(item);
    const lane = queue.lanes.get(name);
    if (lane === undefined) queue.lanes.set(name, new Set([item]));
    else lane.add(item);
    queue.count += 1;
    this.lastOrder += 1;
    this.order.set(item, this.lastOrder);
    return true;
  }

  /** Puts a batch that was taken before all others, to be taken as it is. It was admitted once, so room is not asked for. */
  putBack(batch: readonly T[]): void {
    this.returned.push([...batch]);
    for (const item of batch) this.order.set(item, 0);
  }

  /** Takes out an input that nobody waits for any more; answers whether it waited. */
  remove(item: T): boolean {
    if (!this.order.delete(item)) return false;
    if (this.takeOut(item)) return true;
    this.returned = this.returned.map((batch) => batch.filter((other) => other !== item));
    this.returned = this.returned.filter((batch) => batch.length > 0);
    return true;
  }

  /**
   * The next batch, at most `most` inputs (≥ 1) and so many tokens, padding counted; an input that alone has more comes alone.
   * Empty if nothing waits.
   */
  take(most: number, maxTokens: (model: string) => number): T[] {
    const again = this.returned.shift();
    if (again !== undefined) {
      for (const item of again) this.order.delete(item);
      return again;
    }
    const [turn] = this.namespaces;
    if (turn === undefined) return [];
    const [namespace, queue] = turn;
    this.namespaces.delete(namespace);
    this.namespaces.set(namespace, queue);
    const leader = this.oldestOf(queue.lanes.values());
    const batch = [leader];
    this.pull(leader);
    this.fill(batch, most, maxTokens(leader.model));
    return batch;
  }

  /** Takes all. */
  clear(): T[] {
    const all = [...this.order.keys()];
    this.order.clear();
    this.namespaces.clear();
    this.returned = [];
    return all;
  }

  /** Adds inputs like the first, in turn from every namespace that has some. */
  private fill(batch: T[], most: number, maxTokens: number): void {
    const name = laneOf(batch[0]!);
    let longest = batch[0]!.tokens;
    let hasGrown = true;
    while (hasGrown) {
      hasGrown = false;
      for (const { lanes } of [...this.namespaces.values()]) {
        const next = lanes.get(name)?.values().next().value;
        if (next === undefined) continue;
        const padded = Math.max(longest, next.tokens);
        if (batch.length >= most || (batch.length + 1) * padded > maxTokens) return;
        longest = padded;
        this.pull(next);
        batch.push(next);
        hasGrown = true;
      }
    }
  }

  private oldestOf(lanes: Iterable<Lane<T>>): T {
    let oldest: T | undefined;
    for (const lane of lanes) {
      const first = lane.values().next().value!;
      if (oldest === undefined || this.order.get(first)! < this.order.get(oldest)!) oldest = first;
    }
    return oldest!;
  }

  private pull(item: T): void {
    this.order.delete(item);
    this.takeOut(item);
  }

  /** Out of its lane; answers whether it was there. */
  private takeOut(item: T): boolean {
    const queue = this.namespaces.get(item.namespace);
    const name = laneOf(item);
    const lane = queue?.lanes.get(name);
    if (queue === undefined || lane === undefined || !lane.delete(item)) return false;
    queue.count -= 1;
    if (lane.size === 0) queue.lanes.delete(name);
    if (queue.count === 0) this.namespaces.delete(item.namespace);
    return true;
  }
}

/** Same model, same power of two. */
function laneOf({ model, tokens }: Queued): string {
  return `${Math.ceil(Math.log2(tokens))} ${model}`;
}
