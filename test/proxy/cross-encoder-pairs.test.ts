import { describe, expect, it } from 'vitest';
import { expectClose } from '../fixtures/close.js';
import { crossEncoderScorer, FakeCrossEncoder } from '../fixtures/fake-models.js';
import { ScoringNamespace } from '../fixtures/scoring.js';

function open(scores?: 'sigmoid' | 'raw', pairBytes?: number) {
  const model = new FakeCrossEncoder();
  const scorer = crossEncoderScorer(model, scores);
  const bounds = pairBytes === undefined ? {} : { pairBytes };
  return { model, scorer, namespace: new ScoringNamespace(scorer, bounds) };
}

describe('the cross-encoder scorer', () => {
  it('puts the model’s logits through the logistic function, and explains them', async () => {
    const { namespace } = open();
    const { scores, parts } = await namespace.answer('1', ['1', '3', '-1']);
    // 1/(1 + e^0), 1/(1 + e^-2), 1/(1 + e^2)
    expectClose([...scores], [0.5, 0.880797, 0.119203], 1e-6);
    expect([...parts.logit!]).toEqual([0, 2, -2]);
  });

  it('gives raw scores where they are asked for, under another revision', async () => {
    const { namespace, scorer } = open('raw');
    expect(await namespace.scores('1', ['3', '-1'])).toEqual([2, -2]);
    expect(scorer.revision).not.toBe(open().scorer.revision);
  });

  it('asks for a pair once, and only for what is missing', async () => {
    const { namespace, model } = open();
    const first = await namespace.answer('1', ['2', '3']);
    const second = await namespace.answer('1', ['3', '4', '2']);
    const other = await namespace.answer('2', ['2']);
    expect(model.asked).toEqual(['1|2', '1|3', '1|4', '2|2']);
    expect([first, second, other].map(({ pairHits, pairMisses }) => [pairHits, pairMisses])).toEqual([
      [0, 2],
      [2, 1],
      [0, 1],
    ]);
    expect([...second.parts.logit!]).toEqual([2, 3, 1]);
  });

  it('keeps what was done where the rest failed', async () => {
    const { namespace, model } = open();
    model.faults.refused = (text) => text === '3';
    await expect(namespace.scores('1', ['2', '3', '4'])).rejects.toThrow('the model gave no answer');
    model.faults.refused = () => false;
    model.asked.length = 0;
    await namespace.scores('1', ['2', '3', '4']);
    expect(model.asked).toEqual(['1|3']);
  });

  it('keeps its pairs within the bound, the oldest query first out', async () => {
    const { namespace, model } = open('sigmoid', 3000);
    for (const query of ['1', '2', '3', '4']) await namespace.scores(query, ['1', '2', '3']);
    expect(namespace.scorer.bytes).toBeLessThanOrEqual(3000);
    model.asked.length = 0;
    await namespace.scores('4', ['1', '2', '3']);
    expect(model.asked).toEqual([]);
    await namespace.scores('1', ['1']);
    expect(model.asked).toEqual(['1|1']);
    namespace.scorer.clear();
    expect(namespace.scorer.bytes).toBe(0);
  });

  it('scores nothing for no candidates, without asking', async () => {
    const { namespace, model } = open();
    expect(await namespace.scores('1', [])).toEqual([]);
    expect(model.asked).toEqual([]);
  });
});
