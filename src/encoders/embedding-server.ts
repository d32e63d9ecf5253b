import { JsonClient, type JsonClientOptions } from '../remote/json-client.js';
import { RemoteError } from '../remote/remote-error.js';
import { BUSY_OR_BROKEN } from '../remote/retry-delay.js';
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

/** How vectors are asked for, as fields of the request. */
interface Wishes {
  /** Base64 is read in a tenth of the time; numbers are what every server gives. */
  readonly encoding_format: 'base64' | 'float';
  readonly dimensions?: number;
}

interface Agreement {
  readonly dimension: number;
  readonly wishes: Wishes;
}

/** Answers to a wish that a server does not know. */
const REFUSALS = [400, 422];
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
  private agreement: Promise<Agreement> | undefined;

  constructor(private readonly options: EmbeddingServerOptions) {
    const url = embeddingsUrl(options.url);
    this.client = new JsonClient({
      url,
      headers: keyHeader(url, options.apiKey),
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      maxBodyBytes: Math.max(LEAST_BODY_BYTES, VECTOR_BYTES * (options.batchSize ?? BATCH_SIZE)),
      maxConcurrent: options.maxConcurrent ?? MAX_CONCURRENT,
      maxQueued: options.maxConcurrent ?? MAX_CONCURRENT,
      retriedStatuses: BUSY_OR_BROKEN,
      ...options.connection,
    });
  }

  /** The length of the vectors. Settled with the server once, again after a failure. */
  async agree(): Promise<number> {
    return (await this.agreed()).dimension;
  }

  async ask(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const { dimension, wishes } = await unlessAborted(this.agreed(), signal);
    const vectors = await this.request(texts, wishes, signal);
    if (vectors[0]!.length !== dimension) throw this.otherLength(vectors[0]!.length, dimension);
    return vectors;
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private agreed(): Promise<Agreement> {
    this.agreement ??= this.negotiate().catch((cause) => {
      this.agreement = undefined;
      throw cause;
    });
    return this.agreement;
  }

  private async negotiate(): Promise<Agreement> {
    const { dimensions } = this.options;
    const own = await this.probe({ encoding_format: 'base64' }).catch((cause) => {
      const isRefused = cause instanceof RemoteError && REFUSALS.includes(cause.status ?? 0);
      if (isRefused) return this.probe({ encoding_format: 'float' });
      throw cause;
    });
    if (dimensions === undefined || own.dimension === dimensions) return own;
    const told = await this.probe({ ...own.wishes, dimensions });
    if (told.dimension !== dimensions) throw this.otherLength(told.dimension, dimensions);
    return told;
  }

  private async probe(wishes: Wishes): Promise<Agreement> {
    const [vector] = await this.request([PROBE], wishes);
    return { dimension: vector!.length, wishes };
  }

  private async request(
    input: readonly string[],
    wishes: Wishes,
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const answer = await this.client.post({ model: this.options.model, input, ...wishes }, { signal });
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

/** What `work` gives; rejects when nobody waits for it any more, and lets it go on for others. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new RemoteError('cancelled', 'the caller left'));
  });
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
