import type { Command } from 'commander';
import type { Settings } from '../base/settings/table.js';
import { describeFolder } from '../models/describe-folder.js';
import { graphsAmong } from '../models/graph-files.js';
import { readExport } from '../models/hugging-face-export.js';
import type { Manifest } from '../models/manifest.js';
import type { ModelFolder, ModelStore } from '../models/model-store.js';
import { ModelStoreError } from '../models/model-store-error.js';
import { unlistedProblems } from '../models/verify-folder.js';
import type { CommandContext } from './context.js';
import { table } from './measurement.js';
import { findModels, sizeText } from './model-places.js';
import { oneLine } from './terminal.js';

/** What `info` prints; null where nothing is said. */
interface ModelInfo {
  name: string;
  kind: Manifest['kind'];
  description: string;
  folder: string;
  place: ModelFolder['place'];
  revision: string;
  licence: string;
  source: Manifest['source'] | null;
  dimension: number | null;
  tau: number | null;
  /** Version of the encoder that τ was measured with: another one has none. */
  tau_version: string | null;
  /** Settings that name this model. */
  configured: string[];
  /** Of encoders and cross-encoders, as their exports say. */
  pooling: string | null;
  max_length: number | null;
  prompts: { query: string; document: string } | null;
  precisions: string[];
  /** Why the export cannot be used. */
  problem: string | null;
  files: Manifest['files'];
}

/** `models info NAME`: all that is known of a model without loading it. */
export function registerModelsInfo(models: Command, context: CommandContext): void {
  models
    .command('info')
    .description('print what is known of a model, and what is configured to use it')
    .argument('<name>', 'a name as in `models list`, or a folder')
    .option('--json', 'print JSON')
    .action((name: string, { json }: { json?: boolean }) => info(context, name, json === true));
}

function info(context: CommandContext, name: string, json: boolean): void {
  const { settings, models } = findModels(context);
  const model = models.find(name);
  const found = infoOf(model, usesOf(model, models, settings));
  context.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : asTables(found));
  const unlisted = model.manifest === undefined ? [] : unlistedProblems(model.folder, model.manifest);
  for (const problem of unlisted) context.stderr.write(`Warning: ${oneLine(problem)}\n`);
}

function infoOf(model: ModelFolder, configured: string[]): ModelInfo {
  const { name, folder, place } = model;
  const manifest = model.manifest ?? describeFolder(folder);
  const { kind, description, revision, licence, source, dimension, tau, files } = manifest;
  const graphs = graphsAmong(Object.keys(files));
  return {
    name,
    kind,
    description,
    folder,
    place,
    revision,
    licence,
    source: source ?? null,
    dimension: dimension ?? null,
    tau: tau?.value ?? null,
    tau_version: tau?.version ?? null,
    configured,
    ...exportOf(folder, kind),
    precisions: graphs.map(({ precision, file }) => `${precision} (${file})`),
    files,
  };
}

function exportOf(
  folder: string,
  kind: Manifest['kind'],
): Pick<ModelInfo, 'pooling' | 'max_length' | 'prompts' | 'problem'> {
  const nothing = { pooling: null, max_length: null, prompts: null, problem: null };
  if (kind !== 'encoder' && kind !== 'cross-encoder') return nothing;
  try {
    const { pooling, maxLength, prompts } = readExport(folder);
    return kind === 'encoder'
      ? { pooling: pooling ?? null, max_length: maxLength, prompts, problem: null }
      : { ...nothing, max_length: maxLength };
  } catch (error) {
    if (!(error instanceof ModelStoreError)) throw error;
    return { ...nothing, problem: error.message };
  }
}

/** The settings that lead to this model's folder. */
function usesOf(model: ModelFolder, models: ModelStore, settings: Settings): string[] {
  const { embeddingBackend, embeddingModel, crossEncoderModel } = settings;
  const isLocal = embeddingBackend === 'static' || embeddingBackend === 'onnx';
  return [
    ...(isLocal && isNamed(embeddingModel, model, models) ? ['EMBEDDING_MODEL'] : []),
    ...(isNamed(crossEncoderModel, model, models) ? ['CROSS_ENCODER_MODEL'] : []),
  ];
}

function isNamed(name: string | undefined, { folder }: ModelFolder, models: ModelStore): boolean {
  try {
    return name !== undefined && models.find(name).folder === folder;
  } catch (error) {
    // What the settings name is not there: that is for the server to tell.
    if (error instanceof ModelStoreError) return false;
    throw error;
  }
}

function asTables({ files, prompts, source, precisions, configured, ...facts }: ModelInfo): string {
  const rows = Object.entries({
    ...facts,
    source: source && `${source.endpoint}/${source.repository} at ${source.commit}`,
    precisions: precisions.join(', ') || null,
    query_prompt: prompts && JSON.stringify(prompts.query),
    document_prompt: prompts && JSON.stringify(prompts.document),
    configured: configured.join(', ') || null,
  });
  const shown = rows.filter(([, value]) => value !== null);
  return (
    table(
      ['what', 'value'],
      shown.map(([key, value]) => [key, oneLine(String(value))]),
    ) +
    table(
      ['file', 'size', 'SHA-256'],
      Object.entries(files).map(([path, { bytes, sha256 }]) => [path, sizeText(bytes), sha256]),
    )
  );
}
