import { setTimeout as sleep } from 'node:timers/promises';
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  type CircuitBreakerPolicy,
  CircuitState,
} from 'cockatiel';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { type Clock, systemClock } from '../base/clock.js';
import { type Random, systemRandom } from '../base/random.js';
import { parseRetryAfter } from '../base/retry-after.js';
import { writeJson } from '../base/write-json.js';
import { Breakers } from './breakers.js';
import { CallLimit } from './call-limit.js';
import { decoded } from './decoded.js';
import { type Endpoint, parseEndpoint } from './endpoint.js';
import { exchangeFailure } from './exchange-failure.js';
import { readStart, readWhole } from './read-body.js';
import { RemoteError } from './remote-error.js';
import { retryDelay } from './retry-delay.js';

export interface JsonClientOptions {
  /** Where every call goes. A user and a password in it become a header. */
  readonly url: string;
  /** Sent with every call, as credentials are; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A call's whole time, with waiting for its turn and all tries. */
  readonly timeoutMs: number;
  /** Time for a connection (3000). */
  readonly connectTimeoutMs?: number;
  /** Longest silence of the server, before its answer and within it; default `timeoutMs`. */
  readonly silenceMs?: number;
  /** Longest answer that is read, bytes. */
  readonly maxBodyBytes: number;
  /** Calls under way at once. */
  readonly maxConcurrent: number;
  /** Calls that may wait for their turn. */
  readonly maxQueued: number;
  /** Further tries, after broken connections and some refusals, as far as the time allows (2). */
  readonly retries?: number;
  /** The refusals after which another try may help (429 and 503; see `BUSY_OR_BROKEN`). */
  readonly retriedStatuses?: readonly number[];
  /** Failures in a row after which the server is left alone (5). */
  readonly breakerFailures?: number;
  /** For how long, milliseconds, before one call tries it again (10 000). */
  readonly breakerResetMs?: number;
  /** Instead of what `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of the environment say. */
  readonly proxies?: { readonly httpProxy?: string; readonly httpsProxy?: string; readonly noProxy?: string };
  /** Bytes of a refusal that are kept in `RemoteError.refusal` (0). */
  readonly refusalBytes?: number;
  /** Whether a refusal is of what was asked, so that it says nothing of how the server is; by default those below 500 are. */
  readonly isAskersFault?: (status: number, refusal: string) => boolean;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Plain data; fields that are undefined are not sent. */
export type JsonBody = Readonly<Record<string, unknown>>;

export interface JsonCall<T = unknown> {
  /** For this call alone, over the client's, for example `traceparent`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** The part of the server that is asked, where parts may fail by themselves; each is left alone by itself. */
  readonly part?: string | undefined;
  /**
   * Makes sense of what the JSON says; default: as it is. What it throws, with a message that repeats nothing of the answer,
   * becomes a `RemoteError` of kind `body`: nonsense is a sign that the server is not well.
   */
  readonly read?: (body: unknown) => T;
}

export interface JsonAnswer<T = unknown> {
  /** 200 to 299. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** What `read` made of it, or what the JSON says; its shape is the caller's to check. */
  readonly body: T;
}

type Body = Dispatcher.ResponseData['body'];
type Headers = Dispatcher.ResponseData['headers'];

/** What is sent. */
interface Message {
  readonly method: 'POST' | 'GET';
  /** With the query. */
  readonly path: string;
  readonly text: string | null;
}

/**
 * Asks one server by `POST` with JSON, over connections that are kept; for calls that change nothing there, so that they
 * may be tried again. Everything it throws is a `RemoteError`. No call outlives `timeoutMs`, and memory is bounded by
 * `maxConcurrent` answers of `maxBodyBytes` and the bodies of `maxQueued` calls. Redirects are not followed.
 */
export class JsonClient {
  /** Where calls go, as it may be told to anyone. */
  readonly label: string;
  private readonly endpoint: Endpoint;
  private readonly agent: Dispatcher;
  private readonly places;
  private readonly breakers: Breakers;
  private readonly breakerResetMs: number;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly underWay = new Set<CallLimit>();
  private isClosed = false;

  /** Throws an Error, without what is secret, where the URL or a proxy's is none. */
  constructor(private readonly options: JsonClientOptions) {
    this.endpoint = parseEndpoint(options.url);
    this.label = this.endpoint.label;
    this.agent = openAgent(options);
    this.clock = options.clock ?? systemClock();
    this.random = options.random ?? systemRandom;
    this.places = bulkhead(options.maxConcurrent, options.maxQueued);
    this.breakerResetMs = options.breakerResetMs ?? 10_000;
    this.breakers = new Breakers(options.breakerFailures ?? 5, this.breakerResetMs);
  }

  /** Whether the server failed so often that calls are refused for now; see `Breakers.areBroken`. */
  get isBroken(): boolean {
    return this.breakers.areBroken;
  }

  post<T = unknown>(body: JsonBody, call: JsonCall<T> = {}): Promise<JsonAnswer<T>> {
    return this.ask({ method: 'POST', path: this.endpoint.path, text: writeJson(body) }, call);
  }

  /** Asks by `GET`, at another path (with its query) of the same server. */
  get<T = unknown>(path: string, call: JsonCall<T> = {}): Promise<JsonAnswer<T>> {
    return this.ask({ method: 'GET', path, text: null }, call);
  }

  private async ask<T>(message: Message, call: JsonCall<T>): Promise<JsonAnswer<T>> {
    if (this.isClosed) throw this.error('closed', 'the client is closed');
    const limit = new CallLimit(this.options.timeoutMs, call.signal, {
      late: () => this.error('timeout', NOT_IN_TIME),
      cancelled: () => this.error('cancelled', 'the caller left'),
    });
    this.underWay.add(limit);
    const endsAt = this.clock.now() + this.options.timeoutMs;
    try {
      // The library's own signals are not used: a call that is cancelled in its queue would not call up the next one.
      return await limit.race(this.places.execute(() => this.try(message, call, limit.signal, endsAt)));
    } catch (cause) {
      throw this.refusal(cause);
    } finally {
      this.underWay.delete(limit);
      limit.release();
    }
  }

  /** Calls under way reject with `closed`. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const limit of this.underWay) limit.stop(this.error('closed', 'the client was closed'));
    await this.agent.destroy();
  }

  /** As often as it may help and there is time for. */
  private async try<T>(
    message: Message,
    call: JsonCall<T>,
    signal: AbortSignal,
    endsAt: number,
  ): Promise<JsonAnswer<T>> {
    const breaker = this.breakers.of(call.part ?? '');
    for (let attempt = 1; ; attempt++) {
      // Nothing that is not sent tells anything of the server.
      signal.throwIfAborted();
      try {
        return await breaker.execute(() => this.attempt(message, call, signal, breaker));
      } catch (cause) {
        const isLast = attempt > (this.options.retries ?? 2) || !(cause instanceof RemoteError);
        const delayMs = isLast
          ? undefined
          : retryDelay(cause, attempt, this.random, this.options.retriedStatuses);
        if (signal.aborted || delayMs === undefined || this.clock.now() + delayMs >= endsAt) throw cause;
        await sleep(delayMs, undefined, { signal });
      }
    }
  }

  /** The try after a pause of the breaker is carried to its end whatever its caller does: it decides for all. */
  private async attempt<T>(
    sent: Message,
    call: JsonCall<T>,
    callers: AbortSignal,
    breaker: CircuitBreakerPolicy,
  ): Promise<JsonAnswer<T>> {
    const { timeoutMs } = this.options;
    const isTrial = breaker.state !== CircuitState.Closed;
    const signal = isTrial ? AbortSignal.timeout(timeoutMs) : callers;
    const startedAt = this.clock.now();
    try {
      return await this.exchange(sent, call, signal);
    } catch (cause) {
      if (cause instanceof RemoteError) throw cause;
      if (!signal.aborted) throw this.failure(cause);
      if (isTrial) throw this.error('timeout', NOT_IN_TIME);
      const { kind, message } = callers.reason as RemoteError;
      // Most of the time may have gone before this try began.
      const isServersFault = kind === 'timeout' && this.clock.now() - startedAt > timeoutMs / 2;
      throw new RemoteError(kind, message, { isServersFault });
    }
  }

  private async exchange<T>(
    { method, path, text }: Message,
    call: JsonCall<T>,
    signal: AbortSignal,
  ): Promise<JsonAnswer<T>> {
    const { endpoint } = this;
    const { statusCode, headers, body } = await this.agent.request({
      origin: endpoint.origin,
      path,
      method,
      headers: { ...FIXED_HEADERS, ...endpoint.headers, ...this.options.headers, ...call.headers },
      body: text,
      signal,
    });
    if (statusCode < 200 || statusCode > 299) {
      const refusal = await this.readRefusal(body, headers, signal);
      const retryAfterMs = parseRetryAfter(headers['retry-after'], this.clock.now());
      const isAskersFault = this.options.isAskersFault?.(statusCode, refusal);
      throw this.error('status', `answered with status ${statusCode}`, {
        status: statusCode,
        retryAfterMs,
        refusal,
        ...(isAskersFault ? { isServersFault: false } : {}),
      });
    }
    const parsed = this.parse(await this.readAnswer(body, headers));
    return {
      status: statusCode,
      headers,
      body: call.read ? this.makeSense(parsed, call.read) : (parsed as T),
    };
  }

  /** The bound holds for what is decoded too; of what comes as it is, the agent keeps it. */
  private async readAnswer(body: Body, headers: Headers): Promise<string> {
    const plain = decoded(body, headers['content-encoding']);
    if (plain === undefined) return body.text();
    const text = await readWhole(plain, this.options.maxBodyBytes);
    if (text === undefined) throw this.error('body', 'the answer is too long');
    return text;
  }

  /** As much of it as is wanted; of the rest a little more, so that the connection can be kept. */
  private async readRefusal(body: Body, headers: Headers, signal: AbortSignal): Promise<string> {
    const { refusalBytes = 0 } = this.options;
    if (refusalBytes === 0) {
      body.dump({ limit: MAX_REFUSAL_BYTES, signal }).catch(() => undefined);
      return '';
    }
    return readStart(decoded(body, headers['content-encoding']) ?? body, refusalBytes);
  }

  private makeSense<T>(parsed: unknown, read: (body: unknown) => T): T {
    try {
      return read(parsed);
    } catch (cause) {
      throw this.error('body', (cause as Error).message);
    }
  }

  /** Without the parser's message, which repeats the text. */
  private parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw this.error('body', 'the answer is not JSON');
    }
  }

  /** What undici and the system threw. Causes with parts of the answer in them are left behind. */
  private failure(cause: unknown): RemoteError {
    const [kind, words] = exchangeFailure(cause);
    return this.error(kind, words, kind === 'connect' ? { cause } : {});
  }

  /** What a call rejects with. */
  private refusal(cause: unknown): unknown {
    if (cause instanceof BulkheadRejectedError)
      return this.error('overloaded', 'too many calls wait for it already');
    if (cause instanceof BrokenCircuitError)
      return this.error('breaker', 'it failed again and again and is left alone', {
        retryAfterMs: this.breakerResetMs,
      });
    return cause;
  }

  private error(
    kind: RemoteError['kind'],
    what: string,
    options?: ConstructorParameters<typeof RemoteError>[2],
  ): RemoteError {
    return new RemoteError(kind, `${this.label}: ${what}`, options);
  }
}

const NOT_IN_TIME = 'no answer in time';
const FIXED_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json',
  'accept-encoding': 'identity',
};
const MAX_REFUSAL_BYTES = 64 * 1024;

function openAgent(options: JsonClientOptions): Dispatcher {
  const { timeoutMs, silenceMs = timeoutMs, connectTimeoutMs = 3_000, maxConcurrent } = options;
  try {
    return new EnvHttpProxyAgent({
      ...options.proxies,
      connections: maxConcurrent,
      connectTimeout: connectTimeoutMs,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      maxResponseSize: options.maxBodyBytes,
    });
  } catch {
    throw new Error('HTTP_PROXY or HTTPS_PROXY is not an http:// or https:// URL');
  }
}
