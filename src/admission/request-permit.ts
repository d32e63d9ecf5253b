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
const NO_LIMITS: Permit['limits'] = Object.freeze({});

/** One request at the gate: what it draws on, what it holds once it is in. */
export class RequestPermit implements Permit, Guest {
  limits = NO_LIMITS;
  mayLearn = true;
  next: Guest | undefined = undefined;
  previous: Guest | undefined = undefined;
  /** Quotas nearly used up, as it came in or was last charged. */
  private near = NOTHING_NEAR;
  private plan: QuotaPlan | undefined = undefined;
  private pools: Pool[] | undefined = undefined;
  private isInside = false;
  private isCounted = false;

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
    const now = gate.clock.now();
    const over = this.countCaller(now);
    const effective = gate.effective(namespace);
    const plan = gate.planOf(effective);
    this.plan = plan;
    if (over !== undefined) return this.rateObstacle(plan, asker, now, 1, over);
    checkLife(effective, purpose);
    const mayUse = effective.isRegistered || (plan?.isClosed !== true && gate.mayUse(namespace));
    if (!mayUse) throw unknownNamespace(namespace);
    if (plan !== undefined) {
      this.checkStock(plan);
      const obstacle = this.rateObstacle(plan, asker, now, 1) ?? this.poolObstacle(plan, asker);
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
    const warnings = this.near.map(
      ({ quota, share }) => `${quota};u=${Math.min(999, Math.round(share * 1000) / 1000)}`,
    );
    const rates = this.rateHeaders(now, caller);
    return warnings.length === 0
      ? rates
      : [...rates, 'X-NeuralCache-Quota-Warning', [...new Set(warnings)].join(', ')];
  }

  charge(items: number, since = this.gate.clock.now()): void | Promise<void> {
    const { gate, plan, caller } = this;
    const more = items - 1;
    if (more <= 0 || (plan === undefined && gate.callers === undefined)) return;
    const now = gate.clock.now();
    const rates = plan?.ratesOf(this.purpose) ?? [];
    for (const rate of rates) if (rate.neverFits(items)) throw neverFits(items, rate.rule.burst);
    const over = gate.callers?.refusal(caller, now, more);
    const obstacle = this.rateObstacle(plan, NOBODY, now, more, over);
    if (obstacle?.ready !== undefined) {
      if (now - since >= gate.usageWaitMs) obstacle.giveUp?.();
      return obstacle.ready.then(() => this.charge(items, since));
    }
    if (obstacle !== undefined) throw this.refusedBy(obstacle);
    gate.callers?.take(caller, now, more);
    for (const rate of rates) rate.take(now, more);
    if (plan !== undefined) this.near = plan.near(now);
  }

  places(wanted: number): number {
    const pools = this.plan?.poolsOf(this.purpose) ?? [];
    if (!this.isInside || pools.length === 0) return wanted;
    let held = 1;
    for (; held < wanted && pools.every((pool) => pool.obstacle(NOBODY) === undefined); held++)
      for (const pool of pools) this.pools!.push(pool.take());
    return held;
  }

  turn(): (() => void) | Promise<() => void> {
    return this.gate.turns.take(this.namespace, () => this.caller.signal());
  }

  leave(): void {
    if (!this.isInside) return;
    this.isInside = false;
    this.gate.inside.remove(this.namespace, this);
    for (const pool of this.pools ?? []) pool.giveBack();
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

  /**
   * What of all rates lasts longest: who tried again sooner would be refused anew.
   *
   * @param over that the caller's own rate refuses it; then it always throws
   * @throws OverQuota with that time, where one of them is not to be waited for
   */
  private rateObstacle(
    plan: QuotaPlan | undefined,
    asker: Waiter,
    now: number,
    units: number,
    over?: OverQuota,
  ): Obstacle | undefined {
    let longest: Obstacle | undefined;
    let isWaitable = true;
    for (const rate of plan?.ratesOf(this.purpose) ?? []) {
      const obstacle = rate.obstacle(asker, now, units);
      if (obstacle === undefined) continue;
      isWaitable &&= obstacle.line !== undefined || obstacle.ready !== undefined;
      if (longest === undefined || (obstacle.waitMs ?? 0) > (longest.waitMs ?? 0)) longest = obstacle;
    }
    if (over !== undefined && (over.retryAfterS ?? 0) * 1000 >= (longest?.waitMs ?? 0))
      throw this.refused(over);
    if (longest !== undefined && (over !== undefined || !isWaitable)) throw this.refusedBy(longest);
    return longest;
  }

  /** Of its caller every request counts, also one that is refused for another reason; those that wait count once. */
  private countCaller(now: number): OverQuota | undefined {
    const { callers } = this.gate;
    if (callers === undefined || this.isCounted) return undefined;
    const over = callers.refusal(this.caller, now, 1);
    if (over !== undefined) return over;
    callers.take(this.caller, now, 1);
    this.isCounted = true;
    return undefined;
  }

  private poolObstacle(plan: QuotaPlan, asker: Waiter): Obstacle | undefined {
    for (const pool of plan.poolsOf(this.purpose)) {
      const obstacle = pool.obstacle(asker);
      if (obstacle === undefined) continue;
      if (obstacle.line === undefined) throw this.refusedBy(obstacle);
      return obstacle;
    }
    return undefined;
  }

  /** Looks at what is there already: open connections, and whether anything more may be learnt. @throws OverQuota */
  private checkStock(plan: QuotaPlan): void {
    const over = plan.connectionRefusal(this.caller.socket);
    if (over !== undefined) throw this.refused(over);
    this.mayLearn = true;
    for (const stock of plan.stocks) {
      const full = stock.refusal();
      // A feedback that does not fit has its limit raised when it is tried.
      if (full === undefined || (this.purpose === 'feedback' && stock.mayRise)) continue;
      if (this.purpose === 'feedback') throw this.refused(full);
      this.mayLearn = false;
    }
  }

  private take(plan: QuotaPlan, now: number): void {
    const { gate, purpose, namespace } = this;
    this.limits = plan.limits;
    for (const rate of plan.ratesOf(purpose)) rate.take(now, 1);
    this.pools = plan.poolsOf(purpose).map((pool) => pool.take());
    this.near = plan.near(now);
    for (const use of this.near) gate.events.warned(use, namespace);
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
