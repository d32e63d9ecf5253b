import { expect, it } from 'vitest';
import { isConfigFile } from '../../src/models/config-files.js';
import { graphsAmong } from '../../src/models/graph-files.js';

const path = (paths: string[], precision?: 'fp32' | 'fp16' | 'int8' | 'q4') =>
  graphsAmong(paths, 'x64').find((graph) => precision === undefined || graph.precision === precision)?.file;

it('the quantised graph is the first choice, then fp32, fp16, q4', () => {
  const all = ['onnx/model.onnx', 'onnx/model_fp16.onnx', 'onnx/model_q4.onnx', 'onnx/model_quantized.onnx'];
  expect(path(all)).toBe('onnx/model_quantized.onnx');
  expect(path(all.slice(0, 3))).toBe('onnx/model.onnx');
  expect(path(all.slice(1, 3))).toBe('onnx/model_fp16.onnx');
  expect(path(all.slice(2, 3))).toBe('onnx/model_q4.onnx');
  expect(path(all, 'fp32')).toBe('onnx/model.onnx');
  expect(path(all, 'q4')).toBe('onnx/model_q4.onnx');
  expect(path(['onnx/model.onnx'], 'int8')).toBeUndefined();
});

it('graphs quantised for one processor are taken where int8 is asked for, or nothing else is there', () => {
  const paths = ['onnx/model.onnx', 'onnx/model_qint8_avx512.onnx', 'onnx/model_quint8_avx2.onnx'];
  expect(path(paths)).toBe('onnx/model.onnx');
  expect(path(paths, 'int8')).toBe('onnx/model_quint8_avx2.onnx');
  const forArm = ['onnx/model_qint8_arm64.onnx'];
  expect(path(forArm)).toBeUndefined();
  expect(graphsAmong(forArm, 'arm64')).toHaveLength(1);
  expect(graphsAmong(forArm)).toHaveLength(1);
});

it('graphs lie in onnx/ or at the root, nowhere else, and under their usual names alone', () => {
  expect(path(['model.onnx', 'onnx/model.onnx'])).toBe('onnx/model.onnx');
  expect(path(['model.onnx'])).toBe('model.onnx');
  const others = [
    'openvino/model.onnx',
    'onnx/decoder_model.onnx',
    '../onnx/model.onnx',
    'onnx/../model.onnx',
  ];
  expect(graphsAmong(others)).toEqual([]);
});

it('external data goes with its own graph', () => {
  const paths = [
    'onnx/model.onnx',
    'onnx/model.onnx_data',
    'onnx/model.onnx_data_1',
    'onnx/model_fp16.onnx',
    'onnx/model_fp16.onnx.data',
    'onnx/model.onnx_data.txt',
  ];
  expect(graphsAmong(paths)).toEqual([
    { file: 'onnx/model.onnx', precision: 'fp32', data: ['onnx/model.onnx_data', 'onnx/model.onnx_data_1'] },
    { file: 'onnx/model_fp16.onnx', precision: 'fp16', data: ['onnx/model_fp16.onnx.data'] },
  ]);
});

it('config files are those that say how text is read and vectors are made', () => {
  const yes = ['config.json', 'tokenizer.json', '1_Pooling/config.json', 'sentence_xlm-roberta_config.json'];
  expect(yes.filter((name) => !isConfigFile(name))).toEqual([]);
  const no = [
    'reference.json',
    'manifest.json',
    'x/config.json',
    '../config.json',
    '1_Pooling/../config.json',
  ];
  expect(no.filter(isConfigFile)).toEqual([]);
});
