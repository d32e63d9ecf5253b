import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHybridScorer } from '../../src/scorers/hybrid.js';
import { Lexicon } from '../../src/scorers/lexicon.js';
import { DocumentFrequencies } from '../../src/text/document-frequencies.js';
import { countedPace } from '../fixtures/counted-pace.js';
import { bundledEncoder, bundledPrior } from '../fixtures/models.js';
import { REPOSITORY_ROOT } from '../fixtures/repository-root.js';
import { newScorer, ScoringNamespace } from '../fixtures/scoring.js';

interface Fixture {
  readonly requests: readonly {
    readonly title: string;
    readonly query: string;
    readonly texts: readonly string[];
    readonly cold: readonly number[];
    readonly learning: readonly number[];
  }[];
}

const fixture: Fixture = JSON.parse(
  readFileSync(join(REPOSITORY_ROOT, 'test/fixtures/hybrid-scores.json'), 'utf8'),
);
const WORDS = [
  'wing',
  'wings',
  'lift',
  'drag',
  'the',
  'flow',
  'airfoil',
  'naïve',
  '2024',
  'car',
  'snake_case',
  '水',
];

/** More words than the lexicon of a forgetful scorer may have. */
const FILLER = Array.from({ length: 100 }, (_, word) => `filler${word}`).join(' ');

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join(' ')),
);

/** The largest difference between two lists of scores. */
function distance(left: readonly number[], right: readonly number[]): number {
  expect(left).toHaveLength(right.length);
  return left.reduce((largest, value, index) => Math.max(largest, Math.abs(value - right[index]!)), 0);
}

describe('the hybrid scorer', () => {
  it.each(fixture.requests)(
    'scores $title as the plain implementation does',
    async ({ query, texts, cold }) => {
      const scores = await new ScoringNamespace(newScorer('hybrid')).scores(query, texts);
      expect(distance(scores, cold)).toBeLessThan(1e-5);
    },
  );

  it('scores as the plain implementation does while it learns', async () => {
    const namespace = new ScoringNamespace(newScorer('hybrid'));
    for (const { query, texts, learning } of fixture.requests) {
      expect(distance(await namespace.scores(query, texts), learning)).toBeLessThan(1e-5);
      namespace.learn(query, texts);
    }
  });

  it('learns the same from texts it never scored', async () => {
    const namespace = new ScoringNamespace(newScorer('hybrid'));
    for (const { query, texts } of fixture.requests.slice(0, -1)) namespace.learn(query, texts);
    const { query, texts, learning } = fixture.requests.at(-1)!;
    expect(distance(await namespace.scores(query, texts), learning)).toBeLessThan(1e-5);
  });

  it('gives no scores for no candidates', async () => {
    const answer = await new ScoringNamespace(newScorer('hybrid')).answer('anything', []);
    expect([answer.scores.length, answer.pairHits, answer.pairMisses]).toEqual([0, 0, 0]);
  });

  it('takes its score from its parts', async () => {
    const { scores, parts } = await new ScoringNamespace(newScorer('hybrid')).answer('wing lift', [
      'Lift of a wing.',
      'Cars and roads.',
      'On drag.',
    ]);
    expect(Object.keys(parts)).toEqual(['bm25', 'cosine', 'head']);
    scores.forEach((score, index) => {
      const [bm25, cosine, head] = ['bm25', 'cosine', 'head'].map((name) => parts[name]![index]!);
      expect(score).toBeCloseTo(0.5 * bm25! + 0.25 * cosine! + 0.25 * head!, 12);
    });
  });

  it('gives finite scores in [0, 1] for any strings', async () => {
    const scorer = newScorer('hybrid');
    await fc.assert(
      fc.asyncProperty(anyText, fc.array(anyText, { maxLength: 6 }), async (query, texts) => {
        const scores = await new ScoringNamespace(scorer).scores(query, texts);
        expect(scores).toHaveLength(texts.length);
        expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
      }),
    );
  });

  it('gives a permuted list the same scores, permuted', async () => {
    const scorer = newScorer('hybrid');
    const cases = fc
      .tuple(anyText, fc.array(anyText, { minLength: 1, maxLength: 6 }))
      .chain(([query, texts]) =>
        fc.tuple(
          fc.constant(query),
          fc.constant(texts),
          fc.shuffledSubarray([...texts.keys()], { minLength: texts.length }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ([query, texts, order]) => {
        const straight = await new ScoringNamespace(scorer).scores(query, texts);
        const permuted = await new ScoringNamespace(scorer).scores(
          query,
          order.map((index) => texts[index]!),
        );
        const expected = order.map((index) => straight[index]!);
        expect(distance(permuted, expected)).toBeLessThan(1e-9);
      }),
    );
  });

  it('scores the same with caches, without them, and with everything thrown away on the way', async () => {
    const requests = fc.array(fc.tuple(anyText, fc.array(anyText, { maxLength: 5 })), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(requests, async (sequence) => {
        const roomy = new ScoringNamespace(newScorer('hybrid'));
        const lexicon = new Lexicon(80);
        const cramped = new ScoringNamespace(forgetfulScorer(lexicon), {
          textBytes: 1,
          pairBytes: 1,
        });
        for (const [query, texts] of sequence) {
          const first = await roomy.scores(query, texts);
          const again = await roomy.scores(query, texts);
          lexicon.analyse({ id: -1, text: FILLER });
          const { epoch } = lexicon;
          const poor = await cramped.scores(query, texts);
          expect(lexicon.epoch).toBeGreaterThan(epoch);
          expect(again).toEqual(first);
          expect(distance(poor, first)).toBeLessThan(1e-9);
          roomy.learn(query, texts);
          cramped.learn(query, texts);
          if (texts.length % 2 === 1) roomy.scorer.clear();
        }
      }),
      { numRuns: 40 },
    );
  });

  it('finds its way when the dictionary of stems starts again', async () => {
    const frequencies = new DocumentFrequencies({ maxStems: 4 });
    const cramped = new ScoringNamespace(newScorer('hybrid'), { frequencies });
    const texts = ['wing lift drag', 'flow over an airfoil', 'cars and roads', 'a snake in the grass'];
    const expected = await new ScoringNamespace(newScorer('hybrid')).scores('airfoil lift', texts);
    for (let round = 0; round < 3; round++) {
      expect(distance(await cramped.scores('airfoil lift', texts), expected)).toBeLessThan(1e-9);
      for (let stem = 0; stem < 5; stem++) frequencies.slot(`word${round}x${stem}`);
    }
    expect(frequencies.epoch).toBeGreaterThan(0);
  });

  it('knows pairs it has seen, by text and query', async () => {
    const namespace = new ScoringNamespace(newScorer('hybrid'));
    const counts = async (query: string, texts: string[]) => {
      const { pairHits, pairMisses } = await namespace.answer(query, texts);
      return [pairHits, pairMisses];
    };
    expect(await counts('wing', ['lift', 'drag'])).toEqual([0, 2]);
    expect(await counts('wing', ['drag', 'flow', 'lift'])).toEqual([2, 1]);
    expect(await counts('wings', ['lift', 'drag'])).toEqual([0, 2]);
    expect(await counts('wing', ['lift', 'lift'])).toEqual([2, 0]);
    namespace.scorer.clear();
    expect(await counts('wing', ['lift'])).toEqual([0, 1]);
  });

  it('keeps pairs within its bound, and counts them', async () => {
    const namespace = new ScoringNamespace(newScorer('hybrid'), { pairBytes: 20_000 });
    for (let index = 0; index < 100; index++) {
      await namespace.scores(`query ${index}`, [`text ${index}`, `another ${index}`]);
      // One step of the words' slots beside the pairs.
      expect(namespace.scorer.bytes).toBeLessThanOrEqual(20_000 + 4096);
    }
    expect(namespace.scorer.bytes).toBeGreaterThan(5_000);
  });

  it('counts what a known query’s pairs grow by', async () => {
    const namespace = new ScoringNamespace(newScorer('hybrid'));
    const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
    await namespace.scores('wing lift drag', texts.slice(0, 1));
    const before = namespace.scorer.bytes;
    await namespace.scores('wing lift drag', texts);
    // A hundred pairs of three terms: at least 27 bytes for the terms and 12 for length and cosine each.
    expect(namespace.scorer.bytes).toBeGreaterThan(before + 90 * 39);
  });

  it('starts the pairs of one query again rather than keep them for ever', async () => {
    const namespace = new ScoringNamespace(newScorer('hybrid'), {
      pairBytes: 50_000_000,
      textBytes: 50_000_000,
    });
    for (let batch = 0; batch < 10; batch++) {
      await namespace.scores(
        'wing',
        Array.from({ length: 1000 }, (_, index) => `w${batch * 1000 + index}`),
      );
    }
    const { pairHits } = await namespace.answer('wing', ['w0', 'w9999']);
    expect(pairHits).toBe(1);
  });

  it('uses a key encoder’s vectors where it is the same, and fills them in', async () => {
    const encoder = bundledEncoder();
    const shared = new ScoringNamespace(newScorer('hybrid', { keyEncoder: encoder }));
    for (const query of ['wing', 'lift']) await shared.scores(query, ['lift of a wing']);
    expect(shared.texts.get('lift of a wing').vector).toEqual(encoder.encodeText('lift of a wing'));
    const apart = new ScoringNamespace(newScorer('hybrid'));
    for (const query of ['wing', 'lift']) await apart.scores(query, ['lift of a wing']);
    expect(apart.texts.get('lift of a wing').vector).toBeUndefined();
  });

  it('reads the head, not the tail, of a text for its title', async () => {
    const filler = Array.from({ length: 40 }, (_, index) => `filler${index}`).join(' ');
    const { parts } = await new ScoringNamespace(newScorer('hybrid')).answer('wing', [
      `wing ${filler}`,
      `${filler} wing`,
    ]);
    expect([...parts.head!]).toEqual([1, 0]);
  });

  it('gives texts of the same words in another order the same score', async () => {
    const words = 'the lift of a wing grows with its angle until the flow separates'.split(' ');
    const texts = Array.from({ length: 12 }, (_, turn) =>
      [...words.slice(turn), ...words.slice(0, turn)].join(' '),
    );
    const { parts } = await new ScoringNamespace(newScorer('hybrid')).answer('stalled airfoil', texts);
    expect(new Set(parts.cosine)).toEqual(new Set([0.5]));
  });

  it('lets others run before 10 ms are used up, also inside one long text and one long query', async () => {
    const words = (count: number, name: string) =>
      Array.from({ length: count }, (_, i) => `${name}${i}`).join(' ');
    for (const [query, texts] of [
      ['wing', Array.from({ length: 60 }, (_, index) => `text ${index}`)],
      [words(400, 'q'), [words(1500, 'w')]],
    ] as const) {
      // Each look at the clock finds it 3 ms later: as if every step between two looks took that long.
      const { startPace, pauses, longestMs } = countedPace(3);
      await new ScoringNamespace(newScorer('hybrid', { startPace })).scores(query, texts);
      expect(pauses()).toBeGreaterThan(10);
      expect(longestMs()).toBeLessThanOrEqual(10);
    }
  });

  it('gives overlapping requests what each would get alone', async () => {
    const long = Array.from({ length: 900 }, (_, index) => `${WORDS[index % WORDS.length]}${index % 7}`).join(
      ' ',
    );
    const requests = ['wing lift', long, 'car', long].map((query, index) => ({
      query,
      texts: [`wing number ${index}`, long, `${long} drag`, 'flow over an airfoil'],
    }));
    const { startPace, pauses } = countedPace(6);
    const together = new ScoringNamespace(newScorer('hybrid', { startPace }), {
      frequencies: new DocumentFrequencies({ maxStems: 5 }),
    });
    const answers = await Promise.all(requests.map(({ query, texts }) => together.scores(query, texts)));
    expect(pauses()).toBeGreaterThan(10);
    for (const [index, { query, texts }] of requests.entries()) {
      const alone = await new ScoringNamespace(newScorer('hybrid')).scores(query, texts);
      expect(distance(answers[index]!, alone)).toBeLessThan(1e-9);
    }
  });
});

/** A hybrid scorer whose lexicon starts again with every request and whose word rows are never kept. */
function forgetfulScorer(lexicon: Lexicon) {
  const words = bundledEncoder();
  return createHybridScorer({ words, prior: bundledPrior(), lexicon, maxRowBytes: 1 });
}
