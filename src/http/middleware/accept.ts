import type { Request } from 'express';
import { AppError } from '../../base/errors.js';

/** Refuses a request whose `Accept` excludes JSON, before any work is done for it. @throws AppError 406 */
export function requireJsonAccepted(req: Request): void {
  const accept = req.headers.accept;
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return;
  // `application/vnd.api+json` and its like are JSON too.
  if (!accept.includes('+json') && !req.accepts('application/json')) {
    throw new AppError('NOT_ACCEPTABLE', 'Answers are application/json, which the Accept header excludes');
  }
}
