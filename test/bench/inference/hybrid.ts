import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.js';
import { createMeasuredService } from '../../../src/compose.js';
import { createOnnxEncoder } from '../../../src/encoders/onnx.js';
import type { ModelSpec } from '../../../src/inference/loaded-model.js';
import { InferencePool } from '../../../src/inference/pool.js';
import type { RerankRequest } from '../../../src/reranker/request.js';
import { REPOSITORY_ROOT } from '../../fixtures/repository-root.js';
import { median } from '../statistics.js';
import { NewBodies } from './encoding-server.js';

/** Hybrid requests of 50 new documents a second. */
export interface HybridFigures {
  readonly alone: number;
  /** While 200 documents after 200 are encoded through the same process. */
  readonly beside: number;
  /** Documents encoded meanwhile, a second. */
  readonly encoded: number;
}

type Service = Awaited<ReturnType<typeof createMeasuredService>>;

/**
 * One process that ranks by `hybrid` as fast as it can and that has an encoder in worker processes beside it, as a server
 * whose namespaces use both would. In turns, alone and beside the encoder; the medians count.
 */
export async function measureHybrid(model: string, rounds: number, roundMs: number): Promise<HybridFigures> {
  const service = await createMeasuredService({
    overrides: { SCORER: 'hybrid', STORAGE_BACKEND: 'memory', MODELS_DIR: join(REPOSITORY_ROOT, 'models') },
    clock: systemClock(),
  });
  const { pool, encodeSome } = await startEncoder(model);
  const load = new HybridLoad(service);
  await load.run(roundMs);
  const [alone, beside, encoded]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    alone.push(await load.run(roundMs));
    const stopping = new AbortController();
    const encoding = encodeSome(stopping.signal);
    beside.push(await load.run(roundMs));
    stopping.abort();
    encoded.push(await encoding);
  }
  await pool.close();
  await service.close();
  return { alone: median(alone), beside: median(beside), encoded: median(encoded) };
}

class HybridLoad {
  private readonly bodies = new NewBodies(2, 50);
  private asked = 0;

  constructor(private readonly service: Service) {}

  /** Requests a second, one after the other. Their texts are made before the clock runs. */
  async run(durationMs: number): Promise<number> {
    const requests = Array.from({ length: 400 }, () => this.request());
    const startedAt = performance.now();
    for (let done = 0; ; done += 1) {
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs >= durationMs) return done / (elapsedMs / 1000);
      const request = requests[done % requests.length]!;
      await this.service.rerank('bench.hybrid', [{ ...request, requestId: `r${this.asked++}` }]);
      // As between requests of a socket: other work of this thread has its turn, and its price counts.
      await nextTurn();
    }
  }

  private request(): RerankRequest {
    const { query, documents } = JSON.parse(this.bodies.next()) as {
      query: string;
      documents: { id: string; text: string }[];
    };
    return {
      loc: [],
      requestId: '',
      query,
      candidates: documents,
      topK: 10,
      mmrLambda: 1,
      gate: this.service.gate,
      explain: false,
      learn: true,
    };
  }
}

/** `encodeSome` encodes until it is told to stop, and answers with documents a second. */
async function startEncoder(model: string) {
  const pool = new InferencePool({
    workers: 1,
    maxQueueInputs: 4096,
    memoryBytes: 2 ** 40,
    loadTimeoutMs: 120_000,
    runTimeoutMs: 30_000,
    clock: systemClock(),
  });
  const spec: ModelSpec = { id: 'm', kind: 'encoder', folder: model, threads: 1, batchTokens: 512 };
  const facts = await pool.load(spec);
  const encoder = createOnnxEncoder({ inference: pool, spec, facts, name: 'm', revision: 'r' });
  const bodies = new NewBodies(3, 200);
  const encodeSome = async (signal: AbortSignal): Promise<number> => {
    const startedAt = performance.now();
    let done = 0;
    while (!signal.aborted) {
      const { documents } = JSON.parse(bodies.next()) as { documents: { text: string }[] };
      const texts = documents.map(({ text }) => text);
      const call = { namespace: 'bench.encode', role: 'document', signal } as const;
      const ended = await Promise.allSettled(encoder.encodeEach!(texts, call));
      done += ended.filter(({ status }) => status === 'fulfilled').length;
    }
    return (1000 * done) / (performance.now() - startedAt);
  };
  return { pool, encodeSome };
}
