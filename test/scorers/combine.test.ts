import { describe, expect, it } from 'vitest';
import type { Pace } from '../../src/base/pace.js';
import type { CacheControl } from '../../src/base/request-wishes.js';
import { createCombinedScorer } from '../../src/scorers/combine.js';
import { SharedParts } from '../../src/scorers/create-scorer.js';
import { withInputPrior } from '../../src/scorers/input-prior.js';
import { crossEncoderScorer, FakeCrossEncoder } from '../fixtures/fake-models.js';
import { PairHome } from '../fixtures/pair-home.js';
import { newScorer, ScoringNamespace } from '../fixtures/scoring.js';

const TEXTS = ['lift of a wing', 'an airfoil in a flow', 'cars and roads', 'wing'];

describe('a combination of scorers', () => {
  it('is the weighted sum of its parts, each scaled to 0…1', async () => {
    const query = 'wing lift';
    const { scores, parts } = await new ScoringNamespace(newScorer('lexical:35,embedding:65')).answer(
      query,
      TEXTS,
    );
    const lexical = await new ScoringNamespace(newScorer('lexical')).scores(query, TEXTS);
    const embedding = await new ScoringNamespace(newScorer('embedding')).scores(query, TEXTS);
    const [low, high] = [Math.min(...embedding), Math.max(...embedding)];
    scores.forEach((score, index) => {
      const scaled = (embedding[index]! - low) / (high - low);
      expect(score).toBeCloseTo(0.35 * lexical[index]! + 0.65 * scaled, 9);
      expect(parts.lexical![index]).toBeCloseTo(lexical[index]!, 9);
      expect(parts.embedding![index]).toBeCloseTo(scaled, 9);
    });
  });

  it('has a name that SCORER would read the same, and its parts’ revisions', () => {
    const scorer = newScorer('lexical:7,embedding:13');
    expect(scorer.name).toBe('lexical:0.35,embedding:0.65');
    expect(newScorer(scorer.name).name).toBe(scorer.name);
    expect(scorer.revision).toContain(newScorer('lexical').revision);
    expect(scorer.revision).not.toBe(newScorer('lexical:1,embedding:1').revision);
  });

  it('has been a hit where each part knew all of its pairs, and is as bad as the worst', async () => {
    const pairScorers = { 'cross-encoder': crossEncoderScorer(new FakeCrossEncoder()) };
    const namespace = new ScoringNamespace(newScorer('lexical:1,cross-encoder:1', { pairScorers }));
    const ask = async (cacheControl?: CacheControl) => {
      const request = namespace.request('1', ['1', '2', '3']);
      const { pairHits, pairMisses, forward } = await namespace.scorer.score({ ...request, cacheControl });
      return [pairHits, pairMisses, forward];
    };
    expect(await ask()).toEqual([0, 3, undefined]);
    expect(await ask()).toEqual([3, 0, undefined]);
    expect(await ask({ noStore: true })).toEqual([0, 3, 'bypass']);
    const other = new ScoringNamespace(newScorer('input:1,lexical:1'));
    await other.answer('1', ['1']);
    expect((await other.answer('1', ['1'])).pairHits).toBe(1);
  });

  it('learns each text once, though two parts read it by turns', async () => {
    for (const spec of ['lexical:1,hybrid:1', 'hybrid:1,lexical:1']) {
      // Every text is followed by a pause.
      const startPace = () => ({ due: () => true, rest: () => Promise.resolve() }) as Pace;
      const namespace = new ScoringNamespace(newScorer(spec, { startPace, shared: new SharedParts() }));
      const request = namespace.request('car', TEXTS);
      await namespace.scorer.score(request);
      namespace.scorer.learn(request);
      const { frequencies } = namespace;
      expect(frequencies.count(frequencies.find('wing'))).toBe(2);
      expect(frequencies.count(frequencies.find('road'))).toBe(1);
      expect(frequencies.seen(-1)).toBe(4);
    }
  });

  it('has scores relative to the list, though a part be asked for raw ones', async () => {
    const home = new PairHome();
    const half = { scorer: home.scorer, weight: 0.5, learns: false };
    for (const scorer of [createCombinedScorer([half, half]), withInputPrior(home.scorer, 0.5)]) {
      const namespace = new ScoringNamespace(scorer);
      const request = { ...namespace.request('0', ['1', '2']), wishes: { rawScores: true } };
      expect([scorer.scale, (await namespace.scorer.score(request)).scale]).toEqual(['relative', 'relative']);
    }
  });

  it('learns once, though two of its parts learn', async () => {
    const namespace = new ScoringNamespace(newScorer('hybrid:1,lexical:1'));
    await namespace.scores('wing', TEXTS);
    namespace.learn('wing', TEXTS);
    const { frequencies } = namespace;
    expect([frequencies.seen(-1), frequencies.count(frequencies.find('car'))]).toEqual([4, 1]);
  });

  it('has parts that read each repeated text once between them', async () => {
    const namespace = new ScoringNamespace(newScorer('hybrid:1,lexical:1'));
    await namespace.scores('wing', TEXTS);
    const request = namespace.request('drag', TEXTS);
    await namespace.scorer.score(request);
    const analyses = request.texts.map(({ analysis }) => analysis);
    expect(analyses).not.toContain(undefined);
    await namespace.scorer.score(namespace.request('lift', TEXTS));
    for (const [index, { analysis }] of request.texts.entries()) expect(analysis).toBe(analyses[index]);
  });

  it('adds up bytes, trims, clears and closes its parts', async () => {
    const namespace = new ScoringNamespace(newScorer('lexical:1,embedding:1'));
    await namespace.scores('wing', TEXTS);
    const alone = new ScoringNamespace(newScorer('lexical'));
    await alone.scores('wing', TEXTS);
    expect(namespace.scorer.bytes).toBeGreaterThan(alone.scorer.bytes);
    namespace.scorer.trim(1);
    expect(namespace.scorer.bytes).toBe(0);
    await namespace.scores('wing', TEXTS);
    namespace.scorer.clear();
    expect(namespace.scorer.bytes).toBe(0);
    let closed = 0;
    const part = { ...newScorer('input'), close: async () => void closed++ };
    await createCombinedScorer([
      { scorer: part, weight: 0.5, learns: false },
      { scorer: part, weight: 0.5, learns: false },
    ]).close();
    expect(closed).toBe(2);
  });

  it('gives no scores for no candidates', async () => {
    expect(await new ScoringNamespace(newScorer('lexical:1,embedding:1,input:1')).scores('wing', [])).toEqual(
      [],
    );
  });

  it('needs a part', () => {
    expect(() => createCombinedScorer([])).toThrow('needs a scorer');
  });
});

describe('the input scorer', () => {
  it('gives the order that came in, from 1 to 0', async () => {
    const namespace = new ScoringNamespace(newScorer('input'));
    expect(await namespace.scores('q', ['a', 'b', 'c'])).toEqual([1, 0.5, 0]);
    expect(await namespace.scores('q', ['a'])).toEqual([0.5]);
    expect(await namespace.scores('q', [])).toEqual([]);
  });

  it('gives the retriever’s scores as they are where all documents have one', async () => {
    const namespace = new ScoringNamespace(newScorer('input'));
    const documents = [-3, 70].map((score) => ({ text: 'a', score }));
    expect(await namespace.scores('q', documents)).toEqual([-3, 70]);
    expect(await namespace.scores('q', [...documents, 'without'])).toEqual([1, 0.5, 0]);
    namespace.scorer.trim(1);
    expect(namespace.scorer.bytes).toBe(0);
    await namespace.scores('wing', TEXTS);
    namespace.scorer.clear();
    expect(namespace.scorer.bytes).toBe(0);
  });
});

describe('parts that scorers share', () => {
  it('are made once for all of the same tools', () => {
    const shared = new SharedParts();
    newScorer('hybrid:1,lexical:1', { shared });
    const parts = [...shared.parts];
    expect(parts.map(([name]) => name)).toEqual(['hybrid', 'lexical']);
    newScorer('lexical:1,hybrid:2', { shared });
    expect([...shared.parts]).toEqual(parts);
    expect(shared.parts.get('hybrid')).toBe(parts[0]![1]);
  });
});
