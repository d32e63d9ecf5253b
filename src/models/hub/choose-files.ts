import { isConfigFile } from '../config-files.js';
import { type GraphFile, graphsAmong, type Precision } from '../graph-files.js';
import { HubError } from './hub-error.js';
import type { HubFile, HubModel } from './read-hub-model.js';

/** What says what one may do with a model. */
const PAPERS = /^(?:README|LICEN[CS]E|NOTICE)(?:\.(?:md|txt))?$/i;
const MAX_PAPER_BYTES = 4 << 20;
const NEEDED = ['config.json', 'tokenizer.json'];

/**
 * The files of a model that are needed to run it: configs, tokenizer, one graph with its weights, and its papers. Throws `HubError` where the model cannot be run, or not in that precision.
 */
export function chooseFiles({ repository, files }: HubModel, precision?: Precision): HubFile[] {
  const paths = files.map(({ path }) => path);
  const graphs = graphsAmong(paths, process.arch);
  const graph = graphs.find((each) => precision === undefined || each.precision === precision);
  if (graph === undefined) throw noGraph(repository, graphs, precision);
  for (const name of NEEDED) {
    if (!paths.includes(name)) throw new HubError(`${repository} cannot be run here: it has no ${name}`);
  }
  const wanted = new Set([graph.file, ...graph.data]);
  return files.filter(
    ({ path, bytes }) =>
      wanted.has(path) || isConfigFile(path) || (PAPERS.test(path) && bytes <= MAX_PAPER_BYTES),
  );
}

function noGraph(repository: string, graphs: readonly GraphFile[], precision?: Precision): HubError {
  const there = [...new Set(graphs.map((graph) => graph.precision))];
  if (there.length > 0) {
    return new HubError(`${repository} has no graph in ${precision}; there is: ${there.join(', ')}`);
  }
  return new HubError(
    `${repository} has no ONNX graph (onnx/model.onnx or one of its precisions): take a repository that has one, or export it with a tool like Optimum and give the folder instead`,
  );
}
