import { OverQuota } from '../admission/refusals.js';
import { callerRequestId, traceparentOf } from './caller-ids.js';
import type { Draining } from './draining.js';
import { errorHeaders, toAppError } from './error-body.js';
import type { Exchange } from './exchange.js';
import type { Services } from './services.js';

/** Version of the native API, sent with every answer. */
export const API_VERSION = '1';

/** Status that is counted and logged where the caller left before its answer (nginx's convention); never sent. */
const CALLER_LEFT = 499;

export const JSON_TYPE = 'application/json; charset=utf-8';

/** The one way answers leave: writes head and body in one go, then counts and logs the request. */
export class Responder {
  constructor(
    private readonly services: Pick<Services, 'clock' | 'logger' | 'logRequest' | 'metrics'>,
    private readonly draining: Draining,
  ) {}

  /** Answers with JSON text. `headers` is a flat list of names and values. */
  json(exchange: Exchange, status: number, text: string, headers: readonly string[] = []): void {
    this.send(exchange, status, JSON_TYPE, text, headers);
  }

  /** Answers with an error in the caller's form. What is no `AppError` is logged with its stack and shown as a plain 500. */
  error(exchange: Exchange, thrown: unknown, headers: readonly string[] = []): void {
    const error = toAppError(thrown);
    if (error.code === 'INTERNAL_ERROR') this.logFailure(exchange, error);
    const refusal = exchange.errorForm(error, exchange.requestId);
    const all = [...errorHeaders(error), ...(refusal.headers ?? []), ...headers];
    if (error instanceof OverQuota) {
      exchange.closesConnection ||= error.closesConnection;
      // Whoever was let in has a permit that says the same.
      if (exchange.permit === undefined) all.push(...error.headers);
    }
    this.send(exchange, refusal.status, JSON_TYPE, refusal.body, all);
  }

  /** Logs a fault of ours with its stack; what went wrong is for us to read, never for the caller. */
  logFailure(exchange: Exchange, error: Error): void {
    const cause = error.cause ?? error;
    const stack = cause instanceof Error ? cause.stack : `thrown: ${typeof cause}`;
    this.services.logger.error(
      { requestId: exchange.requestId, route: exchange.endpoint, stack },
      'request failed',
    );
  }

  /** Notes that the caller went away before its answer; there is nobody to send one to. */
  left(exchange: Exchange): void {
    if (exchange.answered) return;
    exchange.answered = true;
    this.finish(exchange, CALLER_LEFT, 0);
  }

  /** Sends the whole answer; a second call for the same exchange does nothing. An empty `type` sends no body at all. */
  send(exchange: Exchange, status: number, type: string, text: string, extra: readonly string[]): void {
    if (exchange.answered) return;
    exchange.answered = true;
    const { res } = exchange;
    if (res.destroyed || res.headersSent) {
      this.finish(exchange, CALLER_LEFT, 0);
      return;
    }
    // As bytes: a text would be measured here and encoded when it is written, for which three times its length is set aside.
    const body = type === '' ? undefined : Buffer.from(text);
    const length = body?.length ?? 0;
    const headers = [
      'X-NeuralCache-API-Version',
      API_VERSION,
      'X-API-Version',
      API_VERSION,
      'X-Request-Id',
      exchange.requestId,
      'X-Content-Type-Options',
      'nosniff',
    ];
    if (type !== '') headers.push('Content-Type', type, 'Content-Length', String(length));
    if (exchange.isPrivate) headers.push('Cache-Control', 'no-store');
    if (this.draining.active || exchange.closesConnection) headers.push('Connection', 'close');
    for (const part of extra) headers.push(part);
    if (exchange.permit !== undefined) for (const part of exchange.permit.headers()) headers.push(part);
    res.writeHead(status, headers);
    res.end(body);
    this.finish(exchange, status, length);
  }

  /** Every exchange ends here, once. */
  private finish(exchange: Exchange, status: number, bytesOut: number): void {
    const { services } = this;
    exchange.permit?.leave();
    const ms = services.clock.now() - exchange.startedAt;
    const { req, endpoint, namespace, isRanking, requestId, bytesIn } = exchange;
    services.metrics.requestFinished(endpoint, status, ms / 1000, namespace, isRanking);
    services.logRequest(
      {
        method: req.method,
        route: endpoint,
        status,
        ms: Math.round(ms * 100) / 100,
        namespace,
        requestId,
        callerRequestId: callerRequestId(req.headers),
        traceparent: traceparentOf(req.headers),
        bytesIn,
        bytesOut,
      },
      'request',
    );
  }
}
