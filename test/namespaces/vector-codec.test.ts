import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBytes,
  decodeDirection,
  decodeFloats,
  encodeBytes,
  encodeDirection,
  encodeFloats,
} from '../../src/namespaces/vector-codec.js';
import { dot, toUnit } from '../../src/ranking/similarity.js';
import { randomUnit } from '../fixtures/memory.js';

const float = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('floats', () => {
  it('property 16: come back bit for bit, also from a view into a larger block', () => {
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 40 }), (components) => {
        const block = Float32Array.from([9, ...components, 9]);
        const vector = block.subarray(1, block.length - 1);
        const back = decodeFloats(encodeFloats(vector), vector.length);
        const bits = (of: Float32Array) => [...new Uint8Array(of.slice().buffer)];
        expect(bits(back ?? new Float32Array(0))).toEqual(bits(Float32Array.from(components)));
      }),
    );
  });

  it('keep null', () => {
    expect(encodeFloats(null)).toBeNull();
    expect(decodeFloats(null, 3)).toBeNull();
  });

  it('refuse another length, what is not text, and numbers that are none', () => {
    const text = encodeFloats(Float32Array.of(1, 2));
    expect(() => decodeFloats(text, 3)).toThrow(RangeError);
    expect(() => decodeFloats(undefined, 2)).toThrow(RangeError);
    expect(() => decodeFloats([1, 2], 2)).toThrow(RangeError);
    expect(() => decodeFloats(encodeFloats(Float32Array.of(Number.NaN, 1)), 2)).toThrow(RangeError);
    expect(() => decodeFloats(encodeFloats(Float32Array.of(Number.POSITIVE_INFINITY, 1)), 2)).toThrow(
      RangeError,
    );
  });
});

describe('bytes', () => {
  it('come back as they were, at exactly the length asked for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = encodeBytes(bytes);
        expect(decodeBytes(text, bytes.length)).toEqual(bytes);
        expect(() => decodeBytes(text, bytes.length + 1)).toThrow(RangeError);
      }),
    );
    expect(encodeBytes(null)).toBeNull();
  });
});

describe('directions', () => {
  it('keep a unit vector’s direction to a cosine above .9999 in one byte a component', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const vector = randomUnit(seed, 192);
        const text = encodeDirection(vector);
        expect(Buffer.from(text ?? '', 'base64')).toHaveLength(192);
        const back = decodeDirection(text, 192) ?? new Float32Array(192);
        expect(dot(back, back)).toBeCloseTo(1, 6);
        expect(dot(vector, back)).toBeGreaterThan(0.9999);
      }),
    );
  });

  it('round each component to the nearest of 127 steps, halves up, by its share of the largest', () => {
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 40 }), (components) => {
        const vector = Float32Array.from(components);
        const largest = Math.max(...vector.map(Math.abs));
        const expected = Int8Array.from(vector, (component) => Math.round((component / largest) * 127));
        expect(encodeDirection(vector)).toBe(Buffer.from(expected.buffer).toString('base64'));
      }),
    );
    // 127 · 1/254 is exactly a half.
    expect(encodeDirection(Float32Array.of(254, 1, -1))).toBe(Buffer.of(127, 1, 0).toString('base64'));
  });

  it('are the same when they are written again', () => {
    const once = decodeDirection(encodeDirection(toUnit(Float32Array.of(3, -4))), 2);
    expect(encodeDirection(once)).toBe(encodeDirection(Float32Array.of(0.6, -0.8)));
  });

  it('of null or zero are null, of another dimension refused', () => {
    expect(encodeDirection(null)).toBeNull();
    expect(decodeDirection(null, 2)).toBeNull();
    expect(decodeDirection(encodeDirection(new Float32Array(2)), 2)).toBeNull();
    expect(() => decodeDirection(encodeDirection(new Float32Array(2)), 3)).toThrow(RangeError);
  });
});
