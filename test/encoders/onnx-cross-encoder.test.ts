import { describe, expect, it } from 'vitest';
import { ModelError } from '../../src/base/model-call.js';
import { createOnnxCrossEncoder } from '../../src/encoders/onnx-cross-encoder.js';
import type { ModelSpec } from '../../src/inference/loaded-model.js';
import { FakeInference } from '../fixtures/fake-inference.js';
import { FACTS, SPEC } from '../fixtures/fake-model-workers.js';

const FAILURE = new ModelError('late', 'too late');
const PAIR_SPEC: ModelSpec = { ...SPEC, kind: 'cross-encoder', windows: 4 };

function create(options: { spec?: ModelSpec; revision?: string; facts?: typeof FACTS } = {}) {
  const inference = new FakeInference(({ query, text }) =>
    text === 'bad' ? FAILURE : Float32Array.of(query!.length - text.length),
  );
  const model = createOnnxCrossEncoder({
    inference,
    spec: PAIR_SPEC,
    facts: FACTS,
    name: 'pairs',
    revision: 'r1',
    ...options,
  });
  return { inference, model };
}

describe('the ONNX cross-encoder', () => {
  it('scores the query with each text, on behalf of the caller', async () => {
    const { model, inference } = create();
    const call = { namespace: 'a', signal: new AbortController().signal };
    expect(await Promise.all(model.scoreEach('query', ['a', 'a longer one'], call))).toEqual([4, -7]);
    expect(inference.asked).toEqual([
      {
        model: 'model',
        inputs: [
          { query: 'query', text: 'a' },
          { query: 'query', text: 'a longer one' },
        ],
        call,
      },
    ]);
  });

  it('lets each fail by itself, and may be ignored', async () => {
    const { model } = create();
    const [bad, good] = model.scoreEach('q', ['bad', 'ok'], { namespace: 'a' });
    expect(await good).toBe(-1);
    await expect(bad).rejects.toBe(FAILURE);
  });

  it('has another version whenever its scores may be others', () => {
    const versions = [
      {},
      { revision: 'r2' },
      { facts: { ...FACTS, precision: 'int8' as const } },
      { facts: { ...FACTS, maxLength: 128 } },
      { spec: { ...PAIR_SPEC, windows: 1 } },
    ].map((options) => create(options).model.version);
    expect(versions).toEqual([
      '1-r1-fp32-512-4w',
      '1-r2-fp32-512-4w',
      '1-r1-int8-512-4w',
      '1-r1-fp32-128-4w',
      '1-r1-fp32-512-1w',
    ]);
  });

  it('rejects once it is closed', async () => {
    const { model } = create();
    await model.close();
    await expect(model.scoreEach('q', ['a'], { namespace: 'a' })[0]).rejects.toMatchObject({
      failure: 'closed',
    });
  });
});
