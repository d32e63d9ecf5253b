import { describe, expect, it } from 'vitest';
import { createHashEncoder } from '../../src/encoders/hash.js';
import { AS_DOCUMENT } from '../fixtures/model-calls.js';

const encoder = createHashEncoder({
  terms: (text) => text.split(' ').filter((word) => word !== ''),
  share: (stem) => (stem === 'common' ? 0.9 : 0.001),
});

async function cosine(a: string, b: string): Promise<number> {
  const [left, right] = await encoder.encode([a, b], AS_DOCUMENT);
  return left!.reduce((sum, value, k) => sum + value * right![k]!, 0);
}

describe('the hash encoder', () => {
  it('is hash v1 with 256 dimensions and threshold .84', () => {
    const { name, version, dimension, tau } = encoder;
    expect({ name, version, dimension, tau }).toEqual({
      name: 'hash',
      version: 'v1',
      dimension: 256,
      tau: 0.84,
    });
  });

  it('gives the vectors it always gave: stored keys depend on them', async () => {
    const [vector] = await encoder.encode(['password'], AS_DOCUMENT);
    const largest = [...vector!.entries()].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 3);
    expect(largest.map(([k, value]) => [k, value.toFixed(4)])).toMatchInlineSnapshot(`
      [
        [
          251,
          "0.9439",
        ],
        [
          3,
          "-0.1249",
        ],
        [
          31,
          "0.1249",
        ],
      ]
    `);
  });

  it('weighs rare words more than common ones', async () => {
    expect(await cosine('common wing', 'wing')).toBeGreaterThan(0.95);
    expect(await cosine('common wing', 'common')).toBeLessThan(0.3);
  });

  it('sees likeness in spelling, less than in words', async () => {
    const misspelt = await cosine('authentication', 'authentification');
    expect(misspelt).toBeGreaterThan(0.02);
    expect(misspelt).toBeLessThan(0.3);
  });

  it('does not care about the order of words', async () => {
    expect(await cosine('red car', 'car red')).toBeCloseTo(1, 6);
  });
});
