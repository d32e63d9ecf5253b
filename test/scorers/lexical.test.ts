import { describe, expect, it } from 'vitest';
import { createLexicalScorer } from '../../src/scorers/lexical.js';
import { Lexicon } from '../../src/scorers/lexicon.js';
import { expectClose } from '../fixtures/close.js';
import { countedPace } from '../fixtures/counted-pace.js';
import { bundledPrior } from '../fixtures/models.js';
import { newScorer, ScoringNamespace } from '../fixtures/scoring.js';

const TEXTS = ['wing wing lift', 'lift', 'drag of a car', 'wing'];

/** BM25 as its definition has it, with nothing learned. */
function expectedBm25(
  stems: readonly string[],
  lengths: readonly number[],
  counts: readonly number[][],
): number[] {
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const e = 0.5 / 3000;
  return lengths.map((length, document) => {
    const k = 1.6 * (1 - 0.7 + (0.7 * length) / mean);
    return stems.reduce((sum, stem, term) => {
      const f = bundledPrior().share(stem);
      const r = counts[term]!.filter((count) => count > 0).length / lengths.length;
      const idf = Math.log(1 + (1 - f + e) / (f + e)) * (1 - 0.5 * r);
      const count = counts[term]![document]!;
      return sum + (idf * count * 2.6) / (count + k);
    }, 0);
  });
}

describe('the lexical scorer', () => {
  it('is BM25 with the prior’s idf while nothing is learned', async () => {
    const { scores, parts } = await new ScoringNamespace(newScorer('lexical')).answer('wing and lift', TEXTS);
    const expected = expectedBm25(
      ['wing', 'lift'],
      [3, 1, 2, 1],
      [
        [2, 0, 0, 1],
        [1, 1, 0, 0],
      ],
    );
    expectClose(parts.bm25!, expected, 1e-9);
    const [low, high] = [Math.min(...expected), Math.max(...expected)];
    expectClose(
      scores,
      expected.map((value) => (value - low) / (high - low)),
      1e-9,
    );
  });

  it('weighs a word less once it is common in the namespace', async () => {
    const namespace = new ScoringNamespace(newScorer('lexical'));
    const ask = () => namespace.scores('wing lift', ['wing of a bird', 'lift of a car', 'neither']);
    const [wing, lift] = await ask();
    for (let round = 0; round < 10; round++)
      namespace.learn(
        'other',
        Array.from({ length: 20 }, () => 'a wing'),
      );
    const [wingAfter, liftAfter] = await ask();
    expect(wing! - lift!).toBeGreaterThan(wingAfter! - liftAfter!);
  });

  it('counts a query’s repetitions', async () => {
    const namespace = new ScoringNamespace(newScorer('lexical'));
    const [once] = (await namespace.answer('wing', TEXTS)).parts.bm25!;
    const [twice] = (await namespace.answer('wing wing', TEXTS)).parts.bm25!;
    expect(twice).toBeCloseTo(2 * once!, 9);
  });

  it('gives .5 to all where nothing tells them apart', async () => {
    const namespace = new ScoringNamespace(newScorer('lexical'));
    expect(await namespace.scores('wing', ['a', 'b'])).toEqual([0.5, 0.5]);
    expect(await namespace.scores('the', TEXTS)).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(await namespace.scores('wing', ['wing'])).toEqual([0.5]);
    expect(await namespace.scores('wing', [])).toEqual([]);
  });

  it('lets others run before 10 ms are used up', async () => {
    const { startPace, pauses, longestMs } = countedPace(3);
    const namespace = new ScoringNamespace(newScorer('lexical', { startPace }));
    await namespace.scores(
      'wing',
      Array.from({ length: 60 }, (_, index) => `text ${index}`),
    );
    expect(pauses()).toBeGreaterThan(10);
    expect(longestMs()).toBeLessThanOrEqual(10);
  });

  it('learns each text once a request, whether it was just read, known before, or not scored at all', async () => {
    const [scored, unscored] = [newScorer('lexical'), newScorer('lexical')].map(
      (scorer) => new ScoringNamespace(scorer),
    );
    // New texts; some of them with new ones; a list that comes back; the same text twice; another namespace in between.
    const lists = [TEXTS, ['flap', ...TEXTS], TEXTS, TEXTS, ['lift of a wing', 'lift of a wing']];
    for (const [turn, list] of lists.entries()) {
      const request = scored!.request('a wing', list);
      await scored!.scorer.score(request);
      if (turn === 1) await new ScoringNamespace(newScorer('lexical')).answer('a wing', ['drag']);
      scored!.scorer.learn(request);
      unscored!.learn('a wing', list);
      for (const stem of ['wing', 'lift', 'drag', 'car', 'flap']) {
        const [left, right] = [scored!, unscored!].map(({ frequencies }) => {
          const slot = frequencies.find(stem);
          return [stem, frequencies.seen(slot), frequencies.count(slot)];
        });
        expect(left).toEqual(right);
      }
    }
    expect(scored!.frequencies.count(scored!.frequencies.find('lift'))).toBe(10);
  });

  it('reports known pairs', async () => {
    const namespace = new ScoringNamespace(newScorer('lexical'));
    await namespace.answer('wing', TEXTS);
    const { pairHits, pairMisses } = await namespace.answer('wing', [...TEXTS, 'new']);
    expect([pairHits, pairMisses]).toEqual([4, 1]);
  });

  it('measures a text once that a new query brings twice', async () => {
    const namespace = new ScoringNamespace(newScorer('lexical'));
    const { scores, pairHits, pairMisses } = await namespace.answer('wing', [
      'a wing',
      'a wing',
      'other',
      'a wing',
    ]);
    expect([pairHits, pairMisses]).toEqual([2, 2]);
    expect([scores[1], scores[3]]).toEqual([scores[0], scores[0]]);
  });

  it('reads a list of more words than there is room for, and learns nothing from it', async () => {
    const lexicon = new Lexicon(100);
    const namespace = new ScoringNamespace(createLexicalScorer({ prior: bundledPrior(), lexicon }));
    const texts = Array.from({ length: 40 }, (_, text) =>
      Array.from({ length: 20 }, (_, word) => `w${20 * text + word}`).join(' '),
    );
    for (let round = 0; round < 3; round++) {
      const request = namespace.request('w405 w7', texts);
      const { scores } = await namespace.scorer.score(request);
      expect([scores[0], scores[20]]).toEqual([1, 1]);
      expect(Math.max(...scores.filter((_, text) => text !== 0 && text !== 20))).toBeLessThan(0.5);
      namespace.scorer.learn(request);
      expect(lexicon.size).toBeLessThanOrEqual(2 * 100 + 20);
    }
    expect(namespace.frequencies.seen(-1)).toBe(0);
    const fitting = namespace.request('w405', texts.slice(0, 4));
    await namespace.scorer.score(fitting);
    namespace.scorer.learn(fitting);
    expect(namespace.frequencies.seen(-1)).toBe(4);
  });

  it('learns what fits, whatever words others bring between scoring and learning', async () => {
    const lexicon = new Lexicon(100);
    const scorer = createLexicalScorer({ prior: bundledPrior(), lexicon });
    const words = (from: number, count: number) =>
      Array.from({ length: count }, (_, word) => `v${from + word}`);
    const texts = [words(0, 60).join(' '), words(60, 60).join(' ')];
    const between: ((other: ScoringNamespace) => Promise<unknown>)[] = [
      (other) => other.answer('q', [words(1000, 210).join(' ')]),
      (other) => other.answer('q', ['known']),
      async (other) => {
        const request = other.request('q', [words(2000, 120).join(' ')]);
        await other.scorer.score(request);
        other.scorer.learn(request);
      },
    ];
    for (const act of between) {
      const [one, other] = [new ScoringNamespace(scorer), new ScoringNamespace(scorer)];
      await other.answer('q', ['known']);
      const request = one.request('v0', texts);
      await one.scorer.score(request);
      await act(other);
      one.scorer.learn(request);
      const { frequencies } = one;
      expect([frequencies.seen(-1), frequencies.count(frequencies.find('v119'))]).toEqual([2, 1]);
    }
  });

  it('finds the right words after a list of very many that comes back', async () => {
    const namespace = new ScoringNamespace(
      createLexicalScorer({ prior: bundledPrior(), lexicon: new Lexicon(200_000) }),
    );
    const many = Array.from({ length: 45 }, (_, text) =>
      Array.from({ length: 3000 }, (_, word) => (3000 * text + word).toString(36)).join(' '),
    );
    for (let round = 0; round < 3; round++) {
      await namespace.answer('word', many);
      namespace.learn('word', many);
    }
    const fresh = new ScoringNamespace(newScorer('lexical'));
    const query = 'wing lift drag flow';
    for (const one of [namespace, fresh])
      for (let n = 0; n < 2; n++) for (const text of many) one.texts.get(text);
    // These are read from what was kept.
    expect(await namespace.scores(query, many)).toEqual(await fresh.scores(query, many));
  });
});
