import { AppError } from '../base/errors.js';
import type { Permit } from './admission.js';
import type { Obstacle } from './draws.js';
import type { Gate } from './gate.js';
import { beingDeleted } from './life.js';
import type { Guest } from './presence.js';
import type { RequestPermit } from './request-permit.js';
import type { Waiter, WaitingLine } from './waiting-line.js';

/**
 * A request that waits at the gate, for one thing after the other, and holds nothing meanwhile: until it is in, its time is
 * over, its caller leaves, or what holds by then refuses it. The count of the day is waited for some time beyond that; then
 * it goes on without the disk.
 */
export class QueuedEntry implements Waiter, Guest {
  next: Guest | undefined = undefined;
  previous: Guest | undefined = undefined;
  readonly permit: Promise<Permit>;
  private obstacle: Obstacle;
  private line: WaitingLine | undefined;
  private isOver = false;
  private isLate = false;
  private isTooLate = false;
  private readonly since: number;
  private timer: NodeJS.Timeout;
  private readonly signal: AbortSignal;
  private resolve!: (permit: Permit) => void;
  private reject!: (error: Error) => void;
  private readonly leave = (): void => {
    this.settle(new AppError('UNAVAILABLE', 'The caller left while it waited'));
  };

  constructor(
    private readonly gate: Gate,
    private readonly entering: RequestPermit,
    obstacle: Obstacle,
  ) {
    this.permit = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.obstacle = obstacle;
    this.since = gate.clock.now();
    this.timer = setTimeout(() => this.runOut(), gate.quotaWaitMs);
    this.signal = entering.caller.signal();
    this.signal.addEventListener('abort', this.leave, { once: true });
    gate.outside.add(entering.namespace, this);
    if (this.signal.aborted) this.leave();
    else this.stand(obstacle);
  }

  retry(): boolean {
    const { line } = this;
    try {
      const obstacle = this.entering.enter(this);
      if (obstacle === undefined) this.settle();
      else this.stand(obstacle);
    } catch (error) {
      this.settle(error as Error);
    }
    return this.isOver || this.line !== line;
  }

  expel(): void {
    this.settle(beingDeleted(this.entering.namespace));
  }

  /** Waits where the obstacle says, unless that is of no use any more. */
  private stand(obstacle: Obstacle): void {
    this.obstacle = obstacle;
    const { line, waitMs = 0, giveUp } = obstacle;
    const left = this.since + this.gate.quotaWaitMs - this.gate.clock.now();
    const isOfNoUse = giveUp === undefined && (this.isLate || this.gate.quotaWaitMs === 0 || waitMs > left);
    if (isOfNoUse || !this.standIn(line)) {
      this.settle(this.entering.refusedBy(obstacle));
      return;
    }
    if (line !== undefined && waitMs > 0 && !line.isBehind(this)) line.advanceIn(waitMs);
    if (this.isTooLate) giveUp?.();
  }

  /** Leaves the line it was in. @returns false where the other one is full */
  private standIn(line: WaitingLine | undefined): boolean {
    const before = this.line;
    if (line === before) return true;
    this.line = undefined;
    before?.leave(this);
    if (line?.join(this) === false) return false;
    this.line = line;
    return true;
  }

  private runOut(): void {
    this.isTooLate = this.isLate;
    this.isLate = true;
    if (!this.isTooLate) this.timer = setTimeout(() => this.runOut(), this.gate.usageWaitMs);
    // Once more: what it waits for may come at this very moment.
    if (this.isTooLate) this.obstacle.giveUp?.();
    else this.retry();
  }

  private settle(error?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.signal.removeEventListener('abort', this.leave);
    const { gate, entering, obstacle, since } = this;
    gate.outside.remove(entering.namespace, this);
    const waitedMs = gate.clock.now() - since;
    if (waitedMs > 0) gate.events.waited(obstacle.reason, waitedMs, entering.namespace);
    if (error === undefined) this.resolve(entering);
    else this.reject(error);
    this.line?.leave(this);
  }
}
