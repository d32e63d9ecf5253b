import { withinTime } from '../base/within-time.js';
import type { Effective } from '../catalog/effective.js';
import type { QuotaName } from '../catalog/quota.js';
import { AddressLimit } from './address-limit.js';
import type { Admission, Caller, Permit, Purpose } from './admission.js';
import { Connections } from './connections.js';
import type { DayStorage } from './day-bucket.js';
import { FairTurns } from './fair-turns.js';
import type { AdmissionEvents, Gate } from './gate.js';
import { LevelStates } from './level-states.js';
import type { QuotaUse } from './measured.js';
import { Presence } from './presence.js';
import { QueuedEntry } from './queued-entry.js';
import { QuotaPlan } from './quota-plan.js';
import { RequestPermit } from './request-permit.js';
import type { MeasureStock } from './stocks.js';
import { NOBODY } from './waiting-line.js';

export interface NamespaceAdmissionOptions {
  /** What holds for a name; the same object as long as it holds. */
  effective(name: string): Effective;
  /** Whether an unregistered name is in use: stored, or in memory. Asked only without `autoCreate`; throws `AppError` 503 where that is not known. */
  known(name: string): boolean;
  readonly autoCreate: boolean;
  /** Milliseconds that never go back while the process runs, since the epoch. */
  readonly clock: { now(): number };
  /** Longest wait for a quota; 0 = none. */
  readonly quotaWaitMs: number;
  readonly turns: { readonly slots: number; readonly queueMax: number; readonly waitMs: number };
  /** Requests a minute of one caller; undefined = any number. */
  readonly ratePerMinute: number | undefined;
  readonly days: Pick<DayStorage, 'read' | 'write' | 'patienceMs'>;
  readonly measure: MeasureStock;
  readonly events: AdmissionEvents;
}

/**
 * Decides by what the catalog says. State is that of what is going on: who is inside, what was drawn within a window; what
 * is at rest is let go.
 */
export class NamespaceAdmission implements Admission {
  private readonly levels: LevelStates;
  private readonly plans = new WeakMap<Effective, QuotaPlan>();
  private readonly gate: Gate;

  constructor(private readonly options: NamespaceAdmissionOptions) {
    const { clock, events, days, ratePerMinute, turns, autoCreate } = options;
    const onUnsaved = (levelId: string, error: unknown) => events.usageUnsaved(levelId, error);
    this.levels = new LevelStates(clock, { ...days, onUnsaved });
    this.gate = {
      clock,
      events,
      quotaWaitMs: options.quotaWaitMs,
      usageWaitMs: days.patienceMs,
      connections: new Connections(),
      callers: ratePerMinute === undefined ? undefined : new AddressLimit(ratePerMinute),
      turns: new FairTurns({
        ...turns,
        clock,
        onWaited: (namespace, waitedMs) => events.waited('turn', waitedMs, namespace),
        onRefused: (namespace) => events.refused('scoring', namespace),
      }),
      inside: new Presence(),
      outside: new Presence(),
      effective: (name) => options.effective(name),
      planOf: (effective) => (effective.levels.length === 0 ? undefined : this.planOf(effective)),
      mayUse: (name) => autoCreate || options.known(name),
    };
  }

  enter(namespace: string, purpose: Purpose, caller: Caller): Permit | Promise<Permit> {
    const permit = new RequestPermit(this.gate, namespace, purpose, caller);
    const obstacle = permit.enter(NOBODY);
    return obstacle === undefined ? permit : new QueuedEntry(this.gate, permit, obstacle).permit;
  }

  /** Requests that wait: for a quota, or for their turn. */
  get waiting(): number {
    return this.gate.outside.count + this.gate.turns.waiting;
  }

  /** Requests inside a namespace. */
  insideOf(namespace: string): number {
    return this.gate.inside.guests(namespace).length;
  }

  /** Pools of quotas whose state is kept just now. */
  get levelCount(): number {
    return this.levels.size;
  }

  /** How much is used of each quota that holds for a name, pool by pool. */
  uses(name: string): QuotaUse[] {
    return this.gate.planOf(this.options.effective(name))?.uses(this.options.clock.now()) ?? [];
  }

  /** The largest share used, 0 without quotas, and a sentence for each quota from its warning threshold on. */
  utilisation(name: string): { readonly share: number; readonly warnings: readonly string[] } {
    const uses = this.uses(name);
    const near = uses.filter(({ share, threshold }) => share >= threshold);
    return {
      share: uses.reduce((largest, { share }) => Math.max(largest, share), 0),
      warnings: near.map(
        ({ quota, levelId, share }) => `${quota} of ${levelId} is used to ${Math.floor(share * 100)} %`,
      ),
    };
  }

  /** A request that was let in was refused after all, for a stock of this pool: counted and told like any other. */
  noteRefusal(quota: QuotaName, namespace: string, levelId: string): void {
    this.gate.events.refused(quota, namespace, levelId);
  }

  /** What the catalog says has changed: those who wait try again by what holds now. */
  changed(): void {
    this.levels.advance();
  }

  /**
   * Resolves once nobody is inside a namespace that admits nobody any more. Those who wait are sent away at once, those
   * inside after `timeoutMs`; how many that were is answered.
   */
  async drain(namespace: string, timeoutMs: number): Promise<{ readonly expelled: number }> {
    const { inside, outside } = this.gate;
    for (const guest of outside.guests(namespace)) guest.expel();
    if (await withinTime(inside.empty(namespace), timeoutMs)) return { expelled: 0 };
    const guests = inside.guests(namespace);
    for (const guest of guests) guest.expel();
    return { expelled: guests.length };
  }

  /** A namespace is gone: nothing is kept of its pool, and nothing of it is written once this resolved. */
  async forget(id: string): Promise<void> {
    await this.levels.forget(id);
  }

  /** Keeps what was really admitted today, so that an orderly end costs nobody anything. To be called once all have left. */
  async close(): Promise<void> {
    await this.levels.close();
  }

  private planOf(effective: Effective): QuotaPlan {
    let plan = this.plans.get(effective);
    if (plan === undefined) {
      plan = new QuotaPlan(effective, this.levels, this.gate.connections, this.options.measure);
      this.plans.set(effective, plan);
    }
    return plan;
  }
}
