import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { assertFile } from './export-files.js';
import { namesIn } from './model-files.js';
import { ModelStoreError } from './model-store-error.js';

/** Which of an export's graphs is used: how its weights are held. */
export type Precision = 'fp32' | 'fp16' | 'int8' | 'q4';

export const PRECISIONS: readonly Precision[] = ['int8', 'fp32', 'fp16', 'q4'];

export interface GraphFile {
  readonly precision: Precision;
  /** From the model's folder, with `/`. */
  readonly file: string;
  /** Files with its weights, likewise; empty where it holds them itself. */
  readonly data: readonly string[];
}

/**
 * Names in order of choice. The first of each precision is what transformers.js's exports have, the others are Optimum's
 * and sentence-transformers', which name the instructions of the processor that they were made for. Those come last: on
 * processors without these instructions some lose accuracy, `qint8` more than `quint8`.
 */
const NAMES: readonly (readonly [Precision, RegExp])[] = [
  ['int8', /^model_quantized\.onnx$/],
  ['int8', /^model_int8\.onnx$/],
  ['int8', /^model_uint8\.onnx$/],
  ['fp32', /^model\.onnx$/],
  ['fp16', /^model_fp16\.onnx$/],
  ['q4', /^model_q4\.onnx$/],
  ['int8', /^model_quint8_\w+\.onnx$/],
  ['int8', /^model_qint8_\w+\.onnx$/],
];

/** Where graphs lie, the usual place first. */
const FOLDERS = ['onnx/', ''];

/** What stands behind a graph's name in those of its data: `model.onnx_data`, `model.onnx_data_1`, `model.onnx.data`. */
const DATA = /^[._]data(_\d{1,3})?$/;

/**
 * The graphs among files, by their paths within a model's folder, best first: int8, fp32, fp16, q4, those for one kind of
 * processor. `processor` leaves out those for another kind; by default none is.
 */
export function graphsAmong(paths: readonly string[], processor?: string): GraphFile[] {
  return NAMES.flatMap(([precision, pattern]) =>
    FOLDERS.flatMap((under) =>
      paths
        .filter((path) => path.startsWith(under) && pattern.test(path.slice(under.length)))
        .filter((path) => processor === undefined || suits(path, processor))
        .sort()
        .map((file) => ({ precision, file, data: dataOf(file, paths) })),
    ),
  );
}

/** The graphs of a folder, in `onnx/` and at its root, best first. Empty where there is none. */
export function listGraphs(folder: string, processor: string = process.arch): GraphFile[] {
  const paths = FOLDERS.flatMap((under) =>
    namesIn(path.join(folder, under)).map((file) => `${under}${file}`),
  );
  return graphsAmong(paths, processor);
}

/**
 * The graph to use. Throws `ModelStoreError` that says which there are where there is none of that precision, or that the
 * first of it is no regular file.
 */
export function pickGraph(folder: string, precision?: Precision): GraphFile {
  const graphs = listGraphs(folder);
  const graph = graphs.find((each) => precision === undefined || each.precision === precision);
  if (graph !== undefined) {
    for (const file of [graph.file, ...graph.data]) assertFile(folder, file);
    return graph;
  }
  const there = graphs.map(({ file }) => file).join(', ');
  throw new ModelStoreError(
    there === ''
      ? `model folder ${folder}: no onnx/model.onnx, nor another graph that is looked for (model_quantized, model_int8, model_uint8, model_qint8_*, model_fp16, model_q4)`
      : `model folder ${folder}: no graph of precision ${precision}; there are: ${there}`,
  );
}

function dataOf(graph: string, paths: readonly string[]): string[] {
  return paths.filter((path) => path.startsWith(graph) && DATA.test(path.slice(graph.length))).sort();
}

/** Files that name the instructions of the other kind of processor are left out. */
function suits(file: string, processor: string): boolean {
  return processor === 'arm64' ? !/avx/.test(file) : !/arm64/.test(file);
}

const MARK = Buffer.from('DynamicQuantize');
const CHUNK_BYTES = 1024 * 1024;

/**
 * Whether a graph quantises what it computes while it runs, by scales of the whole batch: operations' names stand in the
 * file as they are. (Were the name elsewhere in it, texts would needlessly run alone.) Some 0.3 ms a megabyte.
 */
export function quantisesAtRunTime(location: string): boolean {
  const buffer = Buffer.alloc(MARK.length + CHUNK_BYTES);
  const file = openSync(location, 'r');
  try {
    // The end of each chunk is looked at again with the next: a name may lie across.
    for (let kept = 0; ; ) {
      const count = readSync(file, buffer, kept, CHUNK_BYTES, null);
      if (count === 0) return false;
      const filled = buffer.subarray(0, kept + count);
      if (filled.includes(MARK)) return true;
      kept = Math.min(filled.length, MARK.length);
      buffer.copy(buffer, 0, filled.length - kept, filled.length);
    }
  } finally {
    closeSync(file);
  }
}
