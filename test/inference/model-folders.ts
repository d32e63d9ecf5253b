import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { loadModel } from '../../src/inference/load-model.js';
import type { InputFailure, LoadedModel, ModelSpec } from '../../src/inference/loaded-model.js';

const root = mkdtempSync(join(tmpdir(), 'models-'));
const loaded: LoadedModel[] = [];
afterAll(async () => {
  for (const model of loaded) await model.close();
  rmSync(root, { recursive: true });
});

/** A new folder that goes with the test file. */
export function modelFolder(): string {
  return mkdtempSync(join(root, 'model-'));
}

/** Loads a model that is closed with the test file. */
export async function load(folder: string, spec: Partial<ModelSpec> = {}): Promise<LoadedModel> {
  const model = await loadModel({
    id: 'tiny',
    kind: 'encoder',
    folder,
    threads: 1,
    batchTokens: 512,
    ...spec,
  });
  loaded.push(model);
  return model;
}

/** The results of texts, none of which may fail. */
export async function encode(model: LoadedModel, ...texts: string[]): Promise<Float32Array[]> {
  const results = await model.run(texts.map((text) => ({ text })));
  expect(results.filter(isFailure)).toEqual([]);
  return results as Float32Array[];
}

export function isFailure(result: Float32Array | InputFailure): result is InputFailure {
  return 'failure' in result;
}

/** Holds vectors equal but for the rounding of float32. */
export function expectClose(actual: ArrayLike<number>, expected: readonly number[], digits = 5): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, k) => {
    expect(actual[k]).toBeCloseTo(value, digits);
  });
}
