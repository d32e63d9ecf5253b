/** Something that expires, and may be gone before it does. */
export interface Expiring {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** True while it is in the heap; set by the heap. */
  queued: boolean;
}

/**
 * Things in the order they expire: a binary min-heap in which removed things stay until they surface or until they are
 * more than half of it. Adding and taking cost O(log n), removing O(1) amortised.
 */
export class ExpiryHeap<T extends Expiring> {
  private items: T[] = [];
  private removed = 0;

  add(item: T): void {
    item.queued = true;
    this.items.push(item);
    this.rise(this.items.length - 1);
  }

  /** Forgets an item; nothing happens if it is not in the heap. */
  remove(item: T): void {
    if (!item.queued) return;
    item.queued = false;
    this.removed += 1;
    if (this.removed * 2 > this.items.length) this.rebuild();
  }

  /** Takes out up to `limit` items that expire at or before `now`, earliest first. */
  takeDue(now: number, limit: number): T[] {
    const due: T[] = [];
    while (due.length < limit && this.items.length > 0 && this.items[0]!.expiresAt <= now) {
      const item = this.pop();
      if (!item.queued) this.removed -= 1;
      else due.push(item);
      item.queued = false;
    }
    return due;
  }

  /** When the next item expires; Infinity when there is none. */
  nextAt(): number {
    while (this.items.length > 0 && !this.items[0]!.queued) {
      this.pop();
      this.removed -= 1;
    }
    return this.items[0]?.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  private pop(): T {
    const top = this.items[0]!;
    const last = this.items.pop()!;
    if (this.items.length > 0) {
      this.items[0] = last;
      this.sink(0);
    }
    return top;
  }

  /** A sorted list is a heap. */
  private rebuild(): void {
    this.items = this.items.filter((item) => item.queued).sort((a, b) => a.expiresAt - b.expiresAt);
    this.removed = 0;
  }

  private rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfLater(parent, index)) return;
      index = parent;
    }
  }

  private sink(from: number): void {
    let parent = from;
    for (;;) {
      const left = 2 * parent + 1;
      if (left >= this.items.length) return;
      const right = left + 1;
      const rightIsSooner =
        right < this.items.length && this.items[right]!.expiresAt < this.items[left]!.expiresAt;
      const child = rightIsSooner ? right : left;
      if (!this.swapIfLater(parent, child)) return;
      parent = child;
    }
  }

  private swapIfLater(parent: number, child: number): boolean {
    const above = this.items[parent]!;
    const below = this.items[child]!;
    if (above.expiresAt <= below.expiresAt) return false;
    this.items[parent] = below;
    this.items[child] = above;
    return true;
  }
}
