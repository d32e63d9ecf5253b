import { JsonClient, type JsonClientOptions } from '../remote/json-client.js';
import { AnswerError, readVectors } from './openai-answer.js';
import { embeddingsUrl, keyHeader } from './openai-endpoint.js';

export interface EmbeddingServerOptions {
  /** The endpoint, or a base of it; see `embeddingsUrl`. */
  readonly url: string;
  /** The model's name as the server has it. */
  readonly model: string;
  readonly apiKey?: string | undefined;
  /** Length of the vectors; the server is told only where its own is another. Absent = what the server gives. */
  readonly dimensions?: number | undefined;
  /** Requests under way at once (4). */
  readonly maxConcurrent?: number;
  /** Longest that anyone waits for a vector (10 000). */
  readonly timeoutMs?: number;
  /** Most texts of a request (64); less where the server refuses so many. */
  readonly batchSize?: number;
  /** The rest of how the server is talked to. */
  readonly connection?: Partial<JsonClientOptions>;
}

/** Sent to learn whether the server answers, and the length of its vectors. */
const PROBE = 'hello';
/** A vector of 4096 numbers as text, about. */
const VECTOR_BYTES = 96 * 1024;
const LEAST_BODY_BYTES = 16 * 1024 * 1024;
/** Most texts of a request, unless it is said otherwise. */
export const BATCH_SIZE = 64;
/** Requests under way at once, unless it is said otherwise. */
export const MAX_CONCURRENT = 4;
/** Longest wait for a vector, milliseconds, unless it is said otherwise. */
export const TIMEOUT_MS = 10_000;

/** An OpenAI-compatible server, and what is known of its model. Rejects with `RemoteError` and `AnswerError`. */
export class EmbeddingServer {
  private readonly client: JsonClient;
  private agreement: Promise<{ dimension: number; isTold: boolean }> | undefined;

  constructor(private readonly options: EmbeddingServerOptions) {
    const url = embeddingsUrl(options.url);
    this.client = new JsonClient({
      url,
      headers: keyHeader(url, options.apiKey),
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      maxBodyBytes: Math.max(LEAST_BODY_BYTES, VECTOR_BYTES * (options.batchSize ?? BATCH_SIZE)),
      maxConcurrent: options.maxConcurrent ?? MAX_CONCURRENT,
      maxQueued: options.maxConcurrent ?? MAX_CONCURRENT,
      ...options.connection,
    });
  }

  /** The length of the vectors. Settled with the server once, again after a failure. */
  async agree(): Promise<number> {
    return (await this.agreed()).dimension;
  }

  async ask(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const { dimension, isTold } = await this.agreed();
    const vectors = await this.request(texts, isTold, signal);
    if (vectors[0]!.length !== dimension) throw this.otherLength(vectors[0]!.length, dimension);
    return vectors;
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private agreed(): Promise<{ dimension: number; isTold: boolean }> {
    this.agreement ??= this.probe().catch((cause) => {
      this.agreement = undefined;
      throw cause;
    });
    return this.agreement;
  }

  private async probe() {
    const { dimensions } = this.options;
    const own = await this.lengthOf(false);
    if (dimensions === undefined || own === dimensions) return { dimension: own, isTold: false };
    const told = await this.lengthOf(true);
    if (told !== dimensions) throw this.otherLength(told, dimensions);
    return { dimension: dimensions, isTold: true };
  }

  private async lengthOf(isTold: boolean): Promise<number> {
    const [vector] = await this.request([PROBE], isTold);
    return vector!.length;
  }

  private async request(
    input: readonly string[],
    isTold: boolean,
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const { model, dimensions } = this.options;
    const body = { model, input, encoding_format: 'float', ...(isTold ? { dimensions } : {}) };
    const answer = await this.client.post(body, { signal });
    try {
      return readVectors(answer.body, input.length);
    } catch (cause) {
      throw new AnswerError(`${this.client.label}: ${(cause as Error).message}`);
    }
  }

  private otherLength(found: number, wanted: number): AnswerError {
    return new AnswerError(`${this.client.label}: vectors of ${found} numbers, not of ${wanted}`);
  }
}
