import { describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src/base/errors.js';
import { ModelError } from '../../src/base/model-call.js';
import { Flights } from '../../src/proxy/flights.js';
import { PairHome } from '../fixtures/pair-home.js';

/** A home whose model answers when the test says so. */
function held(): PairHome {
  const home = new PairHome();
  home.model.isHeld = true;
  return home;
}

const turn = () => new Promise(setImmediate);

describe('requests at the same time', () => {
  it('ask once for what they share: 1000 equal ones, one call', async () => {
    const home = held();
    const answers = Array.from({ length: 1000 }, () => home.raw('0', ['1', '2']));
    await turn();
    expect(home.model.texts).toEqual([['1', '2']]);
    home.model.asked[0]!.answer();
    expect(new Set((await Promise.all(answers)).map(String))).toEqual(new Set(['1,2']));
    expect(home.model.asked).toHaveLength(1);
    const asked = home.used.reduce((sum, use) => sum + use.asked, 0);
    expect([asked, home.used.reduce((sum, use) => sum + use.joined, 0)]).toEqual([2, 1998]);
  });

  it('ask for the difference alone, and each goes on when its own texts are there', async () => {
    const home = held();
    const wide = home.raw('0', ['1', '2', '3']);
    const narrow = home.raw('0', ['2', '4']);
    await turn();
    expect(home.model.texts).toEqual([['1', '2', '3'], ['4']]);
    home.model.asked[0]!.answer(['2']);
    home.model.asked[1]!.answer();
    expect(await narrow).toEqual([2, 4]);
    home.model.asked[0]!.answer();
    expect(await wide).toEqual([1, 2, 3]);
  });

  it('fail together, and the next one asks anew', async () => {
    const home = held();
    const answers = [home.raw('0', ['1']), home.raw('0', ['1'])];
    await turn();
    home.model.asked[0]!.fail(new ModelError('failed', 'no answer'));
    const settled = await Promise.allSettled(answers);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    home.model.isHeld = false;
    expect(await home.raw('0', ['1'])).toEqual([1]);
    expect(home.model.asked).toHaveLength(2);
  });

  it('leave nothing behind once all have left, though the scores come', async () => {
    const leaving = new AbortController();
    let answer = (_score: number): void => undefined;
    const score = new Promise<number>((resolve) => {
      answer = resolve;
    });
    const ended = vi.fn(() => true);
    const waited = new Flights().wait({
      question: 'q',
      wanted: new Map([['d', 'text']]),
      signal: leaving.signal,
      joins: true,
      start: () => [score],
      ended,
    });
    leaving.abort();
    expect((await waited).outcomes.get('d')).toMatchObject({ error: { failure: 'late' } });
    answer(1);
    await turn();
    expect(ended).not.toHaveBeenCalled();
  });

  it('each leave for themselves; the call ends with the last', async () => {
    const home = held();
    const [first, second] = [new AbortController(), new AbortController()];
    const answers = [
      home.raw('0', ['1'], { signal: first.signal }),
      home.raw('0', ['1'], { signal: second.signal }),
    ];
    await turn();
    first.abort();
    await expect(answers[0]).rejects.toMatchObject({ failure: 'late' });
    expect(home.model.asked[0]!.call.signal?.aborted).toBe(false);
    second.abort();
    await expect(answers[1]).rejects.toMatchObject({ failure: 'late' });
    expect(home.model.asked[0]!.call.signal?.aborted).toBe(true);
    home.model.isHeld = false;
    expect(await home.raw('0', ['1'])).toEqual([1]);
    expect(home.model.asked).toHaveLength(2);
  });

  it('that come while a call is being given up ask anew', async () => {
    const home = held();
    home.model.ignoresAbort = true;
    const leaving = new AbortController();
    const left = home.raw('0', ['1'], { signal: leaving.signal });
    await turn();
    leaving.abort();
    await expect(left).rejects.toThrow();
    home.model.isHeld = false;
    expect(await home.raw('0', ['1'])).toEqual([1]);
  });

  it('join the latest call, though an earlier one ends meanwhile', async () => {
    const home = held();
    const earlier = home.raw('0', ['1']);
    await turn();
    const noCache = { cacheControl: { noCache: true } };
    const later = home.raw('0', ['1'], noCache);
    await turn();
    home.model.asked[0]!.answer();
    expect(await earlier).toEqual([1]);
    home.clock.advance(200_000);
    home.model.scoreOf = () => 7;
    const joined = home.raw('0', ['1']);
    await turn();
    expect(home.model.asked).toHaveLength(2);
    home.model.asked[1]!.answer();
    expect([await later, await joined]).toEqual([[7], [7]]);
  });

  it('that are over before they begin ask nobody for long', async () => {
    const home = held();
    await expect(home.raw('0', ['1'], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      failure: 'late',
    });
    expect(home.model.asked.every(({ call }) => call.signal?.aborted)).toBe(true);
  });

  it('share nothing across namespaces, credentials and no-store', async () => {
    const home = held();
    const asked = [
      home.raw('0', ['1']),
      home.raw('0', ['1'], { namespace: 'other' }),
      home.raw('0', ['1'], { wishes: { credential: 'mine' } }),
      home.raw('0', ['1'], { cacheControl: { noStore: true } }),
    ];
    await turn();
    asked.push(home.raw('0', ['1'], { cacheControl: { noCache: true } }));
    await turn();
    expect(home.model.asked).toHaveLength(5);
    for (const { answer } of home.model.asked) answer();
    expect(await Promise.all(asked)).toEqual(Array(5).fill([1]));
  });
});

describe('making room', () => {
  it('lets go of the questions used least recently, and counts them', async () => {
    const home = new PairHome();
    for (const query of ['0', '1', '2']) await home.ask(query, ['1', '2']);
    const { scorer } = home.open();
    const { bytes } = scorer;
    scorer.trim(0);
    expect([scorer.bytes, home.evicted]).toEqual([bytes, 0]);
    scorer.trim(bytes / 2);
    expect([scorer.bytes, home.evicted]).toEqual([bytes / 3, 4]);
    home.model.asked.length = 0;
    for (const query of ['2', '1']) await home.ask(query, ['1', '2']);
    expect(home.model.asked.map(({ query }) => query)).toEqual(['1']);
    scorer.trim(10 * bytes);
    expect(scorer.bytes).toBe(0);
  });

  it('leaves what is being asked for, to join and to keep', async () => {
    const home = held();
    const asked = [home.raw('0', ['1'])];
    await turn();
    home.open().scorer.trim(1e6);
    asked.push(home.raw('0', ['1']));
    await turn();
    expect(home.model.asked).toHaveLength(1);
    home.model.asked[0]!.answer();
    expect(await Promise.all(asked)).toEqual([[1], [1]]);
    expect(home.open().scorer.bytes).toBeGreaterThan(0);
  });
});

describe('forgetting', () => {
  it('takes what is still being asked for with it', async () => {
    const home = held();
    const before = home.raw('0', ['1']);
    await turn();
    home.open().scorer.clear();
    const after = home.raw('0', ['1']);
    await turn();
    expect(home.model.asked).toHaveLength(2);
    home.model.asked[0]!.answer();
    expect(await before).toEqual([1]);
    expect(home.open().scorer.bytes).toBe(0);
    home.model.asked[1]!.answer();
    expect(await after).toEqual([1]);
    expect(home.open().scorer.bytes).toBeGreaterThan(0);
  });

  it('of a namespace leaves the others as they were', async () => {
    const home = new PairHome();
    await home.ask('0', ['1', '2']);
    await home.ask('0', ['1', '2', '3'], { namespace: 'other' });
    expect(home.caches.forget({ namespace: 'default' })).toBe(2);
    home.model.asked.length = 0;
    await home.ask('0', ['1', '2', '3'], { namespace: 'other' });
    expect(home.model.texts).toEqual([]);
    await home.ask('0', ['1', '2']);
    expect(home.model.texts).toEqual([['1', '2']]);
  });

  it('of a model leaves other models’ pairs', async () => {
    const home = new PairHome();
    for (const model of ['a', 'b']) await home.ask('0', ['1', '2'], { wishes: { model } });
    expect(home.caches.forget({ model: 'a' })).toBe(2);
    expect(home.caches.forget({ model: 'no such' })).toBe(0);
    home.model.asked.length = 0;
    for (const model of ['a', 'b']) await home.ask('0', ['1', '2'], { wishes: { model } });
    expect(home.model.asked.map(({ call }) => call.wishes?.model)).toEqual(['a']);
    expect(home.caches.forget({})).toBe(4);
  });

  it('of a model keeps nobody at what was asked for before, nor at what was refused', async () => {
    const home = held();
    const before = home.ask('0', ['1']);
    await turn();
    home.caches.forget({ model: 'default-model' });
    const after = home.ask('0', ['1']);
    await turn();
    expect(home.model.asked).toHaveLength(2);
    for (const { answer } of home.model.asked) answer();
    expect([(await before).isStored, (await after).isStored]).toEqual([false, true]);
    home.model.isHeld = false;
    home.model.failure = () => new AppError('VALIDATION_ERROR', 'too long');
    await expect(home.ask('7', ['1'])).rejects.toThrow('too long');
    home.caches.forget({ model: 'default-model' });
    home.model.failure = () => undefined;
    expect((await home.ask('7', ['1'])).isStored).toBe(true);
  });

  it('follows a namespace that leaves memory', async () => {
    const home = new PairHome();
    await home.ask('0', ['1']);
    home.evict();
    expect(home.caches.forget({})).toBe(0);
  });
});

it('fetches a bounded number of lists behind answers', async () => {
  const home = new PairHome();
  const queries = Array.from({ length: 40 }, (_, n) => `${n}`);
  for (const query of queries) await home.ask(query, ['1']);
  home.clock.advance(100_000);
  home.model.isHeld = true;
  home.model.asked.length = 0;
  for (const query of queries) await home.ask(query, ['1']);
  expect(home.model.asked).toHaveLength(32);
  for (const { answer } of home.model.asked) answer();
  await turn();
  for (const query of queries) await home.ask(query, ['1']);
  expect(home.model.asked).toHaveLength(40);
});
