import { describe, expect, it } from 'vitest';
import { ModelError } from '../../src/base/model-call.js';
import { createOnnxEncoder, type OnnxEncoderOptions } from '../../src/encoders/onnx.js';
import { FakeInference } from '../fixtures/fake-inference.js';
import { FACTS, SPEC } from '../fixtures/fake-model-workers.js';
import { AS_DOCUMENT, AS_QUERY } from '../fixtures/model-calls.js';
import { hasEnded, oneBroken } from '../fixtures/one-broken.js';

const FAILURE = new ModelError('failed', 'it broke');
const lengths = () =>
  new FakeInference(({ text }) => (text.includes('bad') ? FAILURE : Float32Array.of(text.length)));

function create(options: Partial<OnnxEncoderOptions> = {}) {
  const inference = lengths();
  const encoder = createOnnxEncoder({
    inference,
    spec: SPEC,
    facts: FACTS,
    name: 'tiny',
    revision: 'r1',
    ...options,
  });
  return { inference, encoder };
}

const PROMPTS = { query: 'query: ', document: 'passage: ' };

describe('the ONNX encoder', () => {
  it('asks the model on behalf of the caller', async () => {
    const { encoder, inference } = create();
    const call = { ...AS_DOCUMENT, signal: new AbortController().signal };
    expect(await encoder.encode(['a', 'abc'], call)).toEqual([Float32Array.of(1), Float32Array.of(3)]);
    expect(inference.asked).toEqual([{ model: 'model', inputs: [{ text: 'a' }, { text: 'abc' }], call }]);
  });

  it('puts before texts what the model was trained with, by their role', async () => {
    const { encoder, inference } = create({ facts: { ...FACTS, prompts: PROMPTS } });
    await encoder.encode(['a'], AS_QUERY);
    await encoder.encode(['a'], AS_DOCUMENT);
    expect(inference.asked.map(({ inputs }) => inputs[0]!.text)).toEqual(['query: a', 'passage: a']);
  });

  it('lets each prompt be set, to nothing too', async () => {
    const { encoder, inference } = create({ facts: { ...FACTS, prompts: PROMPTS }, prompts: { query: '' } });
    await encoder.encode(['a'], AS_QUERY);
    await encoder.encode(['a'], AS_DOCUMENT);
    expect(inference.asked.map(({ inputs }) => inputs[0]!.text)).toEqual(['a', 'passage: a']);
  });

  it('has the zero vector for texts with nothing to read, without asking', async () => {
    const { encoder, inference } = create({ prompts: PROMPTS });
    const vectors = await encoder.encode(['', 'a', ' \n\u0000', '\ud800', '\u200b'], AS_DOCUMENT);
    expect(vectors.map(([value]) => value)).toEqual([0, 10, 0, 0, 0]);
    expect(inference.asked[0]!.inputs).toHaveLength(1);
  });

  it('gives what it has where one text fails, and a whole only if none does', async () => {
    const { encoder } = create();
    const [good, bad] = encoder.encodeEach!(['good', 'bad'], AS_DOCUMENT);
    expect(await good).toEqual(Float32Array.of(4));
    await expect(bad).rejects.toBe(FAILURE);
    await expect(encoder.encode(['good', 'bad'], AS_DOCUMENT)).rejects.toBe(FAILURE);
  });

  it('ends no call while any of its texts goes on', async () => {
    const { each, finish } = oneBroken();
    const { encoder } = create({ inference: { submit: () => each } });
    const call = encoder.encode(['bad', 'slow'], AS_DOCUMENT);
    expect(await hasEnded(call)).toBe(false);
    finish(Float32Array.of(1));
    await expect(call).rejects.toThrow('it broke');
  });

  it('has another version whenever its vectors may be others', () => {
    const versions = [
      {},
      { revision: 'r2' },
      { facts: { ...FACTS, precision: 'int8' as const } },
      { facts: { ...FACTS, pooling: 'cls' as const } },
      { facts: { ...FACTS, maxLength: 128 } },
      { spec: { ...SPEC, normalise: false } },
      { prompts: { query: 'query: ' } },
      { prompts: { document: 'query: ' } },
      { prompts: { query: 'query', document: ': ' } },
    ].map((options) => create(options).encoder.version);
    expect(versions.slice(0, 6)).toEqual([
      '1-r1-fp32-mean-512',
      '1-r2-fp32-mean-512',
      '1-r1-int8-mean-512',
      '1-r1-fp32-cls-512',
      '1-r1-fp32-mean-128',
      '1-r1-fp32-mean-512-raw',
    ]);
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('has a threshold only if it was measured', () => {
    expect(create().encoder).not.toHaveProperty('tau');
    const tau = { value: 0.8, version: '1-r1-fp32-mean-512' };
    expect(create({ tau }).encoder.tau).toBe(0.8);
  });

  it.each<[string, Partial<OnnxEncoderOptions>]>([
    ['revision', { revision: 'r2' }],
    ['precision', { facts: { ...FACTS, precision: 'int8' } }],
    ['pooling', { facts: { ...FACTS, pooling: 'cls' } }],
    ['length', { facts: { ...FACTS, maxLength: 128 } }],
    ['prompt', { prompts: { query: 'query: ' } }],
  ])('has no threshold that was measured with another %s', (_, options) => {
    const tau = { value: 0.8, version: '1-r1-fp32-mean-512' };
    expect(create({ tau, ...options }).encoder).not.toHaveProperty('tau');
  });

  it('rejects once it is closed', async () => {
    const { encoder } = create();
    await encoder.close();
    await expect(encoder.encode(['a'], AS_DOCUMENT)).rejects.toMatchObject({ failure: 'closed' });
    await expect(encoder.encodeEach!([''], AS_DOCUMENT)[0]).rejects.toThrow('closed');
  });
});
