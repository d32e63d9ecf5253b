import { WaitingLine } from './waiting-line.js';

/** Places that are taken and given back, with the line of those who wait for one. How many there are is said anew each time, for limits change. */
export class Pool {
  readonly line: WaitingLine;
  private count = 0;

  constructor(maxWaiting: number) {
    this.line = new WaitingLine(maxWaiting);
  }

  get taken(): number {
    return this.count;
  }

  /** To be given back with `giveBack`, once. Whether there is room is the taker's to ask. */
  take(): void {
    this.count += 1;
  }

  /** The first in line gets it, if it still wants it. */
  giveBack(): void {
    this.count -= 1;
    this.line.advance();
  }
}
