/** Work that may wait for a slow disk; more is refused. */
const MAX_WAITING = 1024;

/** Runs the writes of one namespace one after the other. */
export class WriteQueue {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** Whether so many wait that no more should join them. */
  get congested(): boolean {
    return this.waiting >= MAX_WAITING;
  }

  /** Runs `work` after all earlier and before all later work; answers what it does. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    this.waiting++;
    const result = this.last.then(work).finally(() => {
      this.waiting--;
    });
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves once what is waiting now is done. */
  async idle(): Promise<void> {
    await this.last;
  }
}
