/** One that waits in lines, in one at a time. */
export interface Waiter {
  /** Tries again. @returns whether it has left this line; it calls `leave` itself */
  retry(): boolean;
}

/** One that stands in no line. */
export const NOBODY: Waiter = { retry: () => true };

/** Those who wait for the same thing, in the order they came; the first alone tries, so nobody is overtaken. */
export class WaitingLine {
  /** In the order of insertion. */
  private readonly waiters = new Set<Waiter>();
  private timer: NodeJS.Timeout | undefined;
  private isAdvancing = false;

  /** @param max most who wait here at the same time, ≥ 0 */
  constructor(private readonly max: number) {}

  get size(): number {
    return this.waiters.size;
  }

  /** Whether somebody else is to be served before this one. */
  isBehind(waiter: Waiter): boolean {
    return this.waiters.size > 0 && this.first !== waiter;
  }

  /** Takes its place at the end. @returns false where the line is full */
  join(waiter: Waiter): boolean {
    if (this.waiters.size >= this.max) return false;
    this.waiters.add(waiter);
    return true;
  }

  /** Gives up its place, wherever that is; the next in line tries at once. */
  leave(waiter: Waiter): void {
    const wasFirst = this.first === waiter;
    this.waiters.delete(waiter);
    if (wasFirst) this.advance();
  }

  /** Something has changed: lets the first ones try until one has to stay. */
  advance(): void {
    if (this.isAdvancing) return;
    this.isAdvancing = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    for (let first = this.first; first !== undefined; first = this.first) {
      if (!first.retry()) break;
    }
    this.isAdvancing = false;
  }

  /** Advances after so many milliseconds, if nothing else makes it before. */
  advanceIn(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.advance(), Math.max(1, Math.ceil(ms)));
  }

  private get first(): Waiter | undefined {
    for (const waiter of this.waiters) return waiter;
    return undefined;
  }
}
