import { beforeEach, describe, expect, it } from 'vitest';
import { ScorerPool } from '../../src/scorers/scorer-pool.js';
import { FakeScorer } from '../fixtures/fake-scorer.js';

let closed: string[];
let opened: string[];
let failures: string[];
let pool: ScorerPool;
beforeEach(() => {
  [closed, opened, failures] = [[], [], []];
  pool = new ScorerPool((error) => failures.push(error.message), 2);
});

const open = (key: string) => async () => {
  opened.push(key);
  return { scorer: new FakeScorer(key), close: async () => void closed.push(key) };
};

describe('a pool of scorers', () => {
  it('opens one for all who ask by the same key, and keeps it for the next', async () => {
    const [first, second] = await Promise.all([pool.lend('a', open('a')), pool.lend('a', open('a'))]);
    expect([first.scorer === second.scorer, opened]).toEqual([true, ['a']]);
    for (const lent of [first, second]) lent.giveBack();
    await pool.lend('a', open('a'));
    expect([opened, closed]).toEqual([['a'], []]);
  });

  it('closes the one lent longest ago that nobody uses, where there is no more room', async () => {
    const [a] = [await pool.lend('a', open('a')), await pool.lend('b', open('b'))];
    a.giveBack();
    (await pool.lend('a', open('a'))).giveBack();
    a.giveBack();
    const b = await pool.lend('b', open('b'));
    await pool.lend('c', open('c'));
    b.giveBack();
    expect([closed, pool.size]).toEqual([['a'], 2]);
  });

  it('refuses another while all are in use, until one is given back', async () => {
    const a = await pool.lend('a', open('a'));
    await pool.lend('b', open('b'));
    await expect(pool.lend('c', open('c'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    a.giveBack();
    await pool.lend('c', open('c'));
    expect([opened, closed]).toEqual([['a', 'b', 'c'], ['a']]);
  });

  it('tries again to open what could not be opened', async () => {
    const broken = async () => {
      throw new Error('no such thing');
    };
    await expect(pool.lend('a', broken)).rejects.toThrow('no such thing');
    await pool.lend('a', open('a'));
    expect(opened).toEqual(['a']);
  });

  it('closes all in the end, also those in use, and lends nothing more', async () => {
    await pool.lend('a', open('a'));
    await pool.lend('b', async () => ({
      scorer: new FakeScorer(),
      close: () => Promise.reject(new Error('stuck')),
    }));
    await pool.close();
    expect([closed, failures]).toEqual([['a'], ['stuck']]);
    await expect(pool.lend('c', open('c'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
