import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.js';
import { ModelError } from '../../src/base/model-call.js';
import { withFallback } from '../../src/scorers/fallback.js';
import type { NamespaceScorer, Scorer } from '../../src/scorers/scorer.js';
import { FakeScorer } from '../fixtures/fake-scorer.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

/** The fake scorer, with something done before each request is scored. */
function scorerAfter(before: (query: string) => Promise<void>): Scorer {
  const scorer = new FakeScorer();
  const open = scorer.open.bind(scorer);
  scorer.open = (context): NamespaceScorer => {
    const own = open(context);
    return {
      ...own,
      score: async (request) => {
        await before(request.query);
        return own.score(request);
      },
    };
  };
  return scorer;
}

/** Close enough to each other to be explored. */
const LIST = documents(21, 0.01);

const requestsOf = (test: TestReranker, ...queries: string[]) =>
  queries.map((query) => test.request(query, LIST));

describe('the requests of one call', () => {
  it('are scored at the same time, eight at most, and ordered in their order', async () => {
    let [now, most] = [0, 0];
    const scorer = scorerAfter(async (query) => {
      most = Math.max(most, ++now);
      // The later ones are done first.
      for (let turn = 20 - Number(query); turn > 0; turn--) await Promise.resolve();
      now--;
    });
    const queries = Array.from({ length: 20 }, (_, n) => String(n));
    const orders = async (test: TestReranker) => {
      // What is known may be explored.
      for (const query of queries) {
        const { requestId } = await test.ask(query, LIST);
        await test.tell([], { requestId });
      }
      const answers = await test.reranker.rerank('one', requestsOf(test, ...queries));
      return answers.map(({ results }) => results.map(({ index }) => index).join());
    };
    const settings = { epsilon: 0.5 };
    const shown = await orders(new TestReranker({ scorer, settings }));
    expect([shown.length, most]).toEqual([20, 8]);
    expect(shown).toEqual(await orders(new TestReranker({ settings })));
    most = 0;
    const test = new TestReranker({ scorer });
    await test.reranker.rerank('one', requestsOf(test, ...queries), { atOnce: 2 });
    expect(most).toBe(2);
    // Chance took part.
    expect(new Set(shown).size).toBeGreaterThan(1);
  });

  it('begin no more once one has failed, and end before it is told', async () => {
    const log: string[] = [];
    const scorer = scorerAfter(async (query) => {
      log.push(`${query} begins`);
      if (query === '0') throw new AppError('CONFLICT', 'no');
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      log.push(`${query} ends`);
    });
    const test = new TestReranker({ scorer });
    const queries = Array.from({ length: 20 }, (_, n) => String(n));
    await expect(test.reranker.rerank('one', requestsOf(test, ...queries))).rejects.toThrow('no');
    expect(log.filter((line) => line.endsWith('begins'))).toHaveLength(8);
    expect(log.filter((line) => line.endsWith('ends'))).toHaveLength(7);
  });

  it('have the spare scorer for all where it was needed for one and their scores stand side by side', async () => {
    const told: string[] = [];
    const own = scorerAfter(async (query) => {
      if (query === 'late') throw new ModelError('late', 'late');
    });
    const spare = new FakeScorer('spare@1');
    const scorer = withFallback(own, { spare, onFallback: (_, { failure }) => told.push(failure) });
    const test = new TestReranker({ scorer });
    const degraded = async (queries: string[], oneScale: boolean) => {
      const requests = requestsOf(test, ...queries);
      const answers = await test.reranker.rerank('one', requests, { oneScale });
      return answers.map((answer) => answer.degraded.join());
    };
    expect(await degraded(['a', 'late', 'b'], false)).toEqual(['', 'scorer', '']);
    expect(spare.scored).toBe(1);
    expect(await degraded(['a', 'late', 'b'], true)).toEqual(['scorer', 'scorer', 'scorer']);
    expect([spare.scored, told]).toEqual([4, ['late', 'late']]);
    expect(await degraded(['a', 'b'], true)).toEqual(['', '']);
    expect(spare.scored).toBe(4);
  });
});
