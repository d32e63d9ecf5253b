import { type Clock, systemClock } from '../../base/clock.js';
import { startWait } from '../../base/patience.js';
import type { ModelWishes } from '../../base/request-wishes.js';
import { writeJson } from '../../base/write-json.js';
import { type JsonBody, JsonClient, type JsonClientOptions } from '../../remote/json-client.js';
import { RemoteError } from '../../remote/remote-error.js';
import { type AwsKey, parseAwsKey, signForBedrock } from './aws-signature.js';
import { isTooMuch } from './too-much.js';
import type { KeyForm } from './upstream-dialect.js';
import { upstreamUrl } from './upstream-url.js';
import {
  credentialOf,
  isRaw,
  keyHeader,
  knobsOf,
  modelOf,
  traceHeader,
  type WishRules,
} from './upstream-wishes.js';

export interface UpstreamClientOptions extends WishRules {
  /** The endpoint, or a base of it; see `upstreamUrl`. */
  readonly url: string;
  /** Our key, where the caller's does not go along. */
  readonly apiKey?: string | undefined;
  /** How a key is sent; default: as the dialect has it. */
  readonly keyForm?: KeyForm | undefined;
  /** Sent with every request, over all others; names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Time of one request, tries included. */
  readonly timeoutMs: number;
  /** Requests under way at once. */
  readonly maxConcurrent: number;
  readonly onAsked?: ((asked: Asked) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** The rest of how the server is talked to. */
  readonly connection?: Partial<JsonClientOptions> | undefined;
}

/** One request to an upstream, as it ended. */
export interface Asked {
  readonly outcome: AskOutcome;
  /** Tries included. */
  readonly seconds: number;
  readonly documents: number;
  /** Whether the credentials were the caller's. */
  readonly hasCallersKey: boolean;
  /** Absent with `done`. */
  readonly error?: RemoteError;
}

/**
 * `done`; `refused` (4xx), `too_much` (a refusal of its size), `busy` (429), `error` (5xx), `nonsense` (not what its dialect
 * says), or as the kinds of `RemoteError`.
 */
export type AskOutcome =
  | 'done'
  | 'refused'
  | 'too_much'
  | 'busy'
  | 'error'
  | 'nonsense'
  | Exclude<RemoteError['kind'], 'status' | 'body'>;

/** Of an answer: scores take less than 100 bytes each, but some servers repeat the documents, escaped, whatever they are told. */
const MAX_BODY_BYTES = 16 * 2 ** 20;
const REFUSAL_BYTES = 4096;
/** Longest wait for a server that is asked for its limit, and as a share of the time there is. */
const LIMIT_TIMEOUT_MS = 2_000;
const LIMIT_TIMEOUT_SHARE = 0.25;
/** After which a server that could not be asked is asked again. */
const LIMIT_RETRY_MS = 60_000;

/** One upstream, a request at a time. Rejects with `RemoteError`. */
export class UpstreamClient {
  private readonly client: JsonClient;
  private readonly clock: Clock;
  private readonly url: string;
  private readonly limit: { known: Promise<number> | undefined; askAgainAt: number };

  /** Throws an Error, without what is secret, where the URL is none or the dialect cannot be spoken there. */
  constructor(private readonly options: UpstreamClientOptions) {
    const { dialect, model, timeoutMs, maxConcurrent } = options;
    this.url = upstreamUrl(options.url, dialect, model);
    this.clock = options.clock ?? systemClock();
    this.limit = { known: undefined, askAgainAt: Number.NEGATIVE_INFINITY };
    this.client = new JsonClient({
      url: this.url,
      timeoutMs,
      maxConcurrent,
      maxQueued: maxConcurrent,
      maxBodyBytes: MAX_BODY_BYTES,
      refusalBytes: REFUSAL_BYTES,
      isAskersFault: isTooMuch,
      clock: this.clock,
      ...options.connection,
    });
  }

  /** Where requests go, as it may be logged. */
  get label(): string {
    return this.client.label;
  }

  /** Whether the upstream failed so often that it is left alone for now. */
  get isBroken(): boolean {
    return this.client.isBroken;
  }

  /** Scores in the order of the texts. */
  async ask(
    query: string,
    texts: readonly string[],
    {
      wishes,
      model,
      signal,
    }: { wishes: ModelWishes | undefined; model: string | undefined; signal: AbortSignal },
  ): Promise<Float64Array> {
    const { dialect } = this.options;
    const body = dialect.encode({
      query,
      texts,
      model: model ?? modelOf(this.options, wishes),
      knobs: knobsOf(this.options, wishes),
      isRaw: isRaw(this.options, wishes),
    });
    const startedAt = this.clock.now();
    const ended = (outcome: AskOutcome, error?: RemoteError) => {
      const seconds = (this.clock.now() - startedAt) / 1000;
      const hasCallersKey = credentialOf(this.options, wishes) !== undefined;
      this.options.onAsked?.({
        outcome,
        seconds,
        documents: texts.length,
        hasCallersKey,
        ...(error && { error }),
      });
    };
    try {
      const answer = await this.client.post(body, {
        headers: await this.headersOf(wishes, body),
        signal,
        read: (answered) => dialect.decode(answered, texts.length),
      });
      ended('done');
      return answer.body;
    } catch (cause) {
      if (cause instanceof RemoteError) ended(outcomeOf(cause), cause);
      throw cause;
    }
  }

  /** Most documents of a request, as the server says, or the dialect where it does not. Never rejects. */
  async maxDocuments(wishes: ModelWishes | undefined, signal: AbortSignal): Promise<number> {
    const { limit } = this;
    if (this.options.dialect.limit === undefined) return this.options.dialect.maxDocuments;
    if (limit.known === undefined && this.clock.now() >= limit.askAgainAt) {
      limit.askAgainAt = this.clock.now() + LIMIT_RETRY_MS;
      limit.known = this.askLimit(wishes, signal).catch((cause) => {
        // A server without this route says so once; others may be asked again.
        if (!(cause instanceof RemoteError && [404, 405].includes(cause.status ?? 0)))
          limit.known = undefined;
        return this.options.dialect.maxDocuments;
      });
    }
    return limit.known ?? this.options.dialect.maxDocuments;
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private async askLimit(wishes: ModelWishes | undefined, signal: AbortSignal): Promise<number> {
    const { limit, maxDocuments } = this.options.dialect;
    const { pathname, search } = new URL(this.url);
    const patienceMs = Math.min(LIMIT_TIMEOUT_MS, LIMIT_TIMEOUT_SHARE * this.options.timeoutMs);
    const wait = startWait(patienceMs, () => signal);
    try {
      const headers = await this.headersOf(wishes);
      const path = limit!.pathOf(pathname) + search;
      const answer = await this.client.get(path, { headers, signal: wait.signal() });
      return limit!.read(answer.body) ?? maxDocuments;
    } finally {
      wait.end();
    }
  }

  private async headersOf(
    wishes: ModelWishes | undefined,
    body: JsonBody = {},
  ): Promise<Record<string, string>> {
    const { dialect, apiKey, keyForm, headers } = this.options;
    const key = credentialOf(this.options, wishes) ?? apiKey;
    const awsKey = dialect.isSigned && key !== undefined ? parseAwsKey(key) : undefined;
    const keyHeaders =
      awsKey === undefined ? keyHeader(key, keyForm ?? dialect.key) : await this.sign(awsKey, body);
    return { ...dialect.headers, ...keyHeaders, ...headers, ...traceHeader(wishes) };
  }

  /** Of the body as the client will write it. */
  private sign(key: AwsKey, body: JsonBody): Promise<Record<string, string>> {
    return signForBedrock(this.url, writeJson(body), key, this.clock.now());
  }
}

function outcomeOf({ kind, status = 0, refusal }: RemoteError): AskOutcome {
  if (kind === 'body') return 'nonsense';
  if (kind !== 'status') return kind;
  if (status === 429) return 'busy';
  if (isTooMuch(status, refusal)) return 'too_much';
  return status >= 500 ? 'error' : 'refused';
}
