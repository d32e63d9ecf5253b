import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/base/documents.js';
import { GATE_OFF } from '../../src/evaluation/requests.js';
import type { RerankAnswer } from '../../src/reranker/request.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const score = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const candidates = fc
  .array(score, { maxLength: 20 })
  .map((scores) => scores.map((value, i): Candidate => ({ id: `d${i}`, text: `text${i}`, score: value })));
const gate = fc.record({
  mode: fc.constantFrom('off' as const, 'auto' as const, 'on' as const),
  threshold: fc.double({ min: 0, max: 1, noNaN: true }),
  minCandidates: fc.integer({ min: 1, max: 5 }),
  maxCandidates: fc.integer({ min: 5, max: 30 }),
  temperature: fc.double({ min: 1e-9, max: 1000, noNaN: true }),
});

/** A namespace in which the last documents of `query` were clicked. */
async function learned(options = {}, query = 'some query', selected = ['d4', 'd5']) {
  const test = new TestReranker(options);
  await test.visit(query, documents(6), selected, { times: 4 });
  return test;
}

const ranked = ({ results }: RerankAnswer) =>
  results.map(({ candidate, score: dealt }) => ({ id: candidate.id, score: dealt }));

describe('property 1: without feedback the answer is the base answer bit for bit', () => {
  it('for any scores, ties in input order, whatever the entropy gate', () =>
    fc.assert(
      fc.asyncProperty(candidates, gate, fc.integer({ min: 1, max: 25 }), async (list, wished, topK) => {
        const test = new TestReranker();
        const answer = await test.ask('q', list, { gate: wished, topK });
        const expected = list
          .map(({ id, score: own }, index) => ({ id, score: own!, index }))
          .sort((left, right) => right.score - left.score || left.index - right.index)
          .slice(0, topK);
        expect(ranked(answer)).toEqual(expected.map(({ id, score: own }) => ({ id, score: own })));
        expect(answer.adapted).toBe(false);
      }),
      { numRuns: 60 },
    ));

  it('for a query without a neighbour in a namespace that learned', async () => {
    const test = await learned();
    const fresh = new TestReranker();
    const unrelated = documents(6).map((document) => ({ ...document, text: `other ${document.text}x` }));
    const answer = await test.ask('nothing alike', unrelated, { learn: false });
    expect(answer.results).toEqual((await fresh.ask('nothing alike', unrelated)).results);
    expect(answer.adapted).toBe(false);
    expect((await test.ask('some query', documents(6), { learn: false })).adapted).toBe(true);
  });
});

describe('property 10: the answer', () => {
  it('is a permutation of the input cut at top_k, with scores that never rise', async () => {
    const test = await learned({ settings: { epsilon: 1 } });
    const lambda = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        candidates,
        gate,
        lambda,
        fc.integer({ min: 1, max: 25 }),
        async (list, wished, mmr, topK) => {
          const asked = { gate: wished, topK, mmrLambda: mmr };
          const { ids, results } = await test.ask('some query', list, asked);
          expect(new Set(ids).size).toBe(Math.min(topK, list.length));
          expect(list.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
          for (const [rank, { score: dealt, index, candidate }] of results.entries()) {
            expect(candidate).toBe(list[index]);
            if (rank > 0) expect(dealt).toBeLessThanOrEqual(results[rank - 1].score);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('holds nothing for no candidates', async () => {
    expect((await new TestReranker().ask('q', [])).results).toEqual([]);
  });

  it('deals the base scores along the final order', async () => {
    const test = await learned();
    const { results, ids } = await test.ask('some query', documents(6));
    expect(ids.slice(0, 2).sort()).toEqual(['d4', 'd5']);
    expect(results.map(({ score: dealt }) => dealt)).toEqual(documents(6).map(({ score: own }) => own));
  });
});

describe('property 9: the order of the input', () => {
  const distinct = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 6, maxLength: 12 });
  const list = (scores: readonly number[], change: (value: number) => number = (value) => value) =>
    scores.map((value, i): Candidate => ({ id: `d${i}`, text: `text${i} of${i}`, score: change(value) }));
  const components = ({ results }: RerankAnswer) => results.map((result) => Object.values(result.components));

  it('changes nothing where base scores are distinct', async () => {
    const test = await learned();
    await fc.assert(
      fc.asyncProperty(distinct, fc.infiniteStream(fc.nat()), async (scores, stream) => {
        const straight = list(scores);
        const keyed = straight.map((candidate) => ({ candidate, at: stream.next().value }));
        const mixed = keyed.sort((left, right) => left.at - right.at).map(({ candidate }) => candidate);
        const asked = { learn: false, gate: { ...GATE_OFF, mode: 'auto' as const } };
        const [one, other] = [
          await test.ask('some query', straight, asked),
          await test.ask('some query', mixed, asked),
        ];
        expect(ranked(other)).toEqual(ranked(one));
        expect(distance(components(one), components(other))).toBeLessThanOrEqual(1e-12);
      }),
      { numRuns: 60 },
    );
  });

  it('nor does shifting or scaling the base scores change order or components beyond 1e-12', async () => {
    const test = await learned();
    const factor = fc.double({ min: 0.01, max: 100, noNaN: true });
    const shift = fc.integer({ min: -1000, max: 1000 });
    await fc.assert(
      fc.asyncProperty(distinct, factor, shift, async (scores, by, plus) => {
        const plain = await test.ask('some query', list(scores), { learn: false });
        const moved = list(scores, (value) => value * by + plus);
        const answer = await test.ask('some query', moved, { learn: false });
        expect(answer.ids).toEqual(plain.ids);
        expect(distance(components(plain), components(answer))).toBeLessThanOrEqual(1e-12);
      }),
      { numRuns: 60 },
    );
  });

  function distance(one: readonly number[][], other: readonly number[][]): number {
    return Math.max(...one.flatMap((row, i) => row.map((value, j) => Math.abs(value - other[i][j]))));
  }
});

describe('property 11: the safety gate', () => {
  it('gives the base order after one feedback, and for z = ∞ after any', async () => {
    const once = new TestReranker();
    await once.visit('some query', documents(6), ['d5']);
    expect((await once.ask('some query', documents(6))).adapted).toBe(false);
    await once.visit('some query', documents(6), ['d5']);
    expect((await once.ask('some query', documents(6))).adapted).toBe(true);
    const never = await learned({ settings: { gateZ: Number.POSITIVE_INFINITY } });
    const answer = await never.ask('some query', documents(6));
    expect([answer.adapted, answer.ids]).toEqual([false, documents(6).map(({ id }) => id)]);
  });
});
