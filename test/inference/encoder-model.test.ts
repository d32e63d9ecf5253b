import { describe, expect, it } from 'vitest';
import { buildTinyEncoder, type TinyModel } from '../fixtures/tiny-models/encoder.js';
import { expectedMean, expectedVectors, meanOf, unit } from '../fixtures/tiny-models/expected.js';
import { encode, expectClose, isFailure, load, modelFolder } from './model-folders.js';

/** Ids of words of the vocabulary as BERT's tokenizer frames them. */
function idsOf({ id }: TinyModel, text: string): number[] {
  return [id('[CLS]'), ...text.split(' ').map(id), id('[SEP]')];
}
const zeros = (ids: readonly number[]) => ids.map(() => 0);

describe('the vector of a text', () => {
  it.each([
    ['cls', 'cls'],
    ['mean', 'mean'],
    ['lasttoken', 'last-token'],
  ] as const)('is pooled by %s, as 1_Pooling/config.json says', async (mode, pooling) => {
    const tiny = buildTinyEncoder(modelFolder(), { pooling: mode });
    const model = await load(tiny.folder);
    const ids = idsOf(tiny, 'reset my password');
    const rows = expectedVectors(tiny, ids, zeros(ids));
    const expected = { cls: rows[0]!, mean: meanOf(rows), lasttoken: rows.at(-1)! }[mode];

    expect(model.facts.pooling).toBe(pooling);
    expectClose((await encode(model, 'Reset my password'))[0]!, unit(expected));
  });

  it('is pooled as the spec says where it says so, else by mean where nothing is said', async () => {
    const tiny = buildTinyEncoder(modelFolder(), { pooling: null });
    const ids = idsOf(tiny, 'cat dog');
    const rows = expectedVectors(tiny, ids, zeros(ids));
    const byDefault = await load(tiny.folder);
    const told = await load(tiny.folder, { pooling: 'cls' });

    expect(byDefault.facts.pooling).toBe('mean');
    expectClose((await encode(byDefault, 'cat dog'))[0]!, unit(meanOf(rows)));
    expectClose((await encode(told, 'cat dog'))[0]!, unit(rows[0]!));
  });

  it('is as the graph gives it where that gives vectors of texts alone', async () => {
    const tiny = buildTinyEncoder(modelFolder(), { output: 'sentence_embedding', pooling: 'cls' });
    const model = await load(tiny.folder);
    const ids = idsOf(tiny, 'cat dog');

    expect(model.facts).toMatchObject({ pooling: 'none', dimension: 8 });
    expectClose((await encode(model, 'cat dog'))[0]!, unit(expectedMean(tiny, ids, zeros(ids))));
  });

  it("is the tokens' where the graph gives both, unless the spec asks for the graph's own", async () => {
    const tiny = buildTinyEncoder(modelFolder(), { output: 'both', pooling: 'cls' });
    const ids = idsOf(tiny, 'cat dog');
    const [pooled, given] = [await load(tiny.folder), await load(tiny.folder, { pooling: 'none' })];

    expectClose((await encode(pooled, 'cat dog'))[0]!, unit(expectedVectors(tiny, ids, zeros(ids))[0]!));
    expectClose((await encode(given, 'cat dog'))[0]!, unit(expectedMean(tiny, ids, zeros(ids))));
  });

  it('keeps its length where that is asked for', async () => {
    const tiny = buildTinyEncoder(modelFolder(), { pooling: 'cls' });
    const model = await load(tiny.folder, { normalise: false });
    const ids = idsOf(tiny, 'cat');
    expectClose((await encode(model, 'cat'))[0]!, expectedVectors(tiny, ids, zeros(ids))[0]!);
  });

  it.each([
    ['no inputs besides', []],
    ['positions', ['position_ids']],
    ['types and positions', ['token_type_ids', 'position_ids']],
  ])('is right for a graph with %s', async (_, inputs) => {
    const tiny = buildTinyEncoder(modelFolder(), { pooling: 'cls', inputs });
    const model = await load(tiny.folder);
    const ids = idsOf(tiny, 'cat dog');
    const types = inputs.includes('token_type_ids') ? zeros(ids) : undefined;

    expect(model.facts.inputs).toEqual(['input_ids', 'attention_mask', ...inputs]);
    expectClose((await encode(model, 'cat dog'))[0]!, unit(expectedVectors(tiny, ids, types)[0]!));
  });

  it("starts positions after the padding's in RoBERTa's family, and leaves room for that", async () => {
    const config = { model_type: 'xlm-roberta' };
    const options = { inputs: ['position_ids'], tokenizer: 'bpe', config, pooling: 'cls' } as const;
    const tiny = buildTinyEncoder(modelFolder(), { ...options, positions: 12 });
    const model = await load(tiny.folder, { normalise: false });
    const { tables, id } = tiny;
    const shifted = { ...tiny, tables: { ...tables, positions: tables.positions.slice(2) } };
    const ids = ['<s>', 'Ġ', 'z', '</s>'].map(id);

    expect(model.facts.maxLength).toBe(10);
    expectClose((await encode(model, 'z'))[0]!, expectedVectors(shifted, ids)[0]!);
  });

  it.each(['bpe', 'unigram'] as const)('is right with a %s tokenizer', async (tokenizer) => {
    const tiny = buildTinyEncoder(modelFolder(), { tokenizer, pooling: 'mean' });
    const model = await load(tiny.folder);
    const { id } = tiny;
    const tokens = tokenizer === 'bpe' ? ['<s>', 'Ġ', 'q', 'Ġthe', '</s>'] : ['▁', 'q', '▁the', '</s>'];
    const rows = expectedVectors(
      tiny,
      tokens.map(id),
      tokens.map(() => 0),
    );
    expectClose((await encode(model, 'q the'))[0]!, unit(meanOf(rows)));
  });

  it('is that of a float16 graph, at its precision', async () => {
    const tiny = buildTinyEncoder(modelFolder(), {
      half: true,
      file: 'onnx/model_fp16.onnx',
      pooling: 'cls',
    });
    const model = await load(tiny.folder);
    const ids = idsOf(tiny, 'cat dog');

    expect(model.facts).toMatchObject({ precision: 'fp16', file: 'onnx/model_fp16.onnx' });
    expectClose((await encode(model, 'cat dog'))[0]!, unit(expectedVectors(tiny, ids, zeros(ids))[0]!), 2);
  });

  it('comes from weights in a file beside the graph', async () => {
    const tiny = buildTinyEncoder(modelFolder(), { external: true, pooling: 'cls' });
    const ids = idsOf(tiny, 'cat dog');
    const [vector] = await encode(await load(tiny.folder), 'cat dog');
    expectClose(vector!, unit(expectedVectors(tiny, ids, zeros(ids))[0]!));
  });

  it('is of the first tokens of a text that is too long, special ones at its end', async () => {
    const tiny = buildTinyEncoder(modelFolder(), { pooling: 'lasttoken', maxLength: 6 });
    const model = await load(tiny.folder);
    const ids = idsOf(tiny, 'cat dog cat dog');

    const vectors = await encode(model, 'cat dog '.repeat(12_500), 'cat dog cat dog');
    expect(vectors[0]).toEqual(vectors[1]);
    expectClose(vectors[0]!, unit(expectedVectors(tiny, ids, zeros(ids)).at(-1)!));
  });
});

describe('texts together', () => {
  it('have the vectors they have alone, in their order, whatever is beside them', async () => {
    const model = await load(buildTinyEncoder(modelFolder()).folder, { batchTokens: 64 });
    const texts = ['cat', 'how do i reset my password', '', 'the sun and the moon', 'cat', 'a '.repeat(80)];
    const together = await encode(model, ...texts);
    for (const [index, text] of texts.entries()) {
      expectClose(together[index]!, [...(await encode(model, text))[0]!]);
    }
  });

  it('do not touch each other in a graph that quantises as it runs', async () => {
    const options = { quantised: true, file: 'onnx/model_quantized.onnx' };
    const model = await load(buildTinyEncoder(modelFolder(), options).folder);
    const [alone] = await encode(model, 'cat');
    const beside = await encode(model, 'cat', 'dog', 'how do i reset my password');

    expect(model.facts.precision).toBe('int8');
    // Bit for bit: scales of the whole batch would show in the third digit.
    expect(beside[0]).toEqual(alone);
  });

  it.each(['word-piece', 'bpe', 'unigram'] as const)(
    'without anything to read have the zero vector (%s)',
    async (tokenizer) => {
      const model = await load(buildTinyEncoder(modelFolder(), { tokenizer }).folder);
      for (const vector of await encode(model, '', ' ', ' \n\t ', '\u00a0'))
        expect(vector).toEqual(new Float32Array(8));
    },
  );

  it('that the tokenizer drops altogether have the zero vector', async () => {
    const model = await load(buildTinyEncoder(modelFolder()).folder);
    for (const vector of await encode(model, '\ud800', '\u0000\u200b'))
      expect(vector).toEqual(new Float32Array(8));
  });

  it('of any script are of unit length', async () => {
    const model = await load(buildTinyEncoder(modelFolder()).folder);
    const texts = ['שלום עולם', '😀', 'a\udc00b', '漢字', 'é'.repeat(100_000), 'x'.repeat(100_000)];
    for (const vector of await encode(model, ...texts)) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });

  it('fail alone: one that gives NaN', async () => {
    const model = await load(buildTinyEncoder(modelFolder(), { nanToken: 'virus' }).folder);
    const results = await model.run(['cat', 'a virus', 'dog'].map((text) => ({ text })));
    expect(results.map(isFailure)).toEqual([false, true, false]);
    expect(results[1]).toEqual({ failure: 'the graph gave a number that is not finite' });
    expect(results[0]).toEqual((await encode(model, 'cat'))[0]);
  });

  it('fail alone: one with more tokens than the graph has positions for', async () => {
    const config = { max_position_embeddings: 64 };
    const model = await load(buildTinyEncoder(modelFolder(), { positions: 8, config }).folder);
    const results = await model.run(['a b', 'cat '.repeat(10), 'z'].map((text) => ({ text })));

    expect(results.map(isFailure)).toEqual([false, true, false]);
    expect((results[1] as { failure: string }).failure).toMatch(/while running Add node/);
  });
});

describe('what is known of a model', () => {
  it('is its length, its prompts and its file', async () => {
    const prompts = { query: 'query: ', passage: 'passage: ' };
    const tiny = buildTinyEncoder(modelFolder(), { prompts, maxLength: 32, dimension: 12 });
    expect((await load(tiny.folder)).facts).toEqual({
      dimension: 12,
      maxLength: 32,
      pooling: 'mean',
      isPoolingAssumed: false,
      precision: 'fp32',
      file: 'onnx/model.onnx',
      prompts: { query: 'query: ', document: 'passage: ' },
      inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
    });
  });

  it('is the length of the spec, up to what the positions allow', async () => {
    const { folder } = buildTinyEncoder(modelFolder(), { maxLength: 32, positions: 64 });
    expect((await load(folder, { maxLength: 64 })).facts.maxLength).toBe(64);
    await expect(load(folder, { maxLength: 65 })).rejects.toThrow('it takes 64 tokens at most, not 65');
    await expect(load(folder, { maxLength: 2 })).rejects.toThrow('2 tokens are too few, it needs 3');
  });
});
