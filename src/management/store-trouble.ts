import { AppError } from '../base/errors.js';
import { StorageError } from '../stores/store.js';

/** What a store answers; its failures become `AppError` 503, which names the kind of failure and nothing else. */
export async function asked<T>(answer: Promise<T>, verb: 'read' | 'erased' = 'read'): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const message = `The state of namespaces cannot be ${verb} just now (${error.failure}); try again`;
    throw new AppError('UNAVAILABLE', message, null, { cause: error });
  }
}
