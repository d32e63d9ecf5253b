import { ModelError } from '../base/model-call.js';
import { RemoteError } from './remote-error.js';

/** Statuses that would be the same for the same request. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 422]);

/** What a server that gave no answer means to those who wait for the model behind it. */
export function toModelError(cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ModelError(failureOf(cause), message, { cause });
}

function failureOf(cause: unknown): ModelError['failure'] {
  if (!(cause instanceof RemoteError)) return 'failed';
  if (cause.kind === 'overloaded' || cause.status === 429) return 'overloaded';
  if (cause.kind === 'timeout' || cause.kind === 'cancelled') return 'late';
  if (cause.status !== undefined && REFUSALS.has(cause.status)) return 'refused';
  return cause.kind === 'closed' ? 'closed' : 'failed';
}
