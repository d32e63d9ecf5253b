/** Which of an export's graphs is meant: how its weights are kept. */
export type Precision = 'fp32' | 'fp16' | 'int8' | 'q4';

export const PRECISIONS: readonly Precision[] = ['int8', 'fp32', 'fp16', 'q4'];

/** A graph of an export, with the files its weights lie in. */
export interface GraphFile {
  /** Relative to the model's folder, for example `onnx/model_quantized.onnx`. */
  readonly path: string;
  readonly precision: Precision;
  /** External data, relative too; empty for a graph that holds its weights itself. */
  readonly data: readonly string[];
}

/**
 * Names of graphs by preference. Those quantised for one kind of processor come last: they give right answers elsewhere
 * too, but some lose accuracy there, so only who asks for int8 and has no other gets them.
 */
const GRAPHS: readonly (readonly [RegExp, Precision])[] = [
  [/^model_quantized\.onnx$/, 'int8'],
  [/^model_int8\.onnx$/, 'int8'],
  [/^model_uint8\.onnx$/, 'int8'],
  [/^model\.onnx$/, 'fp32'],
  [/^model_fp16\.onnx$/, 'fp16'],
  [/^model_q4\.onnx$/, 'q4'],
  [/^model_quint8_[a-z0-9_]+\.onnx$/, 'int8'],
  [/^model_qint8_[a-z0-9_]+\.onnx$/, 'int8'],
];
/** Where exports keep graphs, the usual place first. */
const FOLDERS = ['onnx/', ''];
/** What stands behind a graph's name in those of its external data: `model.onnx_data`, `model.onnx_data_1`, `model.onnx.data`. */
const DATA = /^[._]data(_\d{1,3})?$/;

/** Files besides graphs that say how a model reads text and what its vectors are. */
const CONFIGS =
  /^(?:config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|modules|sentence_[a-z-]+_config|config_sentence_transformers|\d_[A-Za-z]+\/config)\.json$/;

/** Whether a file says how the model reads text, pools or normalises. */
export function isConfigFile(path: string): boolean {
  return CONFIGS.test(path);
}

/** Graphs among the files of an export that can be used, best first. */
export function graphsOf(paths: readonly string[]): GraphFile[] {
  const graphs: GraphFile[] = [];
  for (const [pattern, precision] of GRAPHS) {
    for (const folder of FOLDERS) {
      const found = paths.filter(
        (path) => path.startsWith(folder) && pattern.test(path.slice(folder.length)),
      );
      for (const path of found.sort()) graphs.push({ path, precision, data: dataOf(path, paths) });
    }
  }
  return graphs;
}

/** The best graph, of one precision if given; undefined where there is none. */
export function chooseGraph(paths: readonly string[], precision?: Precision): GraphFile | undefined {
  return graphsOf(paths).find((graph) => precision === undefined || graph.precision === precision);
}

function dataOf(graph: string, paths: readonly string[]): string[] {
  return paths.filter((path) => path.startsWith(graph) && DATA.test(path.slice(graph.length))).sort();
}
