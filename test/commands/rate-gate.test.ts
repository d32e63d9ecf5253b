import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RateGate } from '../../src/commands/rate-gate.js';

it('lets nobody start sooner than its rate allows, nor later than it must', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), gaps, (perSecond, pauses) => {
      const gate = new RateGate(perSecond);
      let [now, last] = [0, Number.NEGATIVE_INFINITY];
      for (const pause of pauses) {
        now += pause;
        const start = now + gate.take(now);
        expect(start).toBeCloseTo(Math.max(now, last + 1000 / perSecond), 6);
        last = start;
      }
    }),
  );
});

it('makes nobody wait without a bound', () => {
  const gate = new RateGate(Number.POSITIVE_INFINITY);
  expect([gate.take(5), gate.take(5), gate.take(5)]).toEqual([0, 0, 0]);
});
