import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { findLogits, findVectors, type Probe, readOutput } from '../../src/inference/graph-output.js';

/** Outputs of a graph tried with 2 rows of 3 tokens. */
function probe(shapes: Readonly<Record<string, readonly number[]>>): Probe {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, dims]) => {
      const size = dims.reduce((product, each) => product * each, 1);
      return [name, new Tensor('float32', new Float32Array(size), dims)];
    }),
  );
}
const tokens = [2, 3, 8];
const texts = [2, 8];

describe('the vectors of an encoder', () => {
  it.each([
    [{ last_hidden_state: tokens, pooler_output: texts }, 'last_hidden_state', 'tokens'],
    [{ sentence_embedding: texts, token_embeddings: tokens }, 'token_embeddings', 'tokens'],
    [{ hidden_1: tokens, last_hidden_state: tokens }, 'last_hidden_state', 'tokens'],
    [{ output_0: tokens }, 'output_0', 'tokens'],
    [{ output_0: texts }, 'output_0', 'texts'],
    [{ text_embeds: texts, other: texts }, 'text_embeds', 'texts'],
  ])('of %j are %s, of %s', (shapes, name, of) => {
    expect(findVectors(probe(shapes), 2, 3)).toEqual({ name, of, dimension: 8 });
  });

  it.each([
    [{ pooler_output: texts }],
    [{ logits: texts }],
    [{ one: texts, other: texts }],
    [{ hidden_1: tokens, hidden_2: tokens }],
    // One row for all texts, and a length that is not the tokens'.
    [{ sentence_embedding: [1, 8] }],
    [{ last_hidden_state: [2, 4, 8] }],
    [{ last_hidden_state: [2, 3, 0] }],
  ])('are not clear from %j', (shapes) => {
    expect(() => findVectors(probe(shapes), 2, 3)).toThrow(/^it gives no vectors of tokens or texts but /);
  });

  it('are no whole numbers', () => {
    const outputs = { sentence_embedding: new Tensor('int64', new BigInt64Array(16), [2, 8]) };
    expect(() => findVectors(outputs, 2, 3)).toThrow('but sentence_embedding (int64, 2 × 8)');
  });
});

describe('the logits of a cross-encoder', () => {
  it.each([
    [{ logits: [2, 1] }, 'logits'],
    [{ logits: [2] }, 'logits'],
    [{ logits: [2, 2], hidden: tokens }, 'logits'],
    [{ score: [2, 1] }, 'score'],
  ])('of %j are %s', (shapes, name) => {
    expect(findLogits(probe(shapes), 2)).toBe(name);
  });

  it.each([
    [{ logits: [2, 3] }],
    [{ logits: [1, 1] }],
    [{ logits: [2, 1, 1] }],
    [{ one: [2, 1], other: [2, 1] }],
  ])('are not clear from %j', (shapes) => {
    expect(() => findLogits(probe(shapes), 2)).toThrow(/^it gives no logits of one or two classes but /);
  });
});

describe('an output', () => {
  it('has the shape that was found, or is refused', () => {
    const outputs = probe({ logits: [2, 1] });
    expect(readOutput(outputs, 'logits', [2, 1]).data).toHaveLength(2);
    expect(() => readOutput(outputs, 'logits', [3, 1])).toThrow(
      'the graph gave logits of the shape 2 × 1, not 3 × 1',
    );
  });
});
