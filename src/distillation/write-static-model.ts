import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Manifest, readManifest, writeManifest } from '../models/manifest.js';
import { factsOf, revisionOf } from '../models/model-files.js';
import type { StaticModel } from './distil.js';
import { DistilError } from './distil-error.js';
import { type ModelOrigin, modelCard } from './model-card.js';
import { DATA_FILE, writeStaticGraph } from './static-graph.js';

export interface WriteOptions {
  /** Text of the licence, for a file of its own. */
  readonly licenceText?: string | undefined;
  /** Whether a static model that is there already may go. */
  readonly replace: boolean;
}

/**
 * Throws an Error unless a model may be written to a folder: it is not there, or empty, or, to be replaced, a static
 * model; any other folder is never touched, for it holds something else.
 */
export function assertWritable(folder: string, { replace }: Pick<WriteOptions, 'replace'>): void {
  if (isFree(folder)) return;
  if (!replace)
    throw new DistilError(`${folder} is there already and not empty; --force replaces a static model`);
  if (readManifest(folder)?.kind !== 'static-encoder')
    throw new DistilError(`${folder} holds something else than a static model; it is not replaced`);
}

/**
 * Writes a static model as a folder, whole or not at all: `config.json`, `tokenizer.json`, the graph with its data, the
 * card and the manifest, in a folder beside the target that is renamed at the end. Throws as `assertWritable` does, and
 * what the file system throws.
 */
export function writeStaticModel(
  folder: string,
  model: StaticModel,
  origin: ModelOrigin,
  options: WriteOptions,
): Manifest {
  const target = resolve(folder);
  assertWritable(target, options);
  const draft = `${target}.${randomBytes(6).toString('hex')}.partial`;
  const old = `${draft}.old`;
  mkdirSync(dirname(target), { recursive: true });
  try {
    const manifest = writeFiles(draft, filesOf(model, origin, options), model, origin);
    if (!isFree(target)) renameSync(target, old);
    else if (existsSync(target)) rmdirSync(target);
    try {
      renameSync(draft, target);
    } catch (error) {
      if (existsSync(old)) renameSync(old, target);
      throw error;
    }
    return manifest;
  } finally {
    rmSync(draft, { recursive: true, force: true });
    // What was there goes once something is in its place, not before.
    if (existsSync(target)) rmSync(old, { recursive: true, force: true });
  }
}

function isFree(folder: string): boolean {
  return !existsSync(folder) || readdirSync(folder).length === 0;
}

type Files = Readonly<Record<string, string | Uint8Array>>;

function filesOf(model: StaticModel, origin: ModelOrigin, { licenceText }: WriteOptions): Files {
  const { dimension, scales, vocabulary } = model;
  const graph = writeStaticGraph(model, dimension);
  const data = {
    file: `onnx/${DATA_FILE}`,
    rows: { dtype: 'int8', shape: [scales.length, dimension], offset: graph.offsets.rows },
    scale: { dtype: 'float32', shape: [scales.length], offset: graph.offsets.scale },
  };
  const config = {
    model_type: 'static-embedding',
    vocab_size: scales.length,
    hidden_size: dimension,
    pooling: 'mean',
    normalize: true,
    output: 'sentence_embedding (already pooled and normalised)',
    max_seq_length: null,
    data,
  };
  return {
    'README.md': modelCard(model, origin),
    ...(licenceText !== undefined && { LICENSE: licenceText }),
    'config.json': asJson(config),
    'onnx/model.onnx': graph.model,
    [data.file]: graph.externalData!,
    'tokenizer.json': vocabulary.tokenizer,
    'tokenizer_config.json': asJson({ tokenizer_class: 'BertTokenizer', do_lower_case: true }),
  };
}

function writeFiles(folder: string, files: Files, model: StaticModel, origin: ModelOrigin): Manifest {
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  const facts: Record<string, Manifest['files'][string]> = {};
  for (const [path, content] of Object.entries(files)) {
    writeFileSync(join(folder, path), content, { flush: true });
    facts[path] = factsOf(join(folder, path));
  }
  const weights = createHash('sha256').update(files[`onnx/${DATA_FILE}`]).update(files['tokenizer.json']);
  const manifest: Manifest = {
    version: 1,
    name: origin.name,
    kind: 'static-encoder',
    description: `Static text embedding distilled from ${origin.teacher.name}`,
    revision: revisionOf(weights.digest('hex')),
    licence: origin.teacher.licence,
    dimension: model.dimension,
    files: facts,
  };
  writeManifest(folder, manifest);
  return manifest;
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
