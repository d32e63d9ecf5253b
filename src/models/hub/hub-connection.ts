import { EnvHttpProxyAgent, fetch, type Response as HttpResponse } from 'undici';
import type { Clock } from '../../base/clock.js';
import type { HubAccess } from './hub-access.js';
import { HubError } from './hub-error.js';
import { statusError } from './status-error.js';

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

export interface HubTimeouts {
  /** Until a connection stands, ms. */
  readonly connectMs: number;
  /** Between two pieces of an answer, and before the first, ms. */
  readonly stallMs: number;
}

export const HUB_TIMEOUTS: HubTimeouts = { connectMs: 10_000, stallMs: 30_000 };

/** What is asked of a hub. */
export interface HubRequest {
  /** What it is about, for messages: a model, or one of its files. */
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest time for the whole answer, ms. */
  readonly deadlineMs: number;
  /** Answers with these statuses are given back like good ones. */
  readonly accepts?: readonly number[];
}

/**
 * Requests to one hub. Redirects are followed by hand, so that the token goes to the endpoint's own origin and nowhere
 * else, and never from https to http. Failures reject with `HubError`.
 */
export class HubConnection {
  private readonly origin: string;
  private readonly agent: EnvHttpProxyAgent;

  constructor(
    readonly access: HubAccess,
    private readonly clock: Clock,
    timeouts: HubTimeouts = HUB_TIMEOUTS,
  ) {
    this.origin = new URL(access.endpoint).origin;
    this.agent = new EnvHttpProxyAgent({
      httpProxy: access.proxies.http,
      httpsProxy: access.proxies.https,
      noProxy: access.proxies.none,
      connect: { timeout: timeouts.connectMs },
      headersTimeout: timeouts.stallMs,
      bodyTimeout: timeouts.stallMs,
    });
  }

  /** An answer whose body is still to be read, or cancelled. */
  async get(url: string, request: HubRequest): Promise<HttpResponse> {
    const signal = AbortSignal.timeout(request.deadlineMs);
    let target = this.allowed(url, request);
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const answer = await this.send(target, request, signal);
      const { status, headers } = answer;
      if (answer.ok || request.accepts?.includes(status)) return answer;
      await answer.body?.cancel();
      const location = REDIRECTS.includes(status) ? headers.get('location') : null;
      if (location === null)
        throw statusError({ url: target, status, headers, request, access: this.access, clock: this.clock });
      target = this.allowed(
        URL.canParse(location, target) ? new URL(location, target).href : location,
        request,
      );
    }
    throw new HubError(`${this.origin} sends ${request.what} round in circles`);
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async send(url: string, { what, headers }: HubRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { token } = this.access;
    const isOwn = new URL(url).origin === this.origin;
    try {
      return await fetch(url, {
        dispatcher: this.agent,
        redirect: 'manual',
        signal,
        headers: { ...headers, ...(isOwn && token !== undefined && { authorization: `Bearer ${token}` }) },
      });
    } catch (cause) {
      throw brokenOff(new URL(url).host, what, cause);
    }
  }

  private allowed(url: string, { what }: HubRequest): string {
    const { protocol } = URL.canParse(url) ? new URL(url) : { protocol: '' };
    const isAllowed = protocol === 'https:' || (protocol === 'http:' && this.origin.startsWith('http:'));
    if (!isAllowed) throw new HubError(`${this.origin} sends ${what} to an address that is not taken`);
    return url;
  }
}

/** A connection that failed, stalled or ended too early, as something that may go better another time. */
export function brokenOff(host: string, what: string, cause: unknown): HubError {
  const inner = (cause as Error).cause as NodeJS.ErrnoException | undefined;
  const reason = inner?.message || inner?.code || (cause as Error).message;
  return new HubError(`${host} broke off at ${what}: ${reason}`, { cause, isTransient: true });
}
