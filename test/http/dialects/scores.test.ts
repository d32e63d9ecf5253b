import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialectRows } from '../../../src/http/dialects/scores.js';
import type { RankedDocument } from '../../../src/reranker/request.js';
import type { Scale } from '../../../src/scorers/scorer.js';
import { ask, QUERY, TEXTS } from './asking.js';

function ranked(scores: readonly number[]): RankedDocument[] {
  return scores.map((score, index) => ({
    candidate: { text: '' },
    quotedText: '""',
    index,
    score,
    components: { dense: 0, narrative: 0, pheromone: 0 },
  }));
}

function shown(scores: readonly number[], scale: Scale, rawWished = false): number[] {
  return dialectRows({ results: ranked(scores), scale }, rawWished).map(({ score }) => score);
}

describe('scores in drop-in dialects', () => {
  it('stay where they are in 0…1 already', () => {
    expect(shown([1, 0.25, 0], 'relative')).toEqual([1, 0.25, 0]);
    expect(shown([0.9, 0.1], 'probability')).toEqual([0.9, 0.1]);
  });

  it('are cosines cut at 0, and logits through the logistic function', () => {
    expect(shown([0.5, -0.5], 'cosine')).toEqual([0.5, 0]);
    // 1/(1+e^-ln 3) = 3/4
    expect(shown([Math.log(3), 0, -Math.log(3)], 'logit')[0]).toBeCloseTo(0.75, 12);
    expect(shown([0], 'logit')).toEqual([0.5]);
  });

  it('are logits where raw ones were asked for, and nothing else becomes one', () => {
    expect(shown([7, -3], 'logit', true)).toEqual([7, -3]);
    expect(shown([0.5, -0.5], 'cosine', true)).toEqual([0.5, 0]);
  });

  it('lie in 0…1 and fall with rank, whatever the scale', () => {
    const score = fc.double({ noNaN: true, noDefaultInfinity: true });
    const scale = fc.constantFrom<Scale>('relative', 'probability', 'cosine', 'logit');
    fc.assert(
      fc.property(fc.array(score), scale, (scores, kind) => {
        const falling = [...scores].sort((a, b) => b - a);
        const result = shown(falling, kind);
        expect(result.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect([...result].sort((a, b) => b - a)).toEqual(result);
      }),
    );
  });

  it('native answers carry theirs as they are', async () => {
    const logits = (services: { scale: Scale }) => {
      services.scale = 'logit';
    };
    const documents = TEXTS.map((text, index) => ({ id: `d${index}`, text }));
    const native = await ask('/rerank', { query: QUERY, documents }, {}, {}, logits);
    expect(native.body.results[0].score).toBe(0.75);
    const raw = await ask('/rerank', { query: QUERY, texts: TEXTS, raw_scores: true }, {}, {}, logits);
    expect(raw.body[0].score).toBe(0.75);
    const mapped = await ask('/rerank', { query: QUERY, texts: TEXTS }, {}, {}, logits);
    expect(mapped.body[0].score).toBeCloseTo(1 / (1 + Math.exp(-0.75)), 12);
  });
});
