import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

/** Which of an export's graphs is used: how its weights are held. */
export type Precision = 'fp32' | 'fp16' | 'int8' | 'q4';

export interface GraphFile {
  readonly precision: Precision;
  /** From the model's folder, with `/`. */
  readonly file: string;
}

/**
 * Names in order of choice. The first of each precision is what transformers.js's exports have, the others are Optimum's
 * and sentence-transformers', which name the instructions of the processor that they were made for.
 */
const NAMES: readonly (readonly [Precision, RegExp])[] = [
  ['int8', /^model_quantized\.onnx$/],
  ['int8', /^model_int8\.onnx$/],
  ['int8', /^model_uint8\.onnx$/],
  ['int8', /^model_q(u)?int8_.+\.onnx$/],
  ['fp32', /^model\.onnx$/],
  ['fp16', /^model_fp16\.onnx$/],
  ['q4', /^model_q4\.onnx$/],
];

/** The graphs of a folder, in `onnx/` and at its root, best first: int8, fp32, fp16, q4. Empty where there is none. */
export function listGraphs(folder: string, processor: string = process.arch): GraphFile[] {
  const names = ['onnx/', ''].map((under) => ({ under, files: filesOf(path.join(folder, under)).sort() }));
  return NAMES.flatMap(([precision, pattern]) =>
    names.flatMap(({ under, files }) =>
      files
        .filter((file) => pattern.test(file) && suits(file, processor))
        .map((file) => ({ precision, file: `${under}${file}` })),
    ),
  );
}

/** The graph to use. Throws an Error that says which there are where there is none of that precision. */
export function pickGraph(folder: string, precision?: Precision): GraphFile {
  const graphs = listGraphs(folder);
  const graph = graphs.find((each) => precision === undefined || each.precision === precision);
  if (graph !== undefined) return graph;
  const there = graphs.map(({ file }) => file).join(', ');
  throw new Error(
    there === ''
      ? `model folder ${folder}: no onnx/model.onnx, nor another graph that is looked for (model_quantized, model_int8, model_uint8, model_qint8_*, model_fp16, model_q4)`
      : `model folder ${folder}: no graph of precision ${precision}; there are: ${there}`,
  );
}

/** Files that name the instructions of the other kind of processor are left out. */
function suits(file: string, processor: string): boolean {
  return processor === 'arm64' ? !/avx/.test(file) : !/arm64/.test(file);
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
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
