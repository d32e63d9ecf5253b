import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { vi } from 'vitest';
import type { Caller, Permit, Purpose } from '../../src/admission/admission.js';
import {
  NamespaceAdmission,
  type NamespaceAdmissionOptions,
} from '../../src/admission/namespace-admission.js';
import type { StockQuota } from '../../src/admission/stocks.js';
import { ManualClock } from '../../src/base/clock.js';
import type { Effective, QuotaLevel } from '../../src/catalog/effective.js';
import type { QuotaName, QuotaSpec } from '../../src/catalog/quota.js';
import type { KeptStatus } from '../../src/catalog/status.js';

/** A limit alone, or with what differs from the default. */
export type GivenQuotas = Partial<Record<QuotaName, number | (Partial<QuotaSpec> & { limit: number })>>;

/** A pool as the catalog has it. */
export function level(id: string, quotas: GivenQuotas): QuotaLevel {
  const specs = Object.entries(quotas).map(([name, given]) => {
    const spec = typeof given === 'number' ? { limit: given } : given;
    return [name as QuotaName, { warning_threshold: 0.8, action: 'reject', ...spec }] as const;
  });
  return { id, quotas: new Map(specs) };
}

/** What holds for names, and what admission told and wrote. */
export class FakeCatalog {
  readonly clock = new ManualClock();
  readonly used = new Map<string, number>();
  readonly usage = new Map<string, { level: number; at: number }>();
  readonly refused: string[] = [];
  readonly warned: string[] = [];
  readonly waited: { reason: string; ms: number }[] = [];
  readonly unsaved: string[] = [];
  readonly knownNames = new Set<string>();
  private readonly known = new Map<string, Effective>();

  /** Sets what holds from now on. */
  hold(
    name: string,
    what: { status?: KeptStatus; levels?: QuotaLevel[]; isRegistered?: boolean } = {},
  ): void {
    const { status = 'active', levels = [], isRegistered = true } = what;
    this.known.set(name, {
      name,
      isRegistered,
      status,
      statusOf: name,
      tier: 'unlimited',
      tierOf: null,
      levels,
      policies: {},
      policiesOf: {},
    });
  }

  effective(name: string): Effective {
    if (!this.known.has(name)) this.hold(name, { isRegistered: false });
    return this.known.get(name)!;
  }

  admission(options: Partial<NamespaceAdmissionOptions> = {}): NamespaceAdmission {
    return new NamespaceAdmission({
      effective: (name) => this.effective(name),
      known: (name) => this.knownNames.has(name),
      autoCreate: true,
      clock: this.clock,
      quotaWaitMs: 1000,
      turns: { slots: 8, queueMax: 100, waitMs: 1000 },
      ratePerMinute: undefined,
      days: {
        read: (id) => this.usage.get(id),
        write: async (id, kept) => void this.usage.set(id, { ...kept }),
        patienceMs: 1000,
      },
      measure: (id: string, quota: StockQuota) => this.used.get(`${id} ${quota}`),
      events: {
        refused: (limit) => void this.refused.push(limit),
        warned: ({ quota, levelId }) => void this.warned.push(`${quota} ${levelId}`),
        waited: (reason, ms) => void this.waited.push({ reason, ms }),
        usageUnsaved: (id) => void this.unsaved.push(id),
      },
      ...options,
    });
  }
}

/** A socket as far as admission looks at it. */
export class FakeSocket extends EventEmitter {
  destroyed = false;

  constructor(readonly remoteAddress = '192.0.2.1') {
    super();
  }

  close(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

/** Somebody who makes a request. */
export class FakeCaller implements Caller {
  readonly socket: Socket;
  readonly expelledWith: Error[] = [];
  private readonly gone = new AbortController();

  constructor(
    socket: FakeSocket = new FakeSocket(),
    readonly identity = 'anonymous',
  ) {
    this.socket = socket as unknown as Socket;
  }

  signal(): AbortSignal {
    return this.gone.signal;
  }

  goAway(): void {
    this.gone.abort();
  }

  expel(error: Error): void {
    this.expelledWith.push(error);
  }
}

/** Asks, and says how it went: a permit, what it was refused with, or that it waits. */
export class Asking {
  permit: Permit | undefined;
  error: (Error & { code?: string; retryAfterS?: number; headers?: readonly string[] }) | undefined;

  constructor(
    admission: NamespaceAdmission,
    name: string,
    purpose: Purpose = 'query',
    readonly caller: FakeCaller = new FakeCaller(),
  ) {
    try {
      const permit = admission.enter(name, purpose, caller);
      if (!(permit instanceof Promise)) this.permit = permit;
      else
        void permit.then(
          (given) => {
            this.permit = given;
          },
          (error: Error) => {
            this.error = error;
          },
        );
    } catch (error) {
      this.error = error as Error;
    }
  }

  get outcome(): string {
    if (this.permit !== undefined) return 'in';
    return this.error === undefined ? 'waits' : `${this.error.code}: ${this.error.message}`;
  }
}

/** A catalog, and time that goes by for clock and timers alike while promises run out. Needs fake timers. */
export function setUpAdmission() {
  const catalog = new FakeCatalog();
  const pass = async (ms: number) => {
    catalog.clock.advance(ms);
    await vi.advanceTimersByTimeAsync(ms);
  };
  return { catalog, pass };
}

/** Timers that `pass` moves. */
export function useFakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}
