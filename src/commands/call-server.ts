import { systemClock } from '../base/clock.js';
import { parseRetryAfter } from '../base/retry-after.js';
import { CommandError } from './context.js';
import { oneLine } from './terminal.js';

/** A call of a running server's HTTP API. */
export interface ServerCall {
  /** Base of the server, `http://host:port`, perhaps with a path. */
  readonly url: string;
  /** With its leading slash. */
  readonly path: string;
  readonly body: object;
  /** Sent as a bearer token; absent: none. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
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
  ) {
    super(message);
  }
}

const TIMEOUT_MS = 120_000;
const MAX_MESSAGE = 300;

/**
 * POSTs JSON and answers with what came. @throws ServerRefusal that says what the server answered; CommandError where it
 * cannot be reached
 */
export async function callServer({ url, path, body, token, headers }: ServerCall): Promise<ServerAnswer> {
  const response = await reach(new URL(url.replace(/\/+$/, '') + path), {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { ok, status } = response;
  const answer = await response.json().catch(() => undefined);
  if (ok) return { body: answer, headers: response.headers };
  const { message = response.statusText } =
    (answer as { error?: { message?: string } } | undefined)?.error ?? {};
  throw new ServerRefusal(
    `the server answered ${status}: ${oneLine(String(message), MAX_MESSAGE)}`,
    status,
    parseRetryAfter(response.headers.get('retry-after'), systemClock().now()),
  );
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { cause, message } = error as Error;
    const reason = (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
    throw new CommandError(`${url.origin} cannot be reached: ${oneLine(String(reason), MAX_MESSAGE)}`);
  }
}

/** The address of a server as a word of a command line. @throws CommandError */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new CommandError(`${JSON.stringify(oneLine(text, 80))} is no http or https URL of a server`, 2);
  return text;
}
