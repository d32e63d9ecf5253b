import type { AppError } from '../base/errors.js';
import type { Caller, Permit, Purpose } from './admission.js';
import type { Obstacle } from './draws.js';
import type { Gate } from './gate.js';
import { beingDeleted, checkLife, unknownNamespace } from './life.js';
import type { QuotaUse } from './measured.js';
import type { Pool } from './pool.js';
import type { Guest } from './presence.js';
import type { QuotaPlan } from './quota-plan.js';
import { rateLimitHeaders } from './rate-limit-headers.js';
import { neverFits, OverQuota } from './refusals.js';
import { NOBODY, type Waiter } from './waiting-line.js';

const NOTHING: readonly string[] = Object.freeze([]);
const NOTHING_NEAR: readonly QuotaUse[] = Object.freeze([]);
const NO_POOLS: readonly Pool[] = Object.freeze([]);
const NO_LIMITS: Permit['limits'] = Object.freeze({});

/** One request at the gate: what it draws on, what it holds once it is in. */
export class RequestPermit implements Permit, Guest {
  limits = NO_LIMITS;
  mayLearn = true;
  next: Guest | undefined = undefined;
  previous: Guest | undefined = undefined;
  private plan: QuotaPlan | undefined = undefined;
  private pools = NO_POOLS;
  private isInside = false;

  constructor(
    private readonly gate: Gate,
    readonly namespace: string,
    private readonly purpose: Purpose,
    readonly caller: Caller,
  ) {}

  /**
   * Takes from all pools or from none, by what holds now.
   *
   * @param asker who stands in lines for it
   * @returns what stands in the way, and may go away; undefined = it is in
   * @throws AppError where waiting is of no use
   */
  enter(asker: Waiter): Obstacle | undefined {
    const { gate, namespace, purpose, caller } = this;
    const effective = gate.effective(namespace);
    checkLife(effective, purpose);
    const plan = gate.planOf(effective);
    this.plan = plan;
    const mayUse = effective.isRegistered || (plan?.isClosed !== true && gate.mayUse(namespace));
    if (!mayUse) throw unknownNamespace(namespace);
    if (gate.callers !== undefined || plan !== undefined) {
      const now = gate.clock.now();
      const over = gate.callers?.refusal(caller, now, 1);
      if (over !== undefined) throw this.refused(over);
      const obstacle = plan && this.obstacleIn(plan, asker, now);
      if (obstacle !== undefined) return obstacle;
      this.take(plan, now);
    }
    this.mayLearn &&= effective.status === 'active';
    gate.connections.move(caller.socket, plan?.connectionIds ?? NOTHING);
    gate.inside.add(namespace, this);
    this.isInside = true;
    return undefined;
  }

  headers(): readonly string[] {
    const { gate, plan, caller } = this;
    if (plan === undefined && gate.callers === undefined) return NOTHING;
    const now = gate.clock.now();
    const warnings = (plan?.near(now) ?? NOTHING_NEAR).map(
      ({ quota, share }) => `${quota};u=${Math.min(999, Math.round(share * 1000) / 1000)}`,
    );
    const rates = this.rateHeaders(now, caller);
    return warnings.length === 0
      ? rates
      : [...rates, 'X-NeuralCache-Quota-Warning', [...new Set(warnings)].join(', ')];
  }

  charge(items: number): void | Promise<void> {
    const { gate, plan, caller } = this;
    const more = items - 1;
    if (more <= 0 || (plan === undefined && gate.callers === undefined)) return;
    const now = gate.clock.now();
    const rates = plan?.ratesOf(this.purpose) ?? [];
    for (const rate of rates) if (rate.neverFits(items)) throw neverFits(items, rate.rule.burst);
    const over = gate.callers?.refusal(caller, now, more);
    if (over !== undefined) throw this.refused(over);
    for (const rate of rates) {
      const obstacle = rate.obstacle(NOBODY, now, more);
      if (obstacle?.ready !== undefined) return obstacle.ready.then(() => this.charge(items));
      if (obstacle !== undefined) throw this.refusedBy(obstacle);
    }
    gate.callers?.take(caller, now, more);
    for (const rate of rates) rate.take(now, more);
  }

  turn(): (() => void) | Promise<() => void> {
    return this.gate.turns.take(this.namespace, () => this.caller.signal());
  }

  leave(): void {
    if (!this.isInside) return;
    this.isInside = false;
    this.gate.inside.remove(this.namespace, this);
    for (const pool of this.pools) pool.giveBack();
  }

  expel(): void {
    this.caller.expel(beingDeleted(this.namespace));
    this.leave();
  }

  /** What it is refused with where it waits no longer. */
  refusedBy(obstacle: Obstacle): AppError {
    const error = obstacle.refusal();
    return error instanceof OverQuota ? this.refused(error) : error;
  }

  private obstacleIn(plan: QuotaPlan, asker: Waiter, now: number): Obstacle | undefined {
    const { purpose, caller } = this;
    const over = plan.connectionRefusal(caller.socket);
    if (over !== undefined) throw this.refused(over);
    this.mayLearn = true;
    for (const stock of plan.stocks) {
      const full = stock.refusal();
      // A feedback that does not fit has its limit raised when it is tried.
      if (full === undefined || (purpose === 'feedback' && stock.mayRise)) continue;
      if (purpose === 'feedback') throw this.refused(full);
      this.mayLearn = false;
    }
    for (const rate of plan.ratesOf(purpose)) {
      const obstacle = rate.obstacle(asker, now, 1);
      if (obstacle !== undefined) return this.waitable(obstacle);
    }
    for (const pool of plan.poolsOf(purpose)) {
      const obstacle = pool.obstacle(asker);
      if (obstacle !== undefined) return this.waitable(obstacle);
    }
    return undefined;
  }

  private waitable(obstacle: Obstacle): Obstacle {
    if (obstacle.line === undefined && obstacle.ready === undefined) throw this.refusedBy(obstacle);
    return obstacle;
  }

  private take(plan: QuotaPlan | undefined, now: number): void {
    const { gate, purpose, caller, namespace } = this;
    gate.callers?.take(caller, now, 1);
    if (plan === undefined) return;
    this.limits = plan.limits;
    for (const rate of plan.ratesOf(purpose)) rate.take(now, 1);
    this.pools = plan.poolsOf(purpose).map((pool) => pool.take());
    for (const use of plan.near(now)) gate.events.warned(use, namespace);
  }

  private refused(error: OverQuota): OverQuota {
    this.gate.events.refused(error.limit, this.namespace, error.levelId);
    error.headers = this.rateHeaders(this.gate.clock.now(), this.caller);
    return error;
  }

  private rateHeaders(now: number, caller: Caller): string[] {
    const { callers } = this.gate;
    const rates = this.plan?.shown(now) ?? [];
    return rateLimitHeaders(callers === undefined ? rates : [...rates, callers.shown(caller, now)]);
  }
}
