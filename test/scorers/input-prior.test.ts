import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInputScorer } from '../../src/scorers/input.js';
import { blendInput, type InputPrior, withInputPrior } from '../../src/scorers/input-prior.js';
import type { Scorer } from '../../src/scorers/scorer.js';
import { expectClose } from '../fixtures/close.js';
import { newScorer, ScoringNamespace } from '../fixtures/scoring.js';

const TEN = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
const candidates = (scores: readonly (number | undefined)[]) =>
  scores.map((score) => ({ text: '', ...(score === undefined ? {} : { score }) }));
const plain = (count: number) => candidates(Array.from({ length: count }, () => undefined));

function blend(
  own: readonly number[],
  sent: readonly (number | undefined)[],
  prior: InputPrior = 'auto',
): number[] {
  return [...blendInput(Float64Array.from(own), candidates(sent), prior).scores];
}

/** `values` scaled to [0, 1]; they must differ. */
function scaled(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.map((value) => (value - low) / (high - low));
}

describe('the input prior', () => {
  it('adds .3 of the order that came in, where the scorer agrees with it', () => {
    // Ten in the same order but for the first two: K = 43, V = 125, z = 3.85.
    const own = [8, 9, ...TEN.slice(2)];
    const ranks = TEN.map((value) => value / 9);
    const expected = scaled(own).map((value, index) => 0.7 * value + 0.3 * ranks[index]!);
    expectClose(
      blend(
        own,
        own.map(() => undefined),
      ),
      expected,
      1e-12,
    );
  });

  it('adds .5 of the scores that came in, where the scorer agrees with them', () => {
    const sent = [100, 50, 20, 10, 5, 4, 3, 2, 1, 0];
    const expected = scaled(TEN).map((value, index) => 0.5 * value + 0.5 * (sent[index]! / 100));
    expectClose(blend(TEN, sent), expected, 1e-12);
  });

  it('leaves the score alone where order or scores agree no more than by chance', () => {
    expect(
      blend(
        [...TEN].reverse(),
        plain(10).map(() => undefined),
      ),
    ).toEqual(scaled([...TEN].reverse()));
    // Distances in place of scores: the smaller, the better.
    expect(blend(TEN, [...TEN].reverse())).toEqual(scaled(TEN));
    // Three in the same order: K = 3, V = 3.67, z = 1.57 is not above 2.
    expect(blend([3, 2, 1], [undefined, undefined, undefined])).toEqual([1, 0.5, 0]);
  });

  it('goes by the order where only some documents have a score, or all have the same', () => {
    const byOrder = blend(
      TEN,
      TEN.map(() => undefined),
    );
    expect(blend(TEN, [0, undefined, ...TEN.slice(2)])).toEqual(byOrder);
    expect(
      blend(
        TEN,
        TEN.map(() => 7),
      ),
    ).toEqual(byOrder);
    expect(blend(TEN, [Number.NaN, ...TEN.slice(1)])).toEqual(byOrder);
  });

  it('of a fixed weight always acts', () => {
    expect(blend([0, 1], [undefined, undefined], 0.25)).toEqual([0.25, 0.75]);
    expect(blend([0, 1], [5, 3], 1)).toEqual([1, 0]);
  });

  it('gives .5 for one document and nothing for none', () => {
    expect(blend([7], [undefined])).toEqual([0.5]);
    expect(blend([7], [3], 1)).toEqual([0.5]);
    expect(blend([], [])).toEqual([]);
  });

  it('gives finite scores in [0, 1] for any finite scores', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, number), { maxLength: 12 }),
        fc.constantFrom('auto', 0.3, 1),
        (pairs, prior) => {
          const scores = blend(
            pairs.map(([own]) => own),
            pairs.map(([, sent]) => sent),
            prior as InputPrior,
          );
          expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
        },
      ),
    );
  });

  it('of auto acts for hybrid and lexical, and for combinations of these alone', () => {
    const acting = (spec: string, prior: InputPrior) =>
      newScorer(spec, { inputPrior: prior }).revision.includes('input-prior');
    expect(acting('hybrid', 'auto')).toBe(true);
    expect(acting('lexical', 'auto')).toBe(true);
    expect(acting('hybrid:1,lexical:1', 'auto')).toBe(true);
    expect(acting('embedding', 'auto')).toBe(false);
    expect(acting('input', 'auto')).toBe(false);
    expect(acting('lexical:0.35,embedding:0.65', 'auto')).toBe(false);
    expect(acting('embedding', 0.2)).toBe(true);
    expect(acting('hybrid', 0)).toBe(false);
  });

  it('refuses a weight outside 0 to 1', () => {
    for (const weight of [-0.1, 1.1, Number.NaN]) {
      expect(() => withInputPrior(createInputScorer(), weight)).toThrow('from 0 to 1');
    }
  });

  it('shows what the input said, and passes on the rest', async () => {
    const namespace = new ScoringNamespace(newScorer('lexical', { inputPrior: 1 }));
    const documents = ['drag', 'wing', 'lift'];
    const { scores, parts } = await namespace.answer('wing', documents);
    expect([...scores]).toEqual([1, 0.5, 0]);
    expect([...parts.input!]).toEqual([1, 0.5, 0]);
    expect(parts.bm25).toHaveLength(3);
    const again = await namespace.answer('wing', documents);
    expect([again.pairHits, again.pairMisses]).toEqual([3, 0]);
    expect(namespace.scorer.bytes).toBeGreaterThan(0);
    namespace.scorer.clear();
    expect(namespace.scorer.bytes).toBe(0);
    namespace.learn('wing', documents);
    expect(namespace.frequencies.seen(namespace.frequencies.find('drag'))).toBe(3);
  });

  it('closes the scorer below', async () => {
    let closed = 0;
    const scorer: Scorer = { ...createInputScorer(), close: async () => void closed++ };
    await withInputPrior(scorer, 0.5).close();
    expect(closed).toBe(1);
  });
});
