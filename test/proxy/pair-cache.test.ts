import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairCache, type ScoredText } from '../../src/proxy/pair-cache.js';

/** Scores and ages of texts at a time. */
function read(cache: PairCache, question: string, digests: readonly string[], now: number) {
  const [scores, ages] = [new Float64Array(digests.length), new Float64Array(digests.length)];
  const oldest = cache.get(question)?.read(digests, now, scores, ages);
  return { scores: [...scores], ages: [...ages], oldest };
}

describe('the pair cache', () => {
  it('has of each text the latest score that was given, as a plain map has', () => {
    const pair = fc.record({
      digest: fc.constantFrom('a', 'b', 'c'),
      score: fc.double({ noNaN: true }),
      at: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(pair)), (batches) => {
        const cache = new PairCache(1e6);
        const model = new Map<string, ScoredText>();
        for (const batch of batches) {
          cache.keep('q', 'm', batch);
          for (const one of batch) if (one.at >= (model.get(one.digest)?.at ?? 0)) model.set(one.digest, one);
        }
        for (const [digest, { score, at }] of model)
          expect(read(cache, 'q', [digest], 200)).toEqual({
            scores: [score],
            ages: [200 - at],
            oldest: 200 - at,
          });
      }),
    );
  });

  it('says how old the oldest is, and of what is not known that it is older than all', () => {
    const cache = new PairCache(1e6);
    cache.keep('q', 'm', [
      { digest: 'a', score: 1, at: 10 },
      { digest: 'b', score: 2, at: 30 },
    ]);
    expect(read(cache, 'q', ['b', 'a'], 40)).toEqual({ scores: [2, 1], ages: [10, 30], oldest: 30 });
    // A clock that went back.
    expect(read(cache, 'q', ['b'], 0).oldest).toBe(0);
    expect(read(cache, 'q', ['b', 'x'], 40).oldest).toBe(Number.POSITIVE_INFINITY);
    expect(cache.get('other')).toBeUndefined();
  });

  it('begins a question anew that has met too many texts', () => {
    const cache = new PairCache(1e9);
    const texts = (from: number) =>
      Array.from({ length: 10_000 }, (_, n) => ({ digest: `${from + n}`, score: n, at: 0 }));
    cache.keep('q', 'm', texts(0));
    cache.keep('q', 'm', texts(10_000));
    expect(cache.get('q')!.size).toBe(10_000);
    expect(read(cache, 'q', ['10000', '0'], 0).ages).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it('weighs no less than it takes, and nothing once it has forgotten', () => {
    const evicted: number[] = [];
    const cache = new PairCache(5000, (pairs) => evicted.push(pairs));
    for (const question of ['1', '2', '3', '4'])
      cache.keep(
        question,
        'm',
        Array.from({ length: 9 }, (_, n) => ({ digest: `${n}`, score: n, at: 0 })),
      );
    expect([cache.bytes, evicted]).toEqual([3900, [9, 9]]);
    expect([cache.forget('another'), cache.forget(), cache.bytes]).toEqual([0, 18, 0]);
    // Larger than all that may be held.
    cache.keep(
      '5',
      'm',
      Array.from({ length: 100 }, (_, n) => ({ digest: `${n}`, score: n, at: 0 })),
    );
    expect(cache.bytes).toBe(0);
  });
});
