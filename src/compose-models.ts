import type { Logger } from 'pino';
import { type Clock, systemClock } from './base/clock.js';
import type { Metrics } from './base/metrics.js';
import type { ModelError } from './base/model-call.js';
import { systemRandom } from './base/random.js';
import { usesScorer } from './base/settings/rules.js';
import type { Settings } from './base/settings/table.js';
import { assertKind, LoadedModels, unlessAuto } from './compose-inference.js';
import { type PairScorers, Scorers } from './compose-scorers.js';
import { openUpstream } from './compose-upstream.js';
import type { CrossEncoder } from './encoders/cross-encoder.js';
import type { Encoder } from './encoders/encoder.js';
import { createHashEncoder } from './encoders/hash.js';
import { createKeptEncoder, type VectorKeeper } from './encoders/kept-encoder.js';
import { openOpenAiEncoder } from './encoders/openai.js';
import { createStaticEncoder, type StaticEncoder } from './encoders/static.js';
import { BUNDLED_MODELS, type ModelFiles, ModelStore } from './models/model-store.js';
import { crossEncoderPairs } from './proxy/cross-encoder-pairs.js';
import { PairCaches } from './proxy/pair-caches.js';
import { createPairScorer } from './proxy/pair-scorer.js';
import { createScorer, SharedParts } from './scorers/create-scorer.js';
import type { Scorer } from './scorers/scorer.js';
import { parsePrior } from './text/prior.js';
import { termsOf } from './text/terms.js';

const STATIC_MODEL = 'static-minilm-192';
const PRIOR = 'df-prior';

/** The models of a running program. */
export interface OpenedModels {
  /** Makes keys and narratives of the memory. */
  readonly keyEncoder: Encoder;
  readonly scorer: Scorer;
  /** Those of namespaces that have others. */
  readonly scorers: Scorers;
  /** What is loaded and how it does, for `/readyz`; `isWhole` is false while a model cannot be asked. */
  readiness(): { readonly isWhole: boolean; readonly checks: Readonly<Record<string, unknown>> };
  close(): Promise<void>;
}

export interface ModelTools {
  readonly clock: Clock;
  /** Absent where nobody looks. */
  readonly metrics?: Metrics;
  readonly logger?: Logger;
  /** Told once for every request that another scorer had to answer. */
  readonly onFallback?: (namespace: string, error: ModelError) => void;
  /** Absent where nothing is scored. */
  readonly pairCaches?: PairCaches | undefined;
  /** Keeps what encoders elsewhere have made. */
  readonly keeper?: VectorKeeper | undefined;
}

/** The models there are, by name. */
export function openModelStore(settings: Pick<Settings, 'modelsDir' | 'modelStoreDir'>): ModelStore {
  return new ModelStore({
    bundledDir: settings.modelsDir ?? BUNDLED_MODELS,
    storeDir: settings.modelStoreDir,
    cwd: process.cwd(),
  });
}

/**
 * Opens the models that the settings ask for, and what works with them. Rejects with an Error that names the model and
 * what is wrong: not there, another kind, damaged, a graph that cannot be used.
 */
export async function openModels(settings: Settings, tools: ModelTools): Promise<OpenedModels> {
  const models = openModelStore(settings);
  const inference = new LoadedModels(settings, tools, models);
  try {
    return await openWith(settings, tools, models, inference);
  } catch (error) {
    await inference.close();
    throw error;
  }
}

async function openWith(
  settings: Settings,
  tools: ModelTools,
  models: ModelStore,
  inference: LoadedModels,
): Promise<OpenedModels> {
  const { prior, words, share } = openWords(settings, models);
  const made = await encoderOf(settings, tools, inference, { words, share });
  const encoder = made.encodeEach === undefined ? made : keeping(made, tools);
  const crossEncoder = new LateCrossEncoder(async () =>
    scoringPairs(await inference.crossEncoder(), settings, tools),
  );
  const pairs: PairScorers = {};
  if (usesScorer(settings, 'cross-encoder')) pairs['cross-encoder'] = await crossEncoder.scorer();
  const upstream = usesScorer(settings, 'upstream') ? openUpstream(settings, tools) : undefined;
  const isMeasured = encoder.tau !== undefined || settings.memoryTau !== undefined;
  const keyEncoder = isMeasured ? encoder : bundledKeys(settings, models, words);
  if (upstream) pairs.upstream = upstream.scorer;
  const { inputPrior, upstreamFallback } = settings;
  const shared = new SharedParts();
  const make = (spec: string, pairScorers: PairScorers): Scorer =>
    createScorer(spec, {
      ...{ encoder, pairScorers, words, prior, inputPrior, keyEncoder, shared },
      spare: pairScorers.upstream && upstreamFallback === 'input' ? 'input' : 'lexical',
      ...(inference.isUsed || encoder.encodeEach !== undefined || pairScorers.upstream !== undefined
        ? { onFallback: tools.onFallback ?? (() => {}) }
        : {}),
    });
  const scorer = make(settings.scorer, pairs);
  const scorers = new Scorers({
    ...{ settings, upstreamTools: tools, usual: scorer, upstream, make },
    crossEncoder: () => crossEncoder.scorer(),
    onCloseFailed: (error) => tools.logger?.warn({ err: error }, 'a scorer could not be closed'),
  });
  return {
    keyEncoder,
    scorer,
    scorers,
    readiness: () => ({
      isWhole: inference.isWhole && upstream?.isWhole !== false,
      checks: {
        scorer: scorer.name,
        encoder: { name: encoder.name, dimension: encoder.dimension },
        memory: keyEncoder.name,
        ...inference.checks(),
        ...(upstream && { upstream: upstream.check() }),
      },
    }),
    async close() {
      await scorers.close();
      await scorer.close();
      await Promise.all([encoder, keyEncoder, crossEncoder, upstream].map((model) => model?.close()));
      await inference.close();
    },
  };
}

/** The cross-encoder of the settings: loaded when it is first needed, and tried again where that failed. */
class LateCrossEncoder {
  private loading: Promise<{ readonly scorer: Scorer; close(): Promise<void> }> | undefined;

  constructor(private readonly load: () => Promise<{ readonly scorer: Scorer; close(): Promise<void> }>) {}

  async scorer(): Promise<Scorer> {
    this.loading ??= this.load();
    const { loading } = this;
    try {
      return (await loading).scorer;
    } catch (error) {
      if (this.loading === loading) this.loading = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.loading?.then(
      (loaded) => loaded.close(),
      () => undefined, // It never was there.
    );
  }
}

/** A cross-encoder of ours as a scorer; its version names its weights, so its scores never age. */
function scoringPairs(model: CrossEncoder, settings: Settings, { clock, pairCaches }: ModelTools) {
  const scorer = createPairScorer({
    model: crossEncoderPairs(model),
    caches: pairCaches ?? new PairCaches({ clock, random: systemRandom }),
    scores: settings.crossEncoderScores,
    freshness: { ttlMs: Number.POSITIVE_INFINITY, staleMs: 0, staleIfErrorMs: 0 },
    negativeMs: 0,
    refreshTimeoutMs: settings.inferenceTimeoutMs,
  });
  return { scorer, close: () => model.close() };
}

/** An encoder by itself, with where its files are; null for one that has none here. */
export interface OpenedEncoder {
  readonly encoder: Encoder;
  readonly model: { readonly folder: string; readonly files: ModelFiles } | null;
  /** Closes the encoder and what runs it. */
  close(): Promise<void>;
}

/**
 * Opens one encoder for a command: a static or ONNX model by name or folder, read as its own files say, or, without a
 * name, that of the settings. Rejects as `openModels` does.
 */
export async function openEncoder(settings: Settings, name: string | undefined): Promise<OpenedEncoder> {
  const models = openModelStore(settings);
  const chosen = name === undefined ? settings : settingsOf(models.open(name), name, settings);
  const tools = { clock: systemClock() };
  const inference = new LoadedModels(chosen, tools, models);
  try {
    const { words, share } = openWords(chosen, models);
    const encoder = await encoderOf(chosen, tools, inference, { words, share });
    const file = modelOf(chosen);
    const model = file === undefined ? null : { folder: models.find(file).folder, files: models.open(file) };
    const close = async () => {
      await encoder.close();
      await inference.close();
    };
    return { encoder, model, close };
  } catch (error) {
    await inference.close();
    throw error;
  }
}

/** The settings that make a model the encoder. Another one than the configured is read as its files say. */
function settingsOf({ entry }: ModelFiles, name: string, settings: Settings): Settings {
  const embeddingBackend = entry.kind === 'static-encoder' ? 'static' : 'onnx';
  if (name === settings.embeddingModel && embeddingBackend === settings.embeddingBackend) return settings;
  return {
    ...settings,
    embeddingBackend,
    embeddingModel: name,
    embeddingPooling: 'auto',
    embeddingMaxLength: 'auto',
    embeddingQueryPrompt: 'auto',
    embeddingDocumentPrompt: 'auto',
  };
}

/** Name of the configured encoder's model; undefined for one that has no files here. */
function modelOf({ embeddingBackend, embeddingModel }: Settings): string | undefined {
  if (embeddingBackend === 'static') return embeddingModel ?? STATIC_MODEL;
  return embeddingBackend === 'onnx' ? embeddingModel : undefined;
}

/** What knows words by themselves. */
function openWords(settings: Settings, models: ModelStore) {
  const stems = models.open(PRIOR);
  const prior = parsePrior(stems.readText('stems.tsv'), stems.entry.revision);
  const share = (stem: string) => prior.share(stem);
  return { prior, share, words: openStatic(models, wordModel(settings)) };
}

/** The encoder of the memory where nobody measured the configured one. */
function bundledKeys(settings: Settings, models: ModelStore, words: StaticEncoder): StaticEncoder {
  return wordModel(settings) === STATIC_MODEL ? words : openStatic(models, STATIC_MODEL);
}

/** The static model whose words `hybrid` goes by. */
function wordModel({ embeddingBackend, embeddingModel }: Settings): string {
  return embeddingBackend === 'static' ? (embeddingModel ?? STATIC_MODEL) : STATIC_MODEL;
}

function openStatic(models: ModelStore, name: string): StaticEncoder {
  const files = models.open(name);
  assertKind(files, 'static-encoder');
  return createStaticEncoder(files);
}

async function encoderOf(
  settings: Settings,
  { logger }: ModelTools,
  inference: LoadedModels,
  { words, share }: { words: StaticEncoder; share: (stem: string) => number },
): Promise<Encoder> {
  switch (settings.embeddingBackend) {
    case 'static':
      return words;
    case 'hash':
      return createHashEncoder({ terms: termsOf, share });
    case 'onnx':
      return inference.encoder();
    case 'openai':
      return openRemoteEncoder(settings, logger);
  }
}

/** The encoder behind the service that `EMBEDDING_URL` names. */
function openRemoteEncoder(settings: Settings, logger: Logger | undefined): Promise<Encoder> {
  return openOpenAiEncoder({
    url: settings.embeddingUrl!,
    model: settings.embeddingModel!,
    apiKey: settings.embeddingApiKey,
    dimensions: unlessAuto(settings.embeddingDimensions),
    batchSize: settings.embeddingBatchSize,
    timeoutMs: settings.embeddingTimeoutMs,
    maxWaiting: settings.inferenceQueueMax,
    prompts: {
      query: unlessAuto(settings.embeddingQueryPrompt) ?? '',
      document: unlessAuto(settings.embeddingDocumentPrompt) ?? '',
    },
    onUnavailable: (error) => logger?.warn({ err: error }, 'the embedding service does not answer yet'),
  });
}

/** The encoder over what was kept of its vectors, where anything keeps them. */
function keeping(encoder: Encoder, { keeper, metrics }: ModelTools): Encoder {
  if (keeper === undefined) return encoder;
  return createKeptEncoder({
    encoder,
    store: keeper,
    onLookedUp: (namespace, hits, misses) =>
      metrics?.cacheLookups('vectors', { hit: hits, miss: misses }, namespace),
  });
}
