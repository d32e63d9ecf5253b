import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CosineCounts } from '../../src/evaluation/cosine-counts.js';
import {
  ALLOWED_SHARE,
  areDisjoint,
  measureThreshold,
  QUANTILES,
  type Relation,
} from '../../src/evaluation/measure-threshold.js';

/** A unit vector in a plane, at so many degrees. */
function at(degrees: number): Float32Array {
  const angle = (degrees * Math.PI) / 180;
  return Float32Array.of(Math.cos(angle), Math.sin(angle));
}

/** So many pairs of queries, each in a plane of its own: all unrelated, two of a pair so many degrees apart. */
function pairs(degrees: readonly number[]): Float32Array[] {
  return degrees.flatMap((angle, pair) =>
    [at(0), at(angle)].map((plane) => {
      const key = new Float32Array(2 * degrees.length);
      key.set(plane, 2 * pair);
      return key;
    }),
  );
}

const unrelated = (): Relation => 'unrelated';

describe('the threshold', () => {
  it('is the least hundredth at which 4.5 % of the queries find an unrelated one at most', () => {
    // Of 100 queries the two of pair p meet at cos(p degrees); 4 may: those of pairs 1 and 2. Pair 3 is at .99863.
    const keys = pairs(Array.from({ length: 50 }, (_, pair) => (pair < 2 ? pair + 1 : 30 + pair)));
    const { tau, disturbed, unrelated: found, queries } = measureThreshold({ keys, relation: unrelated });
    // Pair 2 of the others: 32 degrees, .848.
    expect([tau, disturbed, queries]).toEqual([0.85, 0.04, 100]);
    expect(found.pairs).toBe(4950);
    expect(found.found).toBeCloseTo(2 / 4950, 9);
  });

  it('counts related pairs as found or not, and pairs of which nothing is known not at all', () => {
    const keys = pairs(Array.from({ length: 30 }, () => 0));
    const relation = (left: number, right: number): Relation => {
      if (left >> 1 === right >> 1) return 'related';
      return left < 2 || right < 2 ? 'neither' : 'unrelated';
    };
    const report = measureThreshold({ keys, relation, otherRelated: [-0.5, -0.5] });
    // Unrelated ones stand at right angles: cosine 0 is found at 0, so .01 it is.
    expect(report.tau).toBe(0.01);
    expect(report.related.pairs).toBe(32);
    expect(report.related.found).toBeCloseTo(30 / 32, 9);
    expect(report.unrelated.pairs).toBe((58 * 57) / 2 - 29);
    expect(report.related.quantiles[QUANTILES.indexOf(0.01)]).toBeCloseTo(-0.5, 3);
    expect(report.related.quantiles[QUANTILES.indexOf(0.5)]).toBeCloseTo(1, 3);
  });

  it('looks only at who is asked and who is known then', () => {
    const keys = pairs(Array.from({ length: 30 }, () => 10));
    const everyone = [...keys.keys()];
    const first = everyone.filter((place) => place % 2 === 0);
    const meetings = [{ asked: first, known: first }];
    expect(measureThreshold({ keys, relation: unrelated, meetings }).tau).toBe(0.01);
    // cos 10 degrees = .985
    expect(measureThreshold({ keys, relation: unrelated }).tau).toBe(0.99);
  });

  it('holds its promise for any queries, and is the least that does', () => {
    const clouds = fc.array(fc.double({ min: 0, max: 360, noNaN: true }), { minLength: 50, maxLength: 60 });
    fc.assert(
      fc.property(clouds, fc.integer({ min: 2, max: 12 }), (angles, groups) => {
        const keys = angles.map(at);
        const relation = (left: number, right: number) =>
          left % groups === right % groups ? 'related' : 'unrelated';
        const shareAt = (threshold: number) =>
          angles.filter((_, query) =>
            angles.some(
              (__, other) =>
                relation(query, other) === 'unrelated' &&
                keys[query][0] * keys[other][0] + keys[query][1] * keys[other][1] >= threshold,
            ),
          ).length / angles.length;
        if (shareAt(0.99) > ALLOWED_SHARE) {
          expect(() => measureThreshold({ keys, relation })).toThrow(/cannot tell these queries apart/);
          return;
        }
        const { tau, disturbed } = measureThreshold({ keys, relation });
        expect(disturbed).toBeCloseTo(shareAt(tau), 9);
        expect(disturbed).toBeLessThanOrEqual(ALLOWED_SHARE);
        if (tau > 0) expect(shareAt(tau - 0.01)).toBeGreaterThan(ALLOWED_SHARE);
      }),
    );
  });

  it('is not measured on fewer than 50 queries', () => {
    const keys = pairs(Array.from({ length: 24 }, () => 0));
    expect(() => measureThreshold({ keys, relation: unrelated })).toThrow(/48 queries are too few/);
  });
});

describe('counts of cosines', () => {
  it('give shares and quantiles to a thousandth', () => {
    const cosine = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(cosine, { minLength: 1, maxLength: 40 }), cosine, (cosines, where) => {
        const counts = new CosineCounts();
        for (const value of cosines) counts.add(value);
        const threshold = Math.round(where * 1000) / 1000;
        const surely = cosines.filter((value) => value >= threshold).length;
        const perhaps = cosines.filter((value) => value >= threshold - 2e-6).length;
        const share = counts.shareFrom(threshold) * cosines.length;
        expect(share).toBeGreaterThanOrEqual(surely - 1e-9);
        expect(share).toBeLessThanOrEqual(perhaps + 1e-9);
        const median = cosines.toSorted((a, b) => a - b)[Math.floor(cosines.length / 2)];
        expect(Math.abs(counts.quantile(0.5) - median)).toBeLessThan(0.0011);
      }),
    );
  });

  it('take what rounding carries beyond 1 as 1, and say nothing of nothing', () => {
    const counts = new CosineCounts();
    expect([counts.shareFrom(0), counts.quantile(0.5)]).toEqual([Number.NaN, Number.NaN]);
    counts.add(1.0000001);
    counts.add(-1.0000001);
    expect([counts.shareFrom(1), counts.shareFrom(-1), counts.total]).toEqual([0.5, 1, 2]);
  });
});

describe('sets', () => {
  it('are disjoint where nothing is in both', () => {
    const [a, b, c] = [new Set(['x', 'y']), new Set(['z']), new Set(['y', 'z', 'w'])];
    expect([areDisjoint(a, b), areDisjoint(a, c), areDisjoint(c, a), areDisjoint(a, new Set())]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});
