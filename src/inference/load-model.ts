import path from 'node:path';
import { exportError } from '../models/export-files.js';
import { pickGraph, quantisesAtRunTime } from '../models/graph-files.js';
import { type HuggingFaceExport, readExport } from '../models/hugging-face-export.js';
import { readManifest } from '../models/manifest.js';
import { verifyFolder } from '../models/verify-folder.js';
import { CrossEncoderModel } from './cross-encoder-model.js';
import { EncoderModel } from './encoder-model.js';
import { Graph } from './graph.js';
import { findLogits, findVectors, type Probe } from './graph-output.js';
import type { LoadedModel, ModelFacts, ModelSpec, Pooling } from './loaded-model.js';
import { TextTokenizer } from './text-tokenizer.js';
import { countSpecials, fillSlots, type TokenSlot } from './token-slots.js';

/** What is read before the graph is tried. */
interface Opened {
  readonly spec: ModelSpec;
  readonly model: HuggingFaceExport;
  readonly tokenizer: TextTokenizer;
  readonly slots: readonly TokenSlot[];
  readonly graph: Graph;
  readonly file: string;
  /** What is known of the model whatever it gives. */
  readonly facts: Omit<ModelFacts, 'dimension' | 'pooling' | 'isPoolingAssumed'>;
  readonly batchTokens: number;
}

/**
 * Loads a model from a Hugging Face export into this process and tries it once. Throws an Error that names folder, file and
 * reason for whatever would else fail, or give wrong results, later. Seconds, and about twice the graph's file in memory.
 */
export async function loadModel(spec: ModelSpec): Promise<LoadedModel> {
  const { folder, kind } = spec;
  await assertUnchanged(spec);
  const model = readExport(folder);
  const { file, precision } = pickGraph(folder, spec.precision);
  const tokenizer = new TextTokenizer(model);
  const slots = tokenizer.slots(kind === 'encoder' ? 1 : 2);
  const maxLength = lengthOf(spec, model, countSpecials(slots));
  const isAlone = quantisesAtRunTime(path.join(folder, file));
  const { threads } = spec;
  const { padding, firstPosition, prompts } = model;
  const graph = await Graph.open({ folder, file, threads, padding, firstPosition });
  const facts = { maxLength, precision, file, prompts, inputs: graph.inputs };
  const batchTokens = isAlone ? 0 : spec.batchTokens;
  try {
    const opened = { spec, model, tokenizer, slots, graph, file, facts, batchTokens };
    return kind === 'encoder' ? await asEncoder(opened) : await asCrossEncoder(opened);
  } catch (cause) {
    await graph.close();
    throw exportError(folder, file, (cause as Error).message, cause);
  }
}

/** Throws an Error where another model lies there by now: its vectors would be taken for those of this one. */
async function assertUnchanged({ folder, revision, files }: ModelSpec): Promise<void> {
  if (files !== undefined) {
    const [problem] = await verifyFolder(folder, { files });
    if (problem !== undefined)
      throw new Error(`model folder ${folder}: it is not as it was (${problem}); restart the server`);
  } else if (revision !== undefined) {
    const found = readManifest(folder)?.revision ?? 'unknown';
    if (found !== revision)
      throw new Error(
        `model folder ${folder}: it is of revision ${found} now, not ${revision}; restart the server`,
      );
  }
}

/** Throws an Error where more is asked for than the model can take, or room for less than a token of each text is left. */
function lengthOf(spec: ModelSpec, model: HuggingFaceExport, specials: number): number {
  const { folder, kind, maxLength = model.maxLength } = spec;
  if (maxLength > model.longest)
    throw new Error(`model folder ${folder}: it takes ${model.longest} tokens at most, not ${maxLength}`);
  const least = specials + (kind === 'encoder' ? 1 : 2);
  if (maxLength < least)
    throw new Error(`model folder ${folder}: ${maxLength} tokens are too few, it needs ${least}`);
  return maxLength;
}

async function asEncoder(opened: Opened): Promise<LoadedModel> {
  const { spec, model, graph, facts } = opened;
  const asked = spec.pooling ?? model.pooling;
  const { probe, length } = await tryGraph(opened);
  // A graph that has only vectors of texts has pooled them itself, as the export says it should.
  const wanted = asked === 'none' ? 'texts' : spec.pooling === undefined ? undefined : 'tokens';
  const output = findVectors(probe, PROBE_ROWS, length, wanted);
  const { dimension } = output;
  if (output.of === 'tokens' && dimension !== (model.dimension ?? dimension))
    throw new Error(`it gives vectors of ${dimension}, but the model's configs say ${model.dimension}`);
  const pooling: Pooling = output.of === 'texts' ? 'none' : (asked ?? 'mean');
  return tried(
    new EncoderModel({
      ...opened,
      graph,
      facts: {
        ...facts,
        dimension,
        pooling,
        isPoolingAssumed: output.of === 'tokens' && asked === undefined,
      },
      output,
      pooling,
      normalise: spec.normalise ?? true,
    }),
  );
}

async function asCrossEncoder(opened: Opened): Promise<LoadedModel> {
  const { probe } = await tryGraph(opened);
  const logits = findLogits(probe, PROBE_ROWS);
  return tried(
    new CrossEncoderModel({
      ...opened,
      facts: { ...opened.facts, dimension: 1, pooling: null, isPoolingAssumed: false },
      logits,
      classes: probe[logits]!.dims[1] ?? 1,
      windows: opened.spec.windows ?? 1,
    }),
  );
}

const PROBE_TEXT = 'a';
const PROBE_ROWS = 2;

/** What the graph gives for two short rows of different length. Rejects where it has no row for some id of the tokenizer. */
async function tryGraph({ graph, tokenizer, slots }: Opened): Promise<{ probe: Probe; length: number }> {
  const ids = tokenizer.ids(PROBE_TEXT, 1);
  const rows = [fillSlots(slots, ids, ids), fillSlots(slots, [], [])];
  const last = [tokenizer.largestId];
  await graph.run([fillSlots(slots, last, last)], graph.outputs).catch((cause: Error) => {
    throw new Error(
      `it cannot read id ${last[0]}, the largest of tokenizer.json, which may be that of another model: ${cause.message}`,
      { cause },
    );
  });
  return { probe: await graph.run(rows, graph.outputs), length: rows[0]!.ids.length };
}

/** The model, if it computes what the probe text asks for. */
async function tried(model: LoadedModel): Promise<LoadedModel> {
  const [result] = await model.run([{ query: PROBE_TEXT, text: PROBE_TEXT }]);
  if (result !== undefined && 'failure' in result) throw new Error(result.failure);
  return model;
}
