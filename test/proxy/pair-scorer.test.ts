import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { AppError } from '../../src/base/errors.js';
import { ModelError } from '../../src/base/model-call.js';
import { MemoryCache } from '../../src/stores/memory-cache.js';
import { PairHome, type PairHomeOptions } from '../fixtures/pair-home.js';

const failed = () => new ModelError('failed', 'no answer');
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `${from + n}`);

describe('a list of which some is known', () => {
  it('asks for the rest alone: of 50 documents of which 48 were seen, 2', async () => {
    const home = new PairHome();
    await home.ask('0', numbers(48));
    const { pairHits, pairMisses, ageMs } = await home.ask('0', numbers(50));
    expect(home.model.texts).toEqual([numbers(48), ['48', '49']]);
    expect([pairHits, pairMisses, ageMs]).toEqual([48, 2, 0]);
    expect(home.used.at(-1)).toEqual({ remembered: 48, joined: 0, repeated: 0, asked: 2 });
  });

  it('asks nobody, whatever order, part and repetition it comes in, and scores each text as it did', async () => {
    const texts = numbers(12);
    const lists = fc.array(fc.constantFrom(...texts), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(lists, { minLength: 1, maxLength: 6 }), async (requests) => {
        const home = new PairHome();
        for (const list of requests)
          expect(await home.raw('3', list)).toEqual(list.map((text) => Number(text) - 3));
        const asked = home.model.texts.flat();
        expect(asked.length).toBe(new Set(asked).size);
        expect(new Set(asked)).toEqual(new Set(requests.flat()));
      }),
      { numRuns: 50 },
    );
  });

  it('knows a text again that the text cache has forgotten', async () => {
    const home = new PairHome({ textBytes: 2000 });
    await home.ask('0', ['1']);
    await home.ask('0', numbers(40, 2));
    expect(home.open().texts.size).toBeLessThan(5);
    await home.ask('0', ['1']);
    expect(home.model.texts).toHaveLength(2);
  });

  it('tells texts apart that UTF-8 does not', async () => {
    const home = new PairHome();
    home.model.scoreOf = (_, text) => text.charCodeAt(0);
    expect(await home.raw('q', ['\ud800', '\ud801', '\ufffd'])).toEqual([0xd800, 0xd801, 0xfffd]);
  });

  it('is another for another query, model, credential or namespace, and the same with another trace', async () => {
    const home = new PairHome();
    const count = async (...args: Parameters<PairHome['ask']>) => {
      const before = home.model.asked.length;
      await home.ask(...args);
      return home.model.asked.length - before;
    };
    expect(await count('0', ['1'])).toBe(1);
    expect(await count('00', ['1'])).toBe(1);
    expect(await count('0', ['1'], { wishes: { model: 'm' } })).toBe(1);
    expect(await count('0', ['1'], { wishes: { model: 'm', credential: 'c' } })).toBe(1);
    expect(await count('0', ['1'], { namespace: 'other' })).toBe(1);
    expect(await count('0', ['1'], { wishes: { traceparent: '00-1-2-01' } })).toBe(0);
    expect(await count('0', ['1'], { wishes: { model: 'm', credential: 'c' } })).toBe(0);
    expect(home.model.asked.map(({ call }) => call.namespace)).toEqual([
      ...Array(4).fill('default'),
      'other',
    ]);
  });

  it('keeps within its bytes, the question used least recently first out', async () => {
    const home = new PairHome({ pairBytes: 10_000 });
    for (const query of numbers(9)) await home.ask(query, numbers(10));
    expect(home.open().scorer.bytes).toBeLessThanOrEqual(10_000);
    expect(home.evicted).toBe(50);
    home.model.asked.length = 0;
    await home.ask('8', numbers(10));
    expect(home.model.texts).toEqual([]);
    await home.ask('0', ['1']);
    expect(home.model.texts).toEqual([['1']]);
  });

  it('says what is remembered: not a list that is more than it may hold, unless it is kept beyond memory', async () => {
    const store = new MemoryCache({ maxBytes: 1e6, clock: new ManualClock() });
    const stored = async (options: PairHomeOptions) =>
      (await new PairHome({ pairBytes: 3000, ...options }).ask('0', numbers(50))).isStored;
    expect(await stored({ pairBytes: 30_000 })).toBe(true);
    expect(await stored({})).toBe(false);
    expect(await stored({ store })).toBe(true);
    const put = (): void => {
      throw new Error('closed');
    };
    expect(await stored({ store: { getMany: async () => [], put } })).toBe(false);
  });

  it('has raw scores where they are wished, else what the logistic function makes of logits', async () => {
    const home = new PairHome();
    const mapped = await home.ask('0', ['0', '2']);
    expect([home.scorer.scale, mapped.scale, mapped.scores[0]]).toEqual(['probability', undefined, 0.5]);
    const raw = await home.ask('0', ['0', '2'], { wishes: { rawScores: true } });
    expect([raw.scale, ...raw.scores]).toEqual(['logit', 0, 2]);
    const other = new PairHome();
    other.model.scale = 'probability';
    other.model.scoreOf = () => 0.25;
    expect((await other.ask('0', ['1'])).scores).toEqual(Float64Array.of(0.25));
    const wishes = { rawScores: true };
    expect((await other.ask('1', ['1'], { wishes })).scale).toBeUndefined();
    other.model.hasRaw = true;
    expect(await other.ask('2', ['1'], { wishes })).toMatchObject({
      scale: 'logit',
      parts: { logit: Float64Array.of(0.25) },
    });
  });
});

describe('a model that fails', () => {
  it('costs the list its scores, of which those that came are kept', async () => {
    const home = new PairHome();
    home.model.failure = (text) => (text === '2' ? failed() : undefined);
    await expect(home.ask('0', ['1', '2', '3'])).rejects.toThrow('no answer');
    home.model.failure = () => undefined;
    await home.ask('0', ['1', '2', '3']);
    expect(home.model.texts).toEqual([['1', '2', '3'], ['2']]);
  });

  it('is for its caller what it is told to be, unless old scores stand in', async () => {
    const home = new PairHome({ toError: ({ failure }) => new AppError('UPSTREAM_ERROR', failure) });
    await home.ask('0', ['1']);
    home.model.failure = failed;
    await expect(home.ask('0', ['2'])).rejects.toMatchObject({ code: 'UPSTREAM_ERROR', message: 'failed' });
    home.clock.advance(200_000);
    expect(await home.raw('0', ['1'])).toEqual([1]);
    home.model.failure = () => new TypeError('ours');
    await expect(home.ask('0', ['1'])).rejects.toThrow('ours');
  });

  it('is not asked again at once for what it refused, and then it is', async () => {
    const home = new PairHome();
    const refusal = new AppError('VALIDATION_ERROR', 'too long');
    home.model.failure = () => refusal;
    await expect(home.ask('0', ['1', '2'])).rejects.toBe(refusal);
    await expect(home.ask('0', ['2', '1'])).rejects.toBe(refusal);
    expect(home.model.asked).toHaveLength(1);
    await expect(home.ask('0', ['1', '3'])).rejects.toBe(refusal);
    await expect(home.ask('0', ['1', '2'], { cacheControl: { noCache: true } })).rejects.toBe(refusal);
    expect(home.model.asked).toHaveLength(3);
    home.clock.advance(5000);
    home.model.failure = () => undefined;
    await home.ask('0', ['1', '2']);
    expect(home.model.asked).toHaveLength(4);
  });

  it('that refuses us is not asked again at once, whatever stands in, unless old scores do', async () => {
    const home = new PairHome();
    await home.ask('0', ['1']);
    home.model.failure = () => new ModelError('refused', 'no such model');
    await expect(home.ask('0', ['2'])).rejects.toThrow('no such model');
    await expect(home.ask('0', ['2'])).rejects.toThrow('no such model');
    expect(home.model.asked).toHaveLength(2);
    home.clock.advance(200_000);
    expect(await home.raw('0', ['1'])).toEqual([1]);
    await home.raw('0', ['1']);
    // Old scores stand in, so it is asked whether it has come round.
    expect(home.model.asked).toHaveLength(4);
  });

  it('is not asked at once by a caller it does not know, whatever the question; others ask', async () => {
    const home = new PairHome();
    home.model.failure = () => new AppError('UNAUTHORIZED', 'who?');
    const wishes = { credential: 'wrong' };
    await expect(home.ask('0', ['1'], { wishes })).rejects.toThrow('who?');
    await expect(home.ask('9', ['7'], { wishes })).rejects.toThrow('who?');
    expect(home.model.asked).toHaveLength(1);
    home.model.failure = () => undefined;
    await home.ask('0', ['1'], { wishes: { credential: 'right' } });
    expect(home.model.asked).toHaveLength(2);
  });

  it.each(['UPSTREAM_ERROR', 'UPSTREAM_TIMEOUT', 'RATE_LIMITED'] as const)(
    'with %s is asked again by the next request',
    async (code) => {
      const home = new PairHome();
      home.model.failure = () => new AppError(code, 'not now');
      await expect(home.ask('0', ['1'])).rejects.toThrow('not now');
      home.model.failure = () => undefined;
      expect(await home.raw('0', ['1'])).toEqual([1]);
    },
  );
});

describe('a text of which only the start was scored', () => {
  it('has its score, which is not remembered; the others are', async () => {
    const home = new PairHome();
    home.model.isCut = (text) => text === '2';
    expect(await home.raw('0', ['1', '2', '3'])).toEqual([1, 2, 3]);
    expect(await home.raw('0', ['1', '2', '3'])).toEqual([1, 2, 3]);
    expect(home.model.texts).toEqual([['1', '2', '3'], ['2']]);
  });
});

describe('a list that is scored as a whole', () => {
  const open = () => {
    const home = new PairHome();
    home.model.isListwise = () => true;
    return home;
  };

  it('is remembered as a whole, in whatever order, and not in part', async () => {
    const home = open();
    await home.ask('0', ['1', '2', '3']);
    expect(await home.raw('0', ['3', '1', '2', '1'])).toEqual([3, 1, 2, 1]);
    expect(home.model.asked).toHaveLength(1);
    await home.ask('0', ['1', '2']);
    await home.ask('0', ['1', '2', '3', '4']);
    expect(home.model.texts.slice(1)).toEqual([
      ['1', '2'],
      ['1', '2', '3', '4'],
    ]);
  });

  it('keeps nothing of a list that came in part', async () => {
    const home = open();
    home.model.failure = (text) => (text === '2' ? failed() : undefined);
    await expect(home.ask('0', ['1', '2'])).rejects.toThrow('no answer');
    home.model.failure = () => undefined;
    await home.ask('0', ['1', '2']);
    expect(home.model.texts).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
  });

  it('has old scores for all where the model fails for some', async () => {
    const home = open();
    await home.ask('0', ['1', '2']);
    home.clock.advance(200_000);
    home.model.scoreOf = () => 100;
    home.model.failure = (text) => (text === '2' ? failed() : undefined);
    const { parts, forward, pairStale } = await home.ask('0', ['1', '2']);
    expect([[...parts.logit!], forward, pairStale]).toEqual([[1, 2], 'stale', 2]);
  });
});

describe('Cache-Control', () => {
  it('no-cache asks for all afresh, and keeps it', async () => {
    const home = new PairHome();
    await home.ask('0', ['1', '2']);
    home.model.scoreOf = () => 7;
    const answer = await home.ask('0', ['1', '2'], { cacheControl: { noCache: true } });
    expect([answer.forward, answer.pairMisses, answer.isStored]).toEqual(['request', 2, true]);
    expect(await home.raw('0', ['1', '2'])).toEqual([7, 7]);
    expect(home.model.asked).toHaveLength(2);
  });

  it('no-store neither reads nor keeps', async () => {
    const home = new PairHome();
    await home.ask('0', ['1']);
    const bytes = home.open().scorer.bytes;
    const answer = await home.ask('0', ['1', '2', '2'], { cacheControl: { noStore: true } });
    expect([answer.forward, answer.pairMisses, answer.isStored, answer.ageMs]).toEqual([
      'bypass',
      3,
      false,
      undefined,
    ]);
    expect(home.open().scorer.bytes).toBe(bytes);
    await home.ask('0', ['2']);
    expect(home.model.texts).toEqual([['1'], ['1', '2'], ['2']]);
  });

  it('only-if-cached asks nobody: what is not known is a 504', async () => {
    const home = new PairHome();
    const cacheControl = { onlyIfCached: true };
    await home.ask('0', ['1']);
    expect(await home.raw('0', ['1'], { cacheControl })).toEqual([1]);
    await expect(home.ask('0', ['1', '2'], { cacheControl })).rejects.toMatchObject({ status: 504 });
    await expect(
      home.ask('0', ['1'], { cacheControl: { onlyIfCached: true, noStore: true } }),
    ).rejects.toMatchObject({ status: 504 });
    expect(await home.raw('0', [], { cacheControl })).toEqual([]);
    home.clock.advance(120_000);
    expect(await home.raw('0', ['1'], { cacheControl })).toEqual([1]);
    expect(home.model.asked).toHaveLength(1);
  });
});
