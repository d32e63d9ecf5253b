import { exportFiles } from './describe-folder.js';
import { chooseGraph, type GraphFile, graphsOf, type Precision } from './graph-files.js';
import { ModelStoreError } from './model-store-error.js';

/** The graph of a folder to use. Throws `ModelStoreError` that says which there are where there is none of that precision. */
export function pickGraph(folder: string, precision?: Precision): GraphFile {
  const paths = exportFiles(folder);
  const graph = chooseGraph(paths, precision);
  if (graph !== undefined) return graph;
  const there = graphsOf(paths)
    .map(({ path }) => path)
    .join(', ');
  throw new ModelStoreError(
    there === ''
      ? `model folder ${folder}: no onnx/model.onnx, nor another graph that is looked for (model_quantized, model_int8, model_uint8, model_qint8_*, model_fp16, model_q4)`
      : `model folder ${folder}: no graph of precision ${precision}; there are: ${there}`,
  );
}
