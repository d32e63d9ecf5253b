import type { Request, Response } from 'express';
import type { Permit } from '../admission/admission.js';
import type { ErrorForm } from './dialects/dialect.js';
import { supersetError } from './dialects/superset-error.js';
import type { RequestTarget } from './request-target.js';

/** Endpoint of requests that match no route. */
export const NO_ROUTE = 'other';

/** Who calls when no credentials are configured. */
export const ANONYMOUS = 'anonymous';

/** One request and its answer, with what is learnt about it on the way down. Lives as long as the request. */
export class Exchange {
  /** Path of the route table; bounded, so it is fit to be a metric label. */
  endpoint = NO_ROUTE;
  /** Whether it is a route that ranks: those are counted and timed by themselves. */
  isRanking = false;
  /** Whether no cache on the way may keep the answer. */
  isPrivate = false;
  /** Whether a body without `Content-Type` is taken for JSON. */
  assumesJson = false;
  /** How errors read to this caller, as far as is known yet. */
  errorForm: ErrorForm = supersetError;
  /** Set once the name has been checked. */
  namespace: string | undefined = undefined;
  /** Whose credentials these are: no secret, but not for logs either. */
  identity = ANONYMOUS;
  /** Bytes of the body as sent. */
  bytesIn = 0;
  /** Milliseconds spent on reading and parsing the body. */
  parseMs = 0;
  answered = false;
  /** What it was admitted with, until it is answered; routes without a namespace need none. */
  permit: Permit | undefined = undefined;
  /** Whether the connection ends with the answer. */
  closesConnection = false;
  private gone: AbortController | undefined;

  constructor(
    readonly req: Request,
    readonly res: Response,
    readonly requestId: string,
    /** Clock time in milliseconds. */
    readonly startedAt: number,
    readonly target: RequestTarget,
  ) {}

  /** A signal that aborts when the caller goes away before its answer. */
  callerGone(): AbortSignal {
    if (this.gone === undefined) {
      const gone = new AbortController();
      this.gone = gone;
      if (this.res.destroyed || this.answered) gone.abort();
      else {
        this.res.once('close', () => {
          if (!this.answered) gone.abort();
        });
      }
    }
    return this.gone.signal;
  }

  /** Whoever works for it may stop: it has been answered. */
  abandon(): void {
    this.gone?.abort();
  }
}

const EXCHANGE = 'exchange';

/** Ties an exchange to the response, where the layers of the app find it again. */
export function attachExchange(exchange: Exchange): void {
  exchange.res.locals[EXCHANGE] = exchange;
}

/** The exchange of a response; undefined before the first layer made it. */
export function exchangeOf(res: Response): Exchange | undefined {
  return res.locals?.[EXCHANGE] as Exchange | undefined;
}
