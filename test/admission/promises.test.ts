import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NamespaceAdmission } from '../../src/admission/namespace-admission.js';
import { Asking, FakeCatalog, type GivenQuotas, level } from './fake-catalog.js';

/** Families of two: what one of them takes, both have taken. */
const NAMES = ['a', 'a.x', 'a.y', 'b'];
const POOLS: Readonly<Record<string, readonly string[]>> = {
  a: ['a'],
  'a.x': ['a.x', 'a'],
  'a.y': ['a'],
  b: ['b'],
};

const action = fc.constantFrom('reject' as const, 'throttle' as const);
const rate = fc.record({
  limit: fc.integer({ min: 1, max: 20 }),
  burst: fc.integer({ min: 1, max: 5 }),
  action,
});
const quotas = fc.record({
  max_requests_per_second: rate,
  max_concurrent_queries: fc.integer({ min: 1, max: 4 }),
});
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      name: fc.constantFrom(...NAMES),
      n: fc.nat(4),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('leave' as const), name: fc.constant(''), n: fc.nat(50) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('goAway' as const), name: fc.constant(''), n: fc.nat(50) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), name: fc.constant(''), n: fc.nat(700) }),
  },
);

interface Entered {
  readonly name: string;
  readonly at: number;
}

describe('quotas, whatever comes', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => vi.useRealTimers());

  it('never admit more than promised in any window, hold their pools, lose nobody, and give all back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ a: quotas, 'a.x': quotas, b: quotas }),
        fc.array(step, { maxLength: 80 }),
        async (given, steps) => {
          const catalog = new FakeCatalog();
          const specs = given as Readonly<Record<string, GivenQuotas>>;
          for (const name of NAMES)
            catalog.hold(name, { levels: POOLS[name]!.map((id) => level(id, specs[id]!)) });
          const admission = catalog.admission();
          const entered: Entered[] = [];
          let asked: { asking: Asking; name: string; isIn: boolean }[] = [];
          const note = () => {
            for (const one of asked) {
              if (one.isIn || one.asking.outcome !== 'in') continue;
              one.isIn = true;
              entered.push({ name: one.name, at: catalog.clock.now() });
            }
            asked = asked.filter(({ asking }) => asking.error === undefined);
            checkPools(specs, asked, admission);
          };
          for (const { kind, name, n } of steps) {
            if (kind === 'ask')
              for (let i = 0; i <= n; i++) {
                asked.push({ asking: new Asking(admission, name), name, isIn: false });
              }
            else if (kind === 'pass') {
              // In small steps, so that it is known when somebody got in.
              for (let ms = 0; ms < n; ms += 10) {
                catalog.clock.advance(10);
                await vi.advanceTimersByTimeAsync(10);
                note();
              }
            } else {
              const chosen = asked.filter(({ isIn }) => isIn === (kind === 'leave'))[n];
              if (kind === 'leave') chosen?.asking.permit?.leave();
              else chosen?.asking.caller.goAway();
              if (kind === 'leave') asked = asked.filter((one) => one !== chosen);
            }
            await vi.advanceTimersByTimeAsync(0);
            note();
          }
          checkRates(specs, entered);
          // All leave, and after the longest wait nobody waits or holds anything.
          for (let i = 0; i < 200 && asked.length > 0; i++) {
            for (const { asking } of asked) asking.permit?.leave();
            asked = asked.filter(({ asking }) => asking.outcome === 'waits');
            catalog.clock.advance(20);
            await vi.advanceTimersByTimeAsync(20);
            note();
          }
          expect([asked.length, admission.waiting, NAMES.map((name) => admission.insideOf(name))]).toEqual([
            0,
            0,
            [0, 0, 0, 0],
          ]);
          for (const name of NAMES)
            for (const use of admission.uses(name))
              if (use.quota === 'max_concurrent_queries') expect(use.used).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Who is in a pool is never more than its limit, and what is counted is who is in it. */
function checkPools(
  specs: Readonly<Record<string, GivenQuotas>>,
  asked: readonly { readonly name: string; readonly isIn: boolean }[],
  admission: NamespaceAdmission,
): void {
  for (const id of Object.keys(specs)) {
    const inside = asked.filter(({ name, isIn }) => isIn && POOLS[name]!.includes(id)).length;
    expect(inside).toBeLessThanOrEqual(specs[id]!.max_concurrent_queries as number);
    const use = admission
      .uses(id)
      .find(({ quota, levelId }) => quota === 'max_concurrent_queries' && levelId === id);
    expect(use!.used).toBe(inside);
  }
}

/** In any window of length w at most burst + rate · w of a pool got in. */
function checkRates(specs: Readonly<Record<string, GivenQuotas>>, entered: readonly Entered[]): void {
  for (const [id, { max_requests_per_second: spec }] of Object.entries(specs)) {
    const { limit, burst } = spec as { limit: number; burst: number };
    const times = entered.filter(({ name }) => POOLS[name]!.includes(id)).map(({ at }) => at);
    times.forEach((from, first) => {
      for (let last = first; last < times.length; last++)
        expect(last - first + 1).toBeLessThanOrEqual(burst + ((times[last]! - from) * limit) / 1000 + 1e-6);
    });
  }
}
