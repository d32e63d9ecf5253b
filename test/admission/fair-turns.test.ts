import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FairTurns, type FairTurnsOptions } from '../../src/admission/fair-turns.js';
import { ManualClock } from '../../src/base/clock.js';

const patient = () => new AbortController().signal;

function turnsOf(options: Partial<FairTurnsOptions> = {}) {
  return new FairTurns({ slots: 4, queueMax: 100, waitMs: 1000, clock: new ManualClock(), ...options });
}

/** Promises run out. */
const settled = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));

/** Takes turns and notes who got one, in order. */
class Takers {
  readonly served: string[] = [];
  readonly refused: string[] = [];
  private readonly held = new Map<string, (() => void)[]>();

  constructor(
    readonly turns: FairTurns,
    private readonly signal: () => AbortSignal = patient,
  ) {}

  async take(namespace: string): Promise<void> {
    const keep = (giveBack: () => void) => {
      this.served.push(namespace);
      this.held.set(namespace, [...(this.held.get(namespace) ?? []), giveBack]);
    };
    const turn = this.turns.take(namespace, this.signal);
    if (!(turn instanceof Promise)) keep(turn);
    else void turn.then(keep, (error: Error) => this.refused.push(`${namespace}: ${error.message}`));
    await settled();
  }

  async giveBack(namespace: string): Promise<void> {
    this.held.get(namespace)?.shift()?.();
    await settled();
  }

  holds(namespace: string): number {
    return this.held.get(namespace)?.length ?? 0;
  }
}

describe('fair turns', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => vi.useRealTimers());

  it('leave half to the others: one that takes all it can get holds as many as are free', async () => {
    const takers = new Takers(turnsOf({ slots: 8 }));
    for (let i = 0; i < 50; i++) await takers.take('loud');
    expect(takers.holds('loud')).toBe(4);
    for (let i = 0; i < 50; i++) await takers.take('other');
    expect(takers.holds('other')).toBe(2);
  });

  it('are given at once to one with nothing held, however many of another wait', async () => {
    const takers = new Takers(turnsOf({ slots: 4 }));
    for (let i = 0; i < 90; i++) await takers.take('loud');
    expect(takers.turns.waiting).toBe(88);
    await takers.take('quiet');
    expect(takers.served).toEqual(['loud', 'loud', 'quiet']);
  });

  it('go round by namespace, and within one in the order they came', async () => {
    const takers = new Takers(turnsOf({ slots: 2 }));
    for (const name of ['a', 'b', 'a', 'a', 'a', 'b', 'b', 'c']) await takers.take(name);
    expect(takers.served).toEqual(['a', 'b']);
    const order: string[] = [];
    // One of each in turn, though three of a came before the first of c.
    for (const name of ['a', 'b', 'a', 'b', 'c', 'a']) {
      const before = takers.served.length;
      await takers.giveBack(name);
      order.push(...takers.served.slice(before));
    }
    expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'a']);
  });

  it('refuse where too many of a namespace wait, and let those of others wait', async () => {
    const refused: string[] = [];
    const takers = new Takers(
      turnsOf({ slots: 2, queueMax: 2, onRefused: (name: string) => refused.push(name) }),
    );
    for (let i = 0; i < 4; i++) await takers.take('loud');
    expect(takers.refused).toEqual(['loud: Too many requests wait to be scored; try again']);
    await takers.take('other');
    await takers.take('other');
    expect([takers.served, refused]).toEqual([['loud', 'other'], ['loud']]);
  });

  it('are waited for no longer than waitMs, and not once the caller has left', async () => {
    const caller = new AbortController();
    const waits: number[] = [];
    const takers = new Takers(
      turnsOf({ slots: 2, onWaited: (_name: string, ms: number) => waits.push(ms) }),
      () => caller.signal,
    );
    await takers.take('a');
    await takers.take('a');
    vi.advanceTimersByTime(1000);
    await settled();
    expect(takers.refused).toHaveLength(1);
    await takers.take('a');
    caller.abort();
    await settled();
    expect([takers.refused.length, takers.turns.waiting, waits.length]).toEqual([2, 0, 2]);
    await takers.take('a');
    expect(takers.refused).toHaveLength(3);
  });

  it('count a turn that is given back twice once', () => {
    const turns = turnsOf();
    const giveBack = turns.take('a', patient) as () => void;
    giveBack();
    giveBack();
    expect(turns.held).toBe(0);
  });

  it('keep to their bounds, starve nobody and lose nothing, whatever comes', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const step = fc.record({ take: fc.boolean(), name: fc.constantFrom(...names) });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.array(step, { maxLength: 120 }),
        async (slots, steps) => {
          const takers = new Takers(turnsOf({ slots, queueMax: 1000 }));
          const asked = new Map<string, number>();
          const gaveBack = new Map<string, number>();
          const waitingOf = (name: string) =>
            (asked.get(name) ?? 0) - takers.holds(name) - (gaveBack.get(name) ?? 0);
          const check = () => {
            const held = names.reduce((sum, name) => sum + takers.holds(name), 0);
            expect(held).toBe(takers.turns.held);
            expect(held).toBeLessThanOrEqual(slots);
            expect(names.reduce((sum, name) => sum + waitingOf(name), 0)).toBe(takers.turns.waiting);
            const free = slots - held;
            // Nobody waits who could go on.
            for (const name of names)
              if (waitingOf(name) > 0) expect(free > 0 && takers.holds(name) < Math.max(1, free)).toBe(false);
          };
          for (const { take, name } of steps) {
            if (take) {
              asked.set(name, (asked.get(name) ?? 0) + 1);
              await takers.take(name);
            } else if (takers.holds(name) > 0) {
              gaveBack.set(name, (gaveBack.get(name) ?? 0) + 1);
              await takers.giveBack(name);
            }
            check();
          }
          // All come to their turn once the others go on giving back: at most as many rounds as were asked for.
          for (let round = 0; round <= steps.length && takers.turns.held > 0; round++) {
            for (const name of names) {
              if (takers.holds(name) === 0) continue;
              gaveBack.set(name, (gaveBack.get(name) ?? 0) + 1);
              await takers.giveBack(name);
              check();
            }
          }
          expect([takers.turns.waiting, takers.turns.held, takers.served.length]).toEqual([
            0,
            0,
            [...asked.values()].reduce((sum, count) => sum + count, 0),
          ]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('come to one that waits with nothing held after at most one turn of every other namespace', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 4, maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (crowd, slots) => {
          const takers = new Takers(turnsOf({ slots, queueMax: 1000 }));
          for (const name of crowd) await takers.take(name);
          await takers.take('late');
          const before = takers.served.length;
          for (let i = 0; i < 40 && takers.holds('late') === 0; i++) {
            const holder = ['a', 'b', 'c', 'd'].find((name) => takers.holds(name) > 0)!;
            await takers.giveBack(holder);
          }
          const between = takers.served.slice(before, takers.served.indexOf('late'));
          for (const name of new Set(between))
            expect(between.filter((other) => other === name).length).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 100 },
    );
  });
});
