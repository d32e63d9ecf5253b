import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { createOnnxEncoder } from '../../src/encoders/onnx.js';
import { createOnnxCrossEncoder } from '../../src/encoders/onnx-cross-encoder.js';
import { loadModel } from '../../src/inference/load-model.js';
import type { ModelSpec } from '../../src/inference/loaded-model.js';
import { InferencePool } from '../../src/inference/pool.js';
import { encoderContract } from '../contracts/encoder.js';
import { buildTinyCrossEncoder } from '../fixtures/tiny-models/cross-encoder.js';
import { buildTinyEncoder } from '../fixtures/tiny-models/encoder.js';

const home = mkdtempSync(join(tmpdir(), 'neuralcache-test-'));
const folder = (name: string) => join(home, name);
const shared = { threads: 1, batchTokens: 64 };
const ENCODER: ModelSpec = { ...shared, id: 'encoder', kind: 'encoder', folder: folder('encoder') };
const PAIRS: ModelSpec = {
  ...shared,
  id: 'pairs',
  kind: 'cross-encoder',
  folder: folder('pairs'),
  windows: 3,
};
const TEXTS = ['reset my password', 'x'.repeat(3000), 'قطة', '😀 \ud83d', ...Array(30).fill('a cold cat')];

buildTinyEncoder(ENCODER.folder, { dimension: 64, nanToken: 'virus' });
buildTinyCrossEncoder(PAIRS.folder);
const pool = new InferencePool({
  workers: 2,
  maxQueueInputs: 1000,
  memoryBytes: 2 ** 40,
  loadTimeoutMs: 20_000,
  runTimeoutMs: 20_000,
  clock: systemClock(),
});
const facts = await pool.load(ENCODER);
const named = { inference: pool, name: 'tiny', revision: 'r1' };

afterAll(async () => {
  await pool.close();
  rmSync(home, { recursive: true });
});

encoderContract('onnx', () => createOnnxEncoder({ ...named, spec: ENCODER, facts }), { isLocal: false });

describe('models in processes of their own', () => {
  it('give what they give in this one', async () => {
    const model = await loadModel(ENCODER);
    const expected = await model.run(TEXTS.map((text) => ({ text })));
    await model.close();
    const encoder = createOnnxEncoder({ ...named, spec: ENCODER, facts });
    const vectors = await encoder.encode(TEXTS, { namespace: 'a', role: 'document' });
    // Other neighbours in a batch may move the last digit.
    for (const [index, vector] of vectors.entries())
      expect(cosine(vector, expected[index])).toBeGreaterThan(1 - 1e-6);
  });

  it('fail at the text they cannot compute, and not at those beside it', async () => {
    const encoder = createOnnxEncoder({ ...named, spec: ENCODER, facts });
    const [good, bad, fine] = encoder.encodeEach!(['a cold cat', 'a virus', 'a warm cat'], {
      namespace: 'a',
      role: 'document',
    });
    expect(await good).toHaveLength(64);
    await expect(bad).rejects.toMatchObject({ failure: 'failed' });
    expect(await fine).toHaveLength(64);
  });

  it('stand side by side, encoders and cross-encoders', async () => {
    const pairFacts = await pool.load(PAIRS);
    const crossEncoder = createOnnxCrossEncoder({ ...named, spec: PAIRS, facts: pairFacts });
    const model = await loadModel(PAIRS);
    const expected = await model.run(TEXTS.map((text) => ({ query: 'a cat', text })));
    await model.close();
    const scores = await Promise.all(crossEncoder.scoreEach('a cat', TEXTS, { namespace: 'a' }));
    for (const [index, score] of scores.entries())
      expect(score).toBeCloseTo((expected[index] as Float32Array)[0]!, 5);
    expect(pool.status().models.map(({ id }) => id)).toEqual(['encoder', 'pairs']);
  });

  it('give the same after their worker was killed', async () => {
    const encoder = createOnnxEncoder({ ...named, spec: ENCODER, facts });
    const call = { namespace: 'a', role: 'document' } as const;
    const [before] = await encoder.encode(['a cold cat'], call);
    for (const { pid } of pool.status().workers) process.kill(pid!, 'SIGKILL');
    expect(await encoder.encode(['a cold cat'], call)).toEqual([before]);
  });
});

describe('a folder that is no model', () => {
  let broken: string;
  beforeAll(() => {
    broken = folder('broken');
    buildTinyEncoder(broken);
    writeFileSync(join(broken, 'onnx', 'model.onnx'), 'not a graph');
  });

  it.each([
    ['none', /none/],
    ['broken', /broken.*onnx\/model\.onnx/],
  ])('is refused with its name and the reason: %s', async (name, message) => {
    const alone = new InferencePool({
      workers: 1,
      maxQueueInputs: 10,
      memoryBytes: 2 ** 40,
      loadTimeoutMs: 20_000,
      runTimeoutMs: 20_000,
      clock: systemClock(),
    });
    await expect(alone.load({ ...ENCODER, folder: folder(name) })).rejects.toThrow(message);
    await alone.close();
  });
});

function cosine(left: Float32Array, right: unknown): number {
  return left.reduce((sum, value, index) => sum + value * (right as Float32Array)[index]!, 0);
}
