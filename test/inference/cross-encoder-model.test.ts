import { describe, expect, it } from 'vitest';
import {
  buildTinyCrossEncoder,
  type TinyCrossEncoder,
  type TinyCrossEncoderOptions,
} from '../fixtures/tiny-models/cross-encoder.js';
import { expectedLogits } from '../fixtures/tiny-models/expected.js';
import { isFailure, load, modelFolder } from './model-folders.js';

/** `[CLS] query [SEP] text [SEP]`, type 1 from the text on. */
function pairOf({ id }: TinyCrossEncoder, query: readonly string[], text: readonly string[]) {
  const first = [id('[CLS]'), ...query.map(id), id('[SEP]')];
  const second = [...text.map(id), id('[SEP]')];
  return { ids: [...first, ...second], types: [...first.map(() => 0), ...second.map(() => 1)] };
}

function logitsOf(tiny: TinyCrossEncoder, query: readonly string[], text: readonly string[]): number[] {
  const { ids, types } = pairOf(tiny, query, text);
  return expectedLogits(tiny, ids, types);
}

async function scorer(
  options: TinyCrossEncoderOptions = {},
  spec: { windows?: number; maxLength?: number } = {},
) {
  const tiny = buildTinyCrossEncoder(modelFolder(), options);
  const model = await load(tiny.folder, { kind: 'cross-encoder', ...spec });
  const scores = async (query: string, ...texts: string[]) => {
    const results = await model.run(texts.map((text) => ({ query, text })));
    expect(results.filter(isFailure)).toEqual([]);
    return (results as Float32Array[]).map((result) => result[0]!);
  };
  return { tiny, model, scores };
}

describe('the raw score of a pair', () => {
  it('is the logit of a single class', async () => {
    const { tiny, model, scores } = await scorer();
    const [score] = await scores('reset password', 'Forgot my password');
    const [logit] = logitsOf(tiny, ['reset', 'password'], ['forgot', 'my', 'password']);

    expect(model.facts).toMatchObject({ dimension: 1, pooling: null, maxLength: 64 });
    expect(score).toBeCloseTo(logit!, 5);
  });

  it('is how much higher the second of two classes is', async () => {
    const { tiny, scores } = await scorer({ classes: 2 });
    const [score] = await scores('cat', 'dog');
    const [no, yes] = logitsOf(tiny, ['cat'], ['dog']);
    expect(score).toBeCloseTo(yes! - no!, 5);
  });

  it('depends on which is the query', async () => {
    const { tiny, scores } = await scorer();
    const [forth] = await scores('cat', 'dog');
    const [back] = await scores('dog', 'cat');
    expect(forth).toBeCloseTo(logitsOf(tiny, ['cat'], ['dog'])[0]!, 5);
    expect(back).toBeCloseTo(logitsOf(tiny, ['dog'], ['cat'])[0]!, 5);
    expect(Math.abs(forth! - back!)).toBeGreaterThan(0.001);
  });

  it('is the same among others', async () => {
    const { scores } = await scorer();
    const texts = ['dog', 'how do i reset my password', '', 'the sun and the moon'];
    const together = await scores('cat', ...texts);
    for (const [index, text] of texts.entries()) {
      expect((await scores('cat', text))[0]).toBeCloseTo(together[index]!, 5);
    }
  });

  it('is there for empty queries and texts', async () => {
    const { tiny, scores } = await scorer();
    expect((await scores('', ''))[0]).toBeCloseTo(logitsOf(tiny, [], [])[0]!, 5);
    expect((await scores('cat', ''))[0]).toBeCloseTo(logitsOf(tiny, ['cat'], [])[0]!, 5);
  });

  it('is right for a graph without types, and for two separators between the texts', async () => {
    const { tiny, scores } = await scorer({ tokenizer: 'bpe', inputs: [] });
    const ids = ['<s>', 'Ġ', 'q', '</s>', '</s>', 'Ġ', 'z', '</s>'].map(tiny.id);
    expect((await scores('q', 'z'))[0]).toBeCloseTo(expectedLogits(tiny, ids)[0]!, 5);
  });

  it('fails alone where it is NaN', async () => {
    const { model } = await scorer({ nanToken: 'virus' });
    const results = await model.run(['dog', 'virus', 'cat'].map((text) => ({ query: 'cat', text })));
    expect(results.map(isFailure)).toEqual([false, true, false]);
  });
});

describe('a long text', () => {
  /** Letters, each a token. */
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];

  it('is cut behind a whole query', async () => {
    // 16 tokens: 3 special ones, 2 of the query, 11 of the text.
    const { tiny, scores } = await scorer({}, { maxLength: 16 });
    const [score] = await scores('reset password', letters.join(' '));
    expect(score).toBeCloseTo(logitsOf(tiny, ['reset', 'password'], letters.slice(0, 11))[0]!, 5);
  });

  it('is cut together with a query of more than half', async () => {
    // 13 tokens for both: 6 of the query, 7 of the text.
    const { tiny, scores } = await scorer({}, { maxLength: 16 });
    const [score] = await scores(letters.join(' '), letters.toReversed().join(' '));
    const expected = logitsOf(tiny, letters.slice(0, 6), letters.toReversed().slice(0, 7));
    expect(score).toBeCloseTo(expected[0]!, 5);
  });

  it('is read in windows, of which the best counts', async () => {
    // 12 tokens of the text at once, strides of 11: [0, 12), [11, 23), [14, 26).
    const { tiny, scores } = await scorer({}, { maxLength: 16, windows: 3 });
    const windows = [0, 11, 14].map((start) => logitsOf(tiny, ['cat'], letters.slice(start, start + 12))[0]!);
    const [score] = await scores('cat', letters.join(' '));
    expect(score).toBeCloseTo(Math.max(...windows), 5);
    expect(new Set(windows.map((window) => window.toFixed(4))).size).toBe(3);
  });

  it('of any length has a score', async () => {
    const { model } = await scorer({}, { windows: 4 });
    const texts = [
      'a'.repeat(100_000),
      'the cat '.repeat(12_500),
      '\ud800'.repeat(100_000),
      '😀'.repeat(50_000),
    ];
    const results = await model.run(texts.map((text) => ({ query: 'q'.repeat(100_000), text })));
    expect(results.map((result) => !isFailure(result) && Number.isFinite(result[0]))).toEqual(
      texts.map(() => true),
    );
  });
});
