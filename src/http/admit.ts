import type { Socket } from 'node:net';
import type { Caller, Purpose } from '../admission/admission.js';
import { CallerLeft } from './body.js';
import type { Exchange } from './exchange.js';
import type { Responder } from './responder.js';
import type { Services } from './services.js';

/**
 * Asks for a permit for the namespace of an exchange, which keeps it until it is answered. A promise only where there is
 * something to wait for. @throws AppError 403, 404, 409, 429; `CallerLeft`
 */
export function admit(
  exchange: Exchange,
  purpose: Purpose,
  { admission }: Pick<Services, 'admission'>,
  responder: Responder,
): Promise<void> | undefined {
  const permit = admission.enter(exchange.namespace!, purpose, new ExchangeCaller(exchange, responder));
  if (!(permit instanceof Promise)) {
    exchange.permit = permit;
    return undefined;
  }
  return permit.then((given) => {
    exchange.permit = given;
    if (!exchange.answered && !exchange.res.destroyed) return;
    given.leave();
    throw new CallerLeft('the caller left while waiting');
  });
}

/** Throws where nobody waits any more for what would be done now. */
export function checkStillWanted(exchange: Exchange): void {
  if (exchange.answered) throw new CallerLeft('the request has been answered');
}

/** An exchange as admission sees it. */
class ExchangeCaller implements Caller {
  constructor(
    private readonly exchange: Exchange,
    private readonly responder: Responder,
  ) {}

  get socket(): Socket {
    return this.exchange.req.socket;
  }

  get identity(): string {
    return this.exchange.identity;
  }

  signal(): AbortSignal {
    return this.exchange.callerGone();
  }

  expel(error: Error): void {
    this.responder.error(this.exchange, error);
    this.exchange.abandon();
  }
}
