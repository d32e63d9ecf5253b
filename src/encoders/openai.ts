import { createHash } from 'node:crypto';
import { ModelError } from '../base/model-call.js';
import { allEnded, handled } from '../base/rejections.js';
import { toModelError } from '../remote/model-failure.js';
import { RemoteError } from '../remote/remote-error.js';
import { hasNothingToRead } from '../text/nothing-to-read.js';
import {
  BATCH_SIZE,
  EmbeddingServer,
  type EmbeddingServerOptions,
  MAX_CONCURRENT,
  TIMEOUT_MS,
} from './embedding-server.js';
import type { EncodeCall, Encoder, TextRole } from './encoder.js';
import { type Outcome, TextBatches } from './text-batches.js';

export interface OpenAiEncoderOptions extends EmbeddingServerOptions {
  readonly tau?: number | undefined;
  /** Put before a query, and before a document; default: nothing. */
  readonly prompts?: Partial<Record<TextRole, string>>;
  /** Characters of a text that are sent, without its prompt; default: all. */
  readonly maxTextLength?: number;
  /** Most characters of a request (100 000); one text alone may have more. */
  readonly batchCharacters?: number;
  /** Texts that may wait (4096). */
  readonly maxWaiting?: number;
  /** Told where the server gives no answer at the start, and the start goes on without. */
  readonly onUnavailable?: (error: ModelError) => void;
}

/** Answers to a request that may be too long for the server: parts of it may not be. */
const TOO_MUCH = [400, 413, 422];
/** Most requests that a batch is made into, to find the text that is refused: 64 texts take 12. */
const MOST_PARTS = 32;

/**
 * Bi-encoder behind any server with OpenAI's `/v1/embeddings`. Asks it for one vector at once. Rejects with an Error that
 * says why where it refuses, has vectors of another length, or, unless `dimensions` is given, cannot be reached: with
 * `dimensions` it may come up later.
 */
export async function openOpenAiEncoder(options: OpenAiEncoderOptions): Promise<Encoder> {
  const server = new EmbeddingServer(options);
  try {
    const dimension = await server.agree();
    return new OpenAiEncoder(options, server, dimension);
  } catch (cause) {
    const { dimensions } = options;
    if (dimensions !== undefined && isPassing(cause)) {
      options.onUnavailable?.(toModelError(cause));
      return new OpenAiEncoder(options, server, dimensions);
    }
    await server.close();
    throw new Error(`the embedding model ${options.model} cannot be used: ${(cause as Error).message}`, {
      cause,
    });
  }
}

class OpenAiEncoder implements Encoder {
  readonly name: string;
  readonly version: string;
  readonly tau?: number;
  private readonly batches: TextBatches;
  private isClosed = false;

  constructor(
    private readonly options: OpenAiEncoderOptions,
    private readonly server: EmbeddingServer,
    readonly dimension: number,
  ) {
    this.name = options.model;
    this.version = versionOf(options, dimension);
    if (options.tau !== undefined) this.tau = options.tau;
    this.batches = new TextBatches({
      send: async (texts, signal, settle) => {
        await this.send(texts, signal, settle, { left: MOST_PARTS - 1 });
      },
      batchSize: options.batchSize ?? BATCH_SIZE,
      batchCharacters: options.batchCharacters ?? 100_000,
      maxConcurrent: options.maxConcurrent ?? MAX_CONCURRENT,
      maxWaiting: options.maxWaiting ?? 4096,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    });
  }

  encode(texts: readonly string[], call: EncodeCall): Promise<Float32Array[]> {
    return allEnded(this.encodeEach(texts, call));
  }

  encodeEach(texts: readonly string[], call: EncodeCall): readonly Promise<Float32Array>[] {
    const { maxTextLength, prompts } = this.options;
    if (this.isClosed) return texts.map(() => closed());
    const prompt = prompts?.[call.role] ?? '';
    const sent = texts.filter((text) => !hasNothingToRead(text));
    const vectors = this.batches.ask(
      sent.map((text) => prompt + text.slice(0, maxTextLength).toWellFormed()),
      call,
    );
    let next = 0;
    return texts.map((text) => (hasNothingToRead(text) ? this.zero() : vectors[next++]!));
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.batches.close();
    await this.server.close();
  }

  /** Many servers refuse a text with nothing to read. */
  private async zero(): Promise<Float32Array> {
    return new Float32Array(this.dimension);
  }

  /** Asks for all at once; where that is too much for the server, for each half. Answers whether all was had. */
  private async send(
    texts: readonly string[],
    signal: AbortSignal,
    settle: (index: number, outcome: Outcome) => void,
    parts: { left: number },
  ): Promise<boolean> {
    try {
      const vectors = await this.server.ask(texts, signal);
      for (const [index, vector] of vectors.entries()) settle(index, vector);
      return true;
    } catch (cause) {
      const status = cause instanceof RemoteError ? cause.status : undefined;
      const isTooMuch = status !== undefined && TOO_MUCH.includes(status) && parts.left >= 2;
      if (isTooMuch && texts.length > 1) return this.sendHalves(texts, signal, settle, parts);
      for (const index of texts.keys()) settle(index, toModelError(cause));
      return false;
    }
  }

  private async sendHalves(...[texts, signal, settle, parts]: Parameters<OpenAiEncoder['send']>) {
    parts.left -= 2;
    const middle = Math.ceil(texts.length / 2);
    const first = await this.send(texts.slice(0, middle), signal, settle, parts);
    const shifted = (index: number, outcome: Outcome) => settle(index + middle, outcome);
    const second = await this.send(texts.slice(middle), signal, shifted, parts);
    const isLearnt = first && second;
    if (isLearnt) this.batches.batchSize = Math.min(this.batches.batchSize, middle);
    return isLearnt;
  }
}

function closed(): Promise<never> {
  return handled(Promise.reject(new ModelError('closed', 'the encoder is closed')));
}

/** Whether the cause may be gone in a while. */
function isPassing(cause: unknown): boolean {
  if (!(cause instanceof RemoteError) || cause.kind === 'body') return false;
  return cause.isServersFault || cause.status === 429;
}

/** Short for all that makes the vectors what they are, as far as it can be known from here. */
function versionOf({ url, model, prompts, maxTextLength }: OpenAiEncoderOptions, dimension: number): string {
  const { query = '', document = '' } = prompts ?? {};
  const parts = [new URL(url).host, model, dimension, query, document, maxTextLength ?? null];
  const hash = createHash('sha256').update(JSON.stringify(parts));
  return `openai-${hash.digest('hex').slice(0, 16)}`;
}
