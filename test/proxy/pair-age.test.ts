import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { AppError } from '../../src/base/errors.js';
import { ModelError } from '../../src/base/model-call.js';
import { Freshness } from '../../src/proxy/freshness.js';
import { MemoryCache } from '../../src/stores/memory-cache.js';
import { PairHome } from '../fixtures/pair-home.js';

const turn = () => new Promise(setImmediate);
const failed = () => new ModelError('failed', 'no answer');

/** A home that knows the texts 1 and 2 of the query 0, so many milliseconds later; from then on all scores are 7. */
async function aged(ms: number, chance = 0.5): Promise<PairHome> {
  const home = new PairHome();
  home.chance = chance;
  await home.ask('0', ['1', '2']);
  home.clock.advance(ms);
  home.model.asked.length = 0;
  home.model.scoreOf = () => 7;
  return home;
}

describe('a score', () => {
  it('is an answer for its time to live, with its age', async () => {
    const home = await aged(89_999);
    const { ageMs, parts, pairStale } = await home.ask('0', ['1', '2']);
    expect([ageMs, [...parts.logit!], pairStale]).toEqual([89_999, [1, 2], undefined]);
    expect(home.model.asked).toEqual([]);
  });

  it('is as old as its question: what was asked for later stays, though it came earlier', async () => {
    const clock = new ManualClock();
    const store = new MemoryCache({ maxBytes: 1e6, clock });
    const home = new PairHome({ clock, store });
    home.model.isHeld = true;
    const first = home.raw('0', ['1', '2']);
    await turn();
    clock.advance(1000);
    const second = home.raw('0', ['1'], { cacheControl: { noCache: true } });
    await turn();
    home.model.scoreOf = () => 7;
    home.model.asked[1]!.answer();
    clock.advance(1000);
    expect(await second).toEqual([7]);
    home.model.scoreOf = () => 3;
    home.model.asked[0]!.answer();
    expect(await first).toEqual([3, 3]);
    for (const later of [home, new PairHome({ clock, store })]) {
      expect(await later.raw('0', ['1', '2'])).toEqual([7, 3]);
      expect((await later.ask('0', ['1', '2'])).ageMs).toBe(2000);
    }
  });

  it('near its end is fetched anew behind the answer, by some requests and once', async () => {
    // Half of the last tenth is over: chance one half.
    const unlucky = await aged(95_000, 0.51);
    expect(await unlucky.raw('0', ['1'])).toEqual([1]);
    expect(unlucky.model.asked).toEqual([]);
    const home = await aged(95_000, 0.49);
    home.model.isHeld = true;
    expect(await home.raw('0', ['1'])).toEqual([1]);
    expect(await home.raw('0', ['1'])).toEqual([1]);
    expect(home.model.texts).toEqual([['1']]);
    home.model.asked[0]!.answer();
    await new Promise(setImmediate);
    expect(await home.raw('0', ['1'])).toEqual([7]);
    expect(home.model.texts).toEqual([['1']]);
  });

  it('past its time is answered at once, and fetched behind it', async () => {
    const home = await aged(100_000);
    home.model.isHeld = true;
    const { parts, pairHits, pairMisses, pairStale, ageMs } = await home.ask('0', ['1', '2']);
    expect([[...parts.logit!], pairHits, pairMisses, pairStale, ageMs]).toEqual([[1, 2], 2, 0, 2, 100_000]);
    home.model.asked[0]!.answer();
    await new Promise(setImmediate);
    expect(await home.raw('0', ['1', '2'])).toEqual([7, 7]);
    expect(home.model.texts).toEqual([['1', '2']]);
  });

  it('that cannot be fetched behind the answer stays, and is tried for again', async () => {
    const home = await aged(100_000);
    home.model.failure = failed;
    expect(await home.raw('0', ['1'])).toEqual([1]);
    await new Promise(setImmediate);
    expect(await home.raw('0', ['1'])).toEqual([1]);
    await new Promise(setImmediate);
    expect(home.model.asked).toHaveLength(2);
  });

  it('past that is waited for', async () => {
    const home = await aged(150_000);
    const { parts, forward, pairMisses, ageMs } = await home.ask('0', ['1', '2']);
    expect([[...parts.logit!], forward, pairMisses, ageMs]).toEqual([[7, 7], 'stale', 2, undefined]);
  });

  it('past its time is asked for with what is missing, and not answered beside it', async () => {
    const home = await aged(100_000);
    const { parts, pairMisses } = await home.ask('0', ['1', '3']);
    expect([[...parts.logit!], pairMisses]).toEqual([[7, 7], 2]);
  });

  it('stands in where the model fails, if the whole list has one', async () => {
    const home = await aged(999_999);
    home.model.failure = failed;
    const answer = await home.ask('0', ['1', '2']);
    expect([[...answer.parts.logit!], answer.forward, answer.pairStale]).toEqual([[1, 2], 'stale', 2]);
    expect(answer.ageMs).toBe(999_999);
    await expect(home.ask('0', ['1', '3'])).rejects.toThrow('no answer');
    home.clock.advance(1);
    await expect(home.ask('0', ['1', '2'])).rejects.toThrow('no answer');
  });

  it('stands in for an upstream’s 502, and never for what its caller must see or a fault of ours', async () => {
    const home = await aged(200_000);
    home.model.failure = () => new AppError('UPSTREAM_ERROR', 'broken');
    expect(await home.raw('0', ['1'])).toEqual([1]);
    home.model.failure = () => new AppError('FORBIDDEN', 'not you');
    await expect(home.ask('0', ['1'], { cacheControl: { noCache: true } })).rejects.toThrow('not you');
    home.clock.advance(5000);
    for (const error of [new TypeError('ours'), new AppError('INTERNAL_ERROR', 'ours')]) {
      home.model.failure = () => error;
      await expect(home.ask('0', ['1'])).rejects.toBe(error);
    }
  });

  it('stands in for no-cache too where the model fails', async () => {
    const home = await aged(10);
    home.model.failure = failed;
    const { parts, forward, pairStale } = await home.ask('0', ['1'], { cacheControl: { noCache: true } });
    expect([[...parts.logit!], forward, pairStale]).toEqual([[1], 'request', undefined]);
  });

  it('stands in where the caller’s time is up before the model answers', async () => {
    const home = await aged(200_000);
    home.model.isHeld = true;
    const time = new AbortController();
    const answer = home.raw('0', ['1'], { signal: time.signal });
    await new Promise(setImmediate);
    time.abort();
    expect(await answer).toEqual([1]);
  });
});

describe('freshness', () => {
  const durations = fc.integer({ min: 1, max: 1e9 });

  it('falls in one direction, and the chance of an early fetch rises', () => {
    fc.assert(
      fc.property(
        durations,
        durations,
        durations,
        durations,
        durations,
        (ttlMs, staleMs, staleIfErrorMs, a, b) => {
          const freshness = new Freshness({ ttlMs, staleMs, staleIfErrorMs });
          const [young, old] = a < b ? [a, b] : [b, a];
          const claims = (age: number) => [
            freshness.isFresh(age),
            freshness.isServable(age),
            freshness.isSpare(age),
          ];
          claims(old).forEach((holds, index) => {
            if (holds) expect(claims(young)[index]).toBe(true);
          });
          if (freshness.isFresh(old)) expect(freshness.isServable(old) && freshness.isSpare(old)).toBe(true);
          const chance = freshness.refreshChance(old);
          expect(chance).toBeGreaterThanOrEqual(freshness.refreshChance(young));
          expect(chance >= 0 && chance <= 1).toBe(true);
        },
      ),
    );
  });

  it('of what is not known is none, even if nothing ages', () => {
    const ageless = new Freshness({ ttlMs: Number.POSITIVE_INFINITY, staleMs: 0, staleIfErrorMs: 0 });
    expect([1e15, Number.POSITIVE_INFINITY].map((age) => ageless.isFresh(age))).toEqual([true, false]);
    expect([ageless.isServable(Number.POSITIVE_INFINITY), ageless.isSpare(Number.POSITIVE_INFINITY)]).toEqual(
      [false, false],
    );
    expect(ageless.refreshChance(1e15)).toBe(0);
  });
});

describe('a time to live of one namespace', () => {
  it('holds for what is known already, here and on disk, and for nobody else', async () => {
    const clock = new ManualClock();
    const store = new MemoryCache({ maxBytes: 1e6, clock });
    const home = new PairHome({ clock, store });
    for (const namespace of ['default', 'other']) await home.ask('0', ['1'], { namespace });
    clock.advance(40_000);
    home.model.asked.length = 0;
    home.ttls.set('default', 30_000);
    const { pairStale } = await home.ask('0', ['1']);
    expect(pairStale).toBe(1);
    clock.advance(41_000);
    home.model.scoreOf = () => 7;
    // Fresh for 30 s, then stale for 50 s: fetched once behind the answer that was stale.
    expect(await home.raw('0', ['1'], { namespace: 'other' })).toEqual([1]);
    const again = new PairHome({ clock, store });
    again.ttls.set('default', 1);
    again.model.scoreOf = () => 7;
    clock.advance(60_000);
    expect(await again.raw('0', ['1'])).toEqual([7]);
    home.ttls.set('default', 1_000_000);
    expect((await home.ask('0', ['1'])).pairStale).toBeUndefined();
  });

  it('is nothing to scores that never age', async () => {
    const home = new PairHome({
      freshness: { ttlMs: Number.POSITIVE_INFINITY, staleMs: 0, staleIfErrorMs: 0 },
    });
    home.ttls.set('default', 1);
    await home.ask('0', ['1']);
    home.clock.advance(1e9);
    home.model.scoreOf = () => 7;
    expect(await home.raw('0', ['1'])).toEqual([1]);
  });
});
