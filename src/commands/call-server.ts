import { systemClock } from '../base/clock.js';
import { AppError, ERRORS, type ErrorCode } from '../base/errors.js';
import { parseRetryAfter } from '../base/retry-after.js';
import { CommandError } from './context.js';
import { oneLine } from './terminal.js';

/** A call of a running server's HTTP API. */
export interface ServerCall {
  /** Base of the server, `http://host:port`, perhaps with a path. */
  readonly url: string;
  /** With its leading slash. */
  readonly path: string;
  /** Default `POST`. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Behind the path; what is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON; absent: none. */
  readonly body?: object;
  /** Sent as a bearer token; absent: none. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long to wait for the whole answer; default two minutes. */
  readonly timeoutMs?: number;
}

/** What a server answered. */
export interface ServerAnswer {
  /** The JSON, undefined where it was none. */
  readonly body: unknown;
  readonly headers: Headers;
}

/** A server that refused. */
export class ServerRefusal extends CommandError {
  constructor(
    message: string,
    readonly status: number,
    /** Milliseconds after which to ask again; undefined where it did not say. */
    readonly retryAfterMs: number | undefined,
    /** What it says in the shape of our errors; undefined where it does not. */
    readonly error: AppError | undefined = undefined,
  ) {
    super(message);
  }
}

/** A server that nothing came from: it does not listen, cannot be found, or is too slow. */
export class ServerUnreachable extends CommandError {}

const TIMEOUT_MS = 120_000;
const MAX_MESSAGE = 300;

/**
 * Makes the call and answers with the JSON that came. @throws ServerRefusal that says what the server answered;
 * ServerUnreachable
 */
export async function callServer(call: ServerCall): Promise<ServerAnswer> {
  const { method = 'POST', body, token, headers, timeoutMs = TIMEOUT_MS } = call;
  const response = await reach(addressOf(call), {
    method,
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const { ok, status } = response;
  const answer = await response.json().catch(() => undefined);
  if (ok) return { body: answer, headers: response.headers };
  const error = errorOf(answer);
  throw new ServerRefusal(
    `the server answered ${status}: ${oneLine(error?.message ?? response.statusText, MAX_MESSAGE)}`,
    status,
    parseRetryAfter(response.headers.get('retry-after'), systemClock().now()),
    error,
  );
}

function addressOf({ url, path, query = {} }: ServerCall): URL {
  const address = new URL(url.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  return address;
}

/** Native error bodies alone have one of our codes. */
function errorOf(answer: unknown): AppError | undefined {
  const { error } = (answer ?? {}) as { error?: { code?: string; message?: unknown; detail?: unknown } };
  if (error === undefined || typeof error.message !== 'string') return undefined;
  const code = Object.hasOwn(ERRORS, error.code ?? '') ? (error.code as ErrorCode) : 'INTERNAL_ERROR';
  return new AppError(code, error.message, error.detail);
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { cause, message } = error as Error;
    const reason = (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
    throw new ServerUnreachable(`${url.origin} cannot be reached: ${oneLine(String(reason), MAX_MESSAGE)}`);
  }
}

/** The address of a server as a word of a command line. @throws CommandError */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new CommandError(`${JSON.stringify(oneLine(text, 80))} is no http or https URL of a server`, 2);
  return text;
}
