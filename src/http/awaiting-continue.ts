import type { IncomingMessage, ServerResponse } from 'node:http';

const waiting = new WeakSet<IncomingMessage>();

/** Remembers that the caller waits for `100 Continue` before it sends its body (RFC 9110, 10.1.1). */
export function markAwaitingContinue(req: IncomingMessage): void {
  waiting.add(req);
}

/** Lets such a caller send; called right before the body is read, so that a refusal costs nobody an upload. */
export function letContinue(req: IncomingMessage, res: ServerResponse): void {
  if (waiting.delete(req)) res.writeContinue();
}
