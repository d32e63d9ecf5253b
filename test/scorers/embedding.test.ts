import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.js';
import type { Encoder } from '../../src/encoders/encoder.js';
import { cosine } from '../../src/scorers/cosine.js';
import { createEmbeddingScorer } from '../../src/scorers/embedding.js';
import { expectClose } from '../fixtures/close.js';
import { countedPace } from '../fixtures/counted-pace.js';
import { AS_DOCUMENT } from '../fixtures/model-calls.js';
import { bundledEncoder } from '../fixtures/models.js';
import { newScorer, ScoringNamespace } from '../fixtures/scoring.js';

/** Counts the texts it is given; a text's vector is read from its digits, `3 4` → (.6, .8). */
function digitEncoder(): Encoder & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    name: 'digits',
    version: '1',
    dimension: 2,
    asked,
    async encode(texts) {
      asked.push(...texts);
      return texts.map((text) => {
        const [x = 0, y = 0] = text.split(' ').map(Number);
        const length = Math.hypot(x, y) || 1;
        return Float32Array.of(x / length, y / length);
      });
    },
    async close() {},
  };
}

async function sent(
  query: readonly number[],
  documents: readonly (readonly number[] | undefined)[],
): Promise<number[]> {
  const namespace = new ScoringNamespace(newScorer('embedding'));
  const candidates = documents.map((embedding) => ({
    text: '',
    ...(embedding === undefined ? {} : { embedding }),
  }));
  const { scores } = await namespace.scorer.score(namespace.request('q', candidates, query));
  return [...scores];
}

describe('the embedding scorer', () => {
  it('is the cosine of the encoder’s vectors, as it is', async () => {
    const encoder = digitEncoder();
    const namespace = new ScoringNamespace(createEmbeddingScorer({ encoder }));
    const scores = await namespace.scores('3 4', ['3 4', '-3 -4', '4 -3', '4 3', '0 0']);
    expectClose(scores, [1, -1, 0, 0.96, 0]);
  });

  it('asks the encoder once per text and query', async () => {
    const encoder = digitEncoder();
    const namespace = new ScoringNamespace(createEmbeddingScorer({ encoder }));
    const first = await namespace.answer('1 0', ['1 1', '2 1']);
    const second = await namespace.answer('1 0', ['2 1', '3 1']);
    expect(encoder.asked).toEqual(['1 0', '1 1', '2 1', '3 1']);
    expect([first.pairHits, first.pairMisses, second.pairHits, second.pairMisses]).toEqual([0, 2, 1, 1]);
    expect(namespace.scorer.bytes).toBeGreaterThan(0);
    namespace.scorer.clear();
    expect(namespace.scorer.bytes).toBe(0);
  });

  it('shares texts’ vectors with the key encoder where it is the same', async () => {
    const encoder = digitEncoder();
    const namespace = new ScoringNamespace(createEmbeddingScorer({ encoder, sharesKeyVectors: true }));
    namespace.texts.setVector(namespace.texts.get('5 0'), Float32Array.of(1, 0), true);
    const bytes = namespace.texts.bytes;
    await namespace.scores('0 1', ['5 0', '0 7']);
    expect(encoder.asked).toEqual(['0 1', '0 7']);
    await namespace.scores('0 2', ['0 7']);
    expect(encoder.asked).toEqual(['0 1', '0 7', '0 2', '0 7']);
    expect(namespace.texts.get('0 7').vector).toEqual(Float32Array.of(0, 1));
    expect(namespace.texts.bytes).toBeGreaterThan(bytes);
  });

  it('does not take the key encoder’s vectors for its own where they are another’s', async () => {
    const namespace = new ScoringNamespace(createEmbeddingScorer({ encoder: digitEncoder() }));
    namespace.texts.setVector(namespace.texts.get('0 1'), Float32Array.of(1, 0), true);
    expect(await namespace.scores('1 0', ['0 1'])).toEqual([0]);
  });

  it('works with the bundled encoder', async () => {
    const [near, far] = await new ScoringNamespace(newScorer('embedding')).scores('reset my password', [
      'a forgotten password',
      'the boiling point of water',
    ]);
    expect(near).toBeGreaterThan(far! + 0.2);
    expect(newScorer('embedding').revision).toContain(bundledEncoder().version);
  });

  it('takes the vectors of the request where there are some, of any length', async () => {
    const scores = await sent(
      [3, 4],
      [
        [6, 8],
        [-6, -8],
        [0, 0],
        [4, -3],
      ],
    );
    expectClose(scores, [1, -1, 0, 0], 1e-12);
    expect(await sent([0, 0], [[1, 2]])).toEqual([0]);
  });

  it('refuses vectors of another dimension, and names each', async () => {
    const failure = await sent([1, 2], [[1, 2], [1, 2, 3], undefined]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AppError);
    expect((failure as AppError).status).toBe(422);
    expect((failure as AppError).detail).toMatchObject([
      { loc: ['documents', 1, 'embedding'], type: 'embedding_dimension' },
      { loc: ['documents', 2, 'embedding'], type: 'embedding_dimension' },
    ]);
  });

  it('gives nothing for no candidates, with vectors or without', async () => {
    expect(await sent([1, 2], [])).toEqual([]);
    const encoder = digitEncoder();
    expect(await new ScoringNamespace(createEmbeddingScorer({ encoder })).scores('1 0', [])).toEqual([]);
    expect(encoder.asked).toEqual([]);
  });

  it('learns nothing', () => {
    const namespace = new ScoringNamespace(newScorer('embedding'));
    namespace.learn('wing', ['lift']);
    expect(namespace.frequencies.takeChanged(10)).toEqual([]);
  });

  it('passes on the encoder’s failure and keeps nothing of it', async () => {
    let fails = true;
    const working = digitEncoder();
    const encoder: Encoder = {
      ...working,
      encode: async (texts) => {
        if (fails) throw new Error('no such model');
        return working.encode(texts, AS_DOCUMENT);
      },
    };
    const namespace = new ScoringNamespace(createEmbeddingScorer({ encoder }));
    await expect(namespace.scores('1 0', ['1 0'])).rejects.toThrow('no such model');
    fails = false;
    expect(await namespace.scores('1 0', ['1 0'])).toEqual([1]);
  });

  it('lets others run while it compares many sent vectors', async () => {
    const { startPace, pauses, longestMs } = countedPace(3);
    const namespace = new ScoringNamespace(newScorer('embedding', { startPace }));
    const documents = Array.from({ length: 60 }, () => ({ text: '', embedding: [1, 0] }));
    await namespace.scorer.score(namespace.request('q', documents, [1, 0]));
    expect(pauses()).toBeGreaterThan(10);
    expect(longestMs()).toBeLessThanOrEqual(10);
  });
});

describe('the cosine of any two vectors', () => {
  it('is finite and in [−1, 1], however large or small the numbers', () => {
    const vector = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(fc.property(vector, vector, (a, b) => Math.abs(cosine(a, b)) <= 1));
    expect(cosine([1e308, 1e308], [1e308, 1e308])).toBeCloseTo(1, 12);
    expect(cosine([5e-324, 0], [5e-324, 0])).toBeCloseTo(1, 12);
    expect(cosine([1e308, 1e-308], [1e-308, 1e308])).toBeCloseTo(0, 12);
  });
});
