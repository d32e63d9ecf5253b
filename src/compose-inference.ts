import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import type { Clock } from './base/clock.js';
import type { Metrics } from './base/metrics.js';
import type { Settings } from './base/settings/table.js';
import type { CrossEncoder } from './encoders/cross-encoder.js';
import type { Encoder } from './encoders/encoder.js';
import { createOnnxEncoder } from './encoders/onnx.js';
import { createOnnxCrossEncoder } from './encoders/onnx-cross-encoder.js';
import type { Inference } from './inference/inference.js';
import type { ModelSpec } from './inference/loaded-model.js';
import { InferencePool } from './inference/pool.js';
import { describeFolder } from './models/describe-folder.js';
import { pickGraph } from './models/graph-files.js';
import type { ModelKind } from './models/manifest.js';
import type { ModelFiles, ModelStore } from './models/model-store.js';
import { ModelStoreError } from './models/model-store-error.js';
import { assertWhole } from './models/verify-folder.js';

const POOLING_ASSUMED =
  'the model does not say how its vectors are pooled: the mean is taken; set EMBEDDING_POOLING if that is wrong';

/** What loading models takes. */
export interface InferenceTools {
  readonly clock: Clock;
  /** Absent where nobody looks. */
  readonly metrics?: Metrics;
  readonly logger?: Logger;
}

/** ONNX models in the inference processes, which are started for the first of them. */
export class LoadedModels {
  private pool: Inference | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly tools: InferenceTools,
    private readonly models: ModelStore,
  ) {}

  /** Whether any model runs elsewhere. */
  get isUsed(): boolean {
    return this.pool !== undefined;
  }

  /** The encoder that `EMBEDDING_MODEL` names. */
  async encoder(): Promise<Encoder> {
    const { settings } = this;
    const { spec, ...loaded } = await this.load(settings.embeddingModel!, {
      kind: 'encoder',
      precision: unlessAuto(settings.embeddingPrecision),
      pooling: unlessAuto(settings.embeddingPooling),
      maxLength: unlessAuto(settings.embeddingMaxLength),
    });
    if (loaded.facts.isPoolingAssumed) this.tools.logger?.warn({ model: loaded.name }, POOLING_ASSUMED);
    const query = unlessAuto(settings.embeddingQueryPrompt) ?? loaded.facts.prompts.query;
    const document = unlessAuto(settings.embeddingDocumentPrompt) ?? loaded.facts.prompts.document;
    return createOnnxEncoder({ ...loaded, spec, prompts: { query, document } });
  }

  /** The cross-encoder that `CROSS_ENCODER_MODEL` names. */
  async crossEncoder(): Promise<CrossEncoder> {
    const { settings } = this;
    return createOnnxCrossEncoder(
      await this.load(settings.crossEncoderModel!, {
        kind: 'cross-encoder',
        precision: unlessAuto(settings.crossEncoderPrecision),
        maxLength: unlessAuto(settings.crossEncoderMaxLength),
        windows: settings.crossEncoderWindows,
      }),
    );
  }

  /** False while no process that could run a model is there. */
  get isWhole(): boolean {
    const workers = this.pool?.status().workers ?? [];
    return workers.length === 0 || workers.some(({ state }) => state === 'idle' || state === 'running');
  }

  /** For everybody to read: no process ids, no paths, nothing that a process wrote. */
  checks(): Readonly<Record<string, unknown>> {
    if (this.pool === undefined) return {};
    const { workers, models, queued } = this.pool.status();
    return { inference: { workers: workers.map(({ state, bytes }) => ({ state, bytes })), models, queued } };
  }

  async close(): Promise<void> {
    await this.pool?.close();
  }

  private async load(name: string, wish: Omit<ModelSpec, 'id' | 'folder' | 'threads' | 'batchTokens'>) {
    const { folder, manifest, name: found } = this.models.find(name);
    const entry = manifest ?? describeFolder(folder);
    assertKind({ name: found, entry }, wish.kind);
    if (manifest !== undefined) await assertWhole(folder, manifest);
    const { settings } = this;
    const spec: ModelSpec = {
      ...wish,
      id: `${wish.kind} ${found}`,
      folder,
      revision: entry.revision,
      files: manifest === undefined ? entry.files : undefined,
      // The same in every later worker, whatever other graphs are put beside it.
      precision: wish.precision ?? pickGraph(folder).precision,
      threads: settings.inferenceThreads,
      batchTokens: settings.inferenceBatchTokens,
    };
    this.pool ??= this.start();
    const facts = await this.pool.load(spec).catch((cause: Error) => {
      throw new ModelStoreError(cause.message, { cause });
    });
    return { inference: this.pool, spec, facts, name: found, revision: entry.revision, tau: entry.tau };
  }

  private start(): Inference {
    const { settings, tools } = this;
    const { metrics, logger } = tools;
    const pool = new InferencePool({
      workers: unlessAuto(settings.inferenceWorkers) ?? Math.max(1, availableParallelism() - 1),
      maxQueueInputs: settings.inferenceQueueMax,
      memoryBytes: settings.inferenceMemoryMb * 2 ** 20,
      loadTimeoutMs: settings.inferenceLoadTimeoutMs,
      runTimeoutMs: settings.inferenceRunTimeoutMs,
      clock: tools.clock,
      events: {
        inputEnded: (outcome) => metrics?.inferenceTextEnded(outcome),
        batchRun: (seconds) => metrics?.inferenceRan(seconds),
        workerReplaced(reason, message) {
          metrics?.inferenceWorkerReplaced(reason);
          logger?.warn({ reason, message }, 'an inference process is replaced');
        },
      },
    });
    metrics?.watchModels({
      queued: () => pool.status().queued,
      bytes: () => pool.status().workers.reduce((sum, { bytes }) => sum + bytes, 0),
    });
    return pool;
  }
}

/** Throws `ModelStoreError` where a model is of another kind than it is needed as. */
export function assertKind({ name, entry }: Pick<ModelFiles, 'name' | 'entry'>, kind: ModelKind): void {
  if (entry.kind !== kind) throw new ModelStoreError(`model ${name} is of kind ${entry.kind}, not ${kind}`);
}

/** A setting's value; undefined where the model or the machine decides. */
export function unlessAuto<T>(value: 'auto' | T): T | undefined {
  return value === 'auto' ? undefined : value;
}
