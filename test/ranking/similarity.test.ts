import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dot,
  isZero,
  minMax,
  orderByDescending,
  signBitCosine,
  signBits,
  toUnit,
} from '../../src/ranking/similarity.js';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

it('dot is the inner product', () => {
  expect(dot([1, 2], [3, 4])).toBe(11);
});

describe('toUnit', () => {
  it('scales in place to length 1', () => {
    const vector = Float32Array.of(3, 4);
    expect(toUnit(vector)).toBe(vector);
    expect(dot(vector, vector)).toBeCloseTo(1, 6);
  });

  it('makes a nearly zero vector exactly zero', () => {
    expect([...toUnit(Float32Array.of(1e-20, -1e-20))]).toEqual([0, 0]);
  });

  it('makes a vector that overflows single precision zero instead of NaN', () => {
    expect(isZero(toUnit(Float32Array.of(1e200, 1)))).toBe(true);
  });
});

describe('minMax', () => {
  it('scales to [0, 1]; 0.5 where all are equal', () => {
    expect([...minMax([2, 4, 3])]).toEqual([0, 1, 0.5]);
    expect([...minMax([7, 7])]).toEqual([0.5, 0.5]);
    expect(minMax([])).toHaveLength(0);
  });

  it('stays within [0, 1] for any finite values and keeps their order', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 20 }), (values) => {
        const scaled = minMax(values);
        for (let i = 0; i < values.length; i++) {
          expect(scaled[i]).toBeGreaterThanOrEqual(0);
          expect(scaled[i]).toBeLessThanOrEqual(1);
          for (let j = 0; j < i; j++)
            if (values[i] > values[j]) expect(scaled[i]).toBeGreaterThanOrEqual(scaled[j]);
        }
      }),
    );
  });

  it('does not overflow where the range does', () => {
    expect([...minMax([-1.7e308, 0, 1.7e308])]).toEqual([0, 0.5, 1]);
  });
});

describe('sign bits', () => {
  it('set one bit for each positive component, in whole bytes', () => {
    expect([...signBits([1, -1, 0, 2])]).toEqual([0b1001]);
    expect(signBits(new Float32Array(9))).toHaveLength(2);
  });

  it('estimate the cosine: 1 for equal, 0 for half of the bits, −1 for all of them', () => {
    const bits = signBits([1, 1, 1, 1, -1, -1, -1, -1]);
    expect(signBitCosine(bits, bits, 8)).toBe(1);
    expect(signBitCosine(bits, signBits([1, 1, -1, -1, 1, 1, -1, -1]), 8)).toBeCloseTo(0, 12);
    expect(signBitCosine(bits, signBits([-1, -1, -1, -1, 1, 1, 1, 1]), 8)).toBe(-1);
  });
});

describe('orderByDescending', () => {
  it('sorts as a stable sort does', () => {
    const value = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 200, size: 'max' }), (values) => {
        const expected = values
          .map((_, index) => index)
          .sort((a, b) => (values[a]! === values[b]! ? 0 : values[a]! > values[b]! ? -1 : 1));
        expect(orderByDescending(values)).toEqual(expected);
      }),
    );
  });

  it('puts the largest first and keeps ties in place', () => {
    expect(orderByDescending([1, 3, 3, 2])).toEqual([1, 2, 3, 0]);
  });
});
