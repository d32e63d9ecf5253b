import { type OnnxFiles, type OnnxNode, writeOnnxModel } from '../models/onnx-writer.js';
import type { QuantisedRows } from './quantise.js';

/** Name of the file beside the graph that has the rows, then their scales. */
export const DATA_FILE = 'model.onnx_data';
/** ReduceL2 takes its axes as an attribute until 17, Unsqueeze and Squeeze as an input from 13. */
const OPSET = 14;
/** A text of nothing known is divided by this, and stays zero. */
const LEAST_LENGTH = 1e-12;

/** Sum of the rows of `input_ids`, each by its scale and mask, in unit length. */
const NODES: readonly OnnxNode[] = [
  { operator: 'Gather', inputs: ['rows', 'input_ids'], outputs: ['bytes'], attributes: { axis: { int: 0 } } },
  { operator: 'Cast', inputs: ['bytes'], outputs: ['pieces'], attributes: { to: { int: 1 } } },
  {
    operator: 'Gather',
    inputs: ['scale', 'input_ids'],
    outputs: ['scales'],
    attributes: { axis: { int: 0 } },
  },
  { operator: 'Cast', inputs: ['attention_mask'], outputs: ['mask'], attributes: { to: { int: 1 } } },
  { operator: 'Mul', inputs: ['scales', 'mask'], outputs: ['factors'] },
  { operator: 'Unsqueeze', inputs: ['factors', 'middle'], outputs: ['factor_rows'] },
  { operator: 'MatMul', inputs: ['factor_rows', 'pieces'], outputs: ['sum_rows'] },
  { operator: 'Squeeze', inputs: ['sum_rows', 'middle'], outputs: ['sum'] },
  {
    operator: 'ReduceL2',
    inputs: ['sum'],
    outputs: ['length'],
    attributes: { axes: { ints: [1] }, keepdims: { int: 1 } },
  },
  { operator: 'Max', inputs: ['length', 'least_length'], outputs: ['divisor'] },
  { operator: 'Div', inputs: ['sum', 'divisor'], outputs: ['sentence_embedding'] },
];

/**
 * The ONNX graph of a static model, its table as external data: `input_ids` and `attention_mask` (int64, batch ×
 * length) to `sentence_embedding` (float32, batch × dimension).
 */
export function writeStaticGraph({ rows, scales }: QuantisedRows, dimension: number): OnnxFiles {
  return writeOnnxModel({
    nodes: NODES,
    inputs: ['input_ids', 'attention_mask'].map((name) => ({
      name,
      type: 'int64',
      shape: ['batch', 'length'],
    })),
    outputs: [{ name: 'sentence_embedding', type: 'float32', shape: ['batch', dimension] }],
    initializers: [
      { name: 'rows', shape: [scales.length, dimension], data: rows, external: true },
      { name: 'scale', shape: [scales.length], data: scales, external: true },
      { name: 'middle', shape: [1], data: BigInt64Array.of(1n) },
      { name: 'least_length', shape: [], data: Float32Array.of(LEAST_LENGTH) },
    ],
    opset: OPSET,
    externalFile: DATA_FILE,
  });
}
