import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OnnxModel, writeOnnxModel } from '../../src/models/onnx-writer.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'onnx-writer-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** y = row[id] × scale, the rows int8. */
const lookup: OnnxModel = {
  opset: 17,
  externalFile: 'model.onnx_data',
  inputs: [{ name: 'ids', type: 'int64', shape: ['count'] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['count', 2] }],
  initializers: [
    { name: 'rows', shape: [3, 2], data: Int8Array.of(1, 2, 3, -4, 5, 6), external: true },
    { name: 'scale', shape: [], data: Float32Array.of(0.5), external: true },
  ],
  nodes: [
    { operator: 'Gather', inputs: ['rows', 'ids'], outputs: ['row'], attributes: { axis: { int: 0 } } },
    { operator: 'Cast', inputs: ['row'], outputs: ['wide'], attributes: { to: { int: 1 } } },
    { operator: 'Mul', inputs: ['wide', 'scale'], outputs: ['y'] },
  ],
};

describe('a written ONNX model', () => {
  it('runs in onnxruntime, with its data in a file beside it', async () => {
    const { model, externalData, offsets } = writeOnnxModel(lookup);
    writeFileSync(join(folder, 'model.onnx'), model);
    writeFileSync(join(folder, 'model.onnx_data'), externalData!);
    const session = await InferenceSession.create(join(folder, 'model.onnx'));
    const ids = new Tensor('int64', BigInt64Array.of(2n, 1n), [2]);
    const { y } = await session.run({ ids });
    await session.release();

    expect(session.inputNames).toEqual(['ids']);
    expect(y!.dims).toEqual([2, 2]);
    expect([...(y!.data as Float32Array)]).toEqual([2.5, 3, 1.5, -2]);
    // The second tensor starts on the next page.
    expect(offsets).toEqual({ rows: 0, scale: 4096 });
    expect(externalData!.length).toBe(4100);
  });

  it('runs from one file where nothing is external', async () => {
    const inside = lookup.initializers.map((tensor) => ({ ...tensor, external: false }));
    const { model, externalData } = writeOnnxModel({ ...lookup, initializers: inside });
    const session = await InferenceSession.create(model);
    const { y } = await session.run({ ids: new Tensor('int64', BigInt64Array.of(0n), [1]) });
    await session.release();

    expect([...(y!.data as Float32Array)]).toEqual([0.5, 1]);
    expect(externalData).toBeUndefined();
  });

  it('is the same bytes for the same model', () => {
    expect(writeOnnxModel(lookup)).toEqual(writeOnnxModel(structuredClone(lookup)));
  });

  it('holds attributes of every kind', async () => {
    const { model } = writeOnnxModel({
      opset: 7,
      inputs: [{ name: 'x', type: 'float32', shape: [1, 2] }],
      outputs: [{ name: 'y', type: 'float32', shape: [4, 1] }],
      initializers: [],
      nodes: [
        { operator: 'LeakyRelu', inputs: ['x'], outputs: ['leaky'], attributes: { alpha: { float: 0.25 } } },
        {
          operator: 'Upsample',
          inputs: ['leaky'],
          outputs: ['wide'],
          attributes: { mode: { text: 'nearest' }, scales: { floats: [1, 2] } },
        },
        { operator: 'Transpose', inputs: ['wide'], outputs: ['y'], attributes: { perm: { ints: [1, 0] } } },
      ],
    });
    const session = await InferenceSession.create(model);
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(-4, 3), [1, 2]) });
    await session.release();

    // Negative ones by a quarter, each twice.
    expect([...(y!.data as Float32Array)]).toEqual([-1, -1, 3, 3]);
    expect(y!.dims).toEqual([4, 1]);
  });

  it('is refused where a shape is not that of its data, or no file is named', () => {
    const wrong = { name: 'rows', shape: [2, 2], data: new Int8Array(6) };
    expect(() => writeOnnxModel({ ...lookup, initializers: [wrong] })).toThrow(
      'tensor rows has 6 values, not those of the shape 2 × 2',
    );
    const { externalFile: _, ...nowhere } = lookup;
    expect(() => writeOnnxModel(nowhere)).toThrow('tensor rows is external, but no file is named');
  });
});
