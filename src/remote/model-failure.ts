import { ModelError } from '../base/model-call.js';
import { RemoteError } from './remote-error.js';

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
  return cause.kind === 'closed' ? 'closed' : 'failed';
}
