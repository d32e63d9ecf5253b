import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listGraphs, pickGraph, quantisesAtRunTime } from '../../src/models/graph-files.js';
import { write } from '../fixtures/tiny-models/write-export.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'graph-files-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function folderOf(...files: string[]): string {
  const folder = mkdtempSync(join(root, 'model-'));
  for (const file of files) write(folder, file, '');
  return folder;
}

describe('the graphs of a folder', () => {
  it('are listed by precision, those in onnx/ before those at the root', () => {
    const files = [
      'model.onnx',
      'onnx/model_q4.onnx',
      'onnx/model.onnx',
      'onnx/model_fp16.onnx',
      'onnx/model_int8.onnx',
    ];
    expect(listGraphs(folderOf(...files, 'onnx/decoder_model.onnx', 'onnx/model.onnx_data'))).toEqual([
      { precision: 'int8', file: 'onnx/model_int8.onnx', data: [] },
      { precision: 'fp32', file: 'onnx/model.onnx', data: ['onnx/model.onnx_data'] },
      { precision: 'fp32', file: 'model.onnx', data: [] },
      { precision: 'fp16', file: 'onnx/model_fp16.onnx', data: [] },
      { precision: 'q4', file: 'onnx/model_q4.onnx', data: [] },
    ]);
  });

  it('for the other kind of processor are left out', () => {
    const folder = folderOf('onnx/model_qint8_arm64.onnx', 'onnx/model_quint8_avx2.onnx');
    expect(listGraphs(folder, 'x64')).toEqual([
      { precision: 'int8', file: 'onnx/model_quint8_avx2.onnx', data: [] },
    ]);
    expect(listGraphs(folder, 'arm64')).toEqual([
      { precision: 'int8', file: 'onnx/model_qint8_arm64.onnx', data: [] },
    ]);
  });

  it('are picked by precision, the usual export of int8 before others', () => {
    const folder = folderOf('model_quantized.onnx', 'onnx/model_uint8.onnx', 'model.onnx');
    expect(pickGraph(folder).file).toBe('model_quantized.onnx');
    expect(pickGraph(folder, 'fp32').file).toBe('model.onnx');
    expect(() => pickGraph(folder, 'fp16')).toThrow(
      `model folder ${folder}: no graph of precision fp16; there are: model_quantized.onnx, onnx/model_uint8.onnx, model.onnx`,
    );
  });

  it('may be none', () => {
    expect(() => pickGraph(folderOf('README.md'))).toThrow('no onnx/model.onnx, nor another graph');
  });
});

describe('quantising at run time', () => {
  it('is seen by the name of the operation wherever it stands', () => {
    const folder = mkdtempSync(join(root, 'model-'));
    const name = 'DynamicQuantizeLinear';
    // The file is read by megabytes: at the start, across the first border, at the end.
    for (const before of [0, 1024 * 1024 - 5, 3 * 1024 * 1024]) {
      write(folder, 'a.onnx', `${'.'.repeat(before)}${name}`);
      expect(quantisesAtRunTime(join(folder, 'a.onnx'))).toBe(true);
    }
    write(folder, 'b.onnx', '.'.repeat(2 * 1024 * 1024));
    expect(quantisesAtRunTime(join(folder, 'b.onnx'))).toBe(false);
  });
});
