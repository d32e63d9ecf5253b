import { setTimeout as sleep } from 'node:timers/promises';
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from 'cockatiel';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { type Clock, systemClock } from '../base/clock.js';
import { type Random, systemRandom } from '../base/random.js';
import { CallLimit } from './call-limit.js';
import { type Endpoint, parseEndpoint } from './endpoint.js';
import { exchangeFailure } from './exchange-failure.js';
import { RemoteError } from './remote-error.js';
import { parseRetryAfter, retryDelay } from './retry-delay.js';

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
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface JsonCall {
  /** For this call alone, over the client's, for example `traceparent`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface JsonAnswer {
  /** 200 to 299. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** What the JSON says; its shape is the caller's to check. */
  readonly body: unknown;
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
  private readonly breaker;
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
    this.breaker = circuitBreaker(
      handleWhen((cause) => cause instanceof RemoteError && cause.isServersFault),
      {
        halfOpenAfter: options.breakerResetMs ?? 10_000,
        breaker: new ConsecutiveBreaker(options.breakerFailures ?? 5),
      },
    );
  }

  /** Whether the server failed so often that calls are refused for now. */
  get isBroken(): boolean {
    return this.breaker.state !== CircuitState.Closed;
  }

  async post(body: unknown, call: JsonCall = {}): Promise<JsonAnswer> {
    if (this.isClosed) throw this.error('closed', 'the client is closed');
    const limit = new CallLimit(this.options.timeoutMs, call.signal, {
      late: () => this.error('timeout', NOT_IN_TIME),
      cancelled: () => this.error('cancelled', 'the caller left'),
    });
    this.underWay.add(limit);
    const endsAt = this.clock.now() + this.options.timeoutMs;
    try {
      const text = JSON.stringify(body);
      // The library's own signals are not used: a call that is cancelled in its queue would not call up the next one.
      return await limit.race(this.places.execute(() => this.try(text, call, limit.signal, endsAt)));
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
  private async try(text: string, call: JsonCall, signal: AbortSignal, endsAt: number): Promise<JsonAnswer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.breaker.execute(() => this.attempt(text, call, signal));
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
  private async attempt(text: string, call: JsonCall, callers: AbortSignal): Promise<JsonAnswer> {
    callers.throwIfAborted();
    const { timeoutMs } = this.options;
    const isTrial = this.breaker.state !== CircuitState.Closed;
    const signal = isTrial ? AbortSignal.timeout(timeoutMs) : callers;
    const startedAt = this.clock.now();
    try {
      return await this.exchange(text, call, signal);
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

  private async exchange(text: string, call: JsonCall, signal: AbortSignal): Promise<JsonAnswer> {
    const { endpoint } = this;
    const { statusCode, headers, body } = await this.agent.request({
      origin: endpoint.origin,
      path: endpoint.path,
      method: 'POST',
      headers: { ...FIXED_HEADERS, ...endpoint.headers, ...this.options.headers, ...call.headers },
      body: text,
      signal,
    });
    if (statusCode < 200 || statusCode > 299) {
      // Read on, a little, so that the connection can be kept.
      body.dump({ limit: MAX_REFUSAL_BYTES, signal }).catch(() => undefined);
      const retryAfterMs = parseRetryAfter(headers['retry-after'], this.clock.now());
      throw this.error('status', `answered with status ${statusCode}`, { status: statusCode, retryAfterMs });
    }
    return { status: statusCode, headers, body: this.parse(await body.text()) };
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
      return this.error('breaker', 'it failed again and again and is left alone');
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
