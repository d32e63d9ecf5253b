import type { AppError } from '../base/errors.js';
import { ModelError } from '../base/model-call.js';
import type { Scorer } from './scorer.js';

/**
 * The scorer, and where its model gives no answer an error for the caller instead of a `ModelError`: nothing then stands in
 * for it.
 */
export function withRefusal(scorer: Scorer, toError: (error: ModelError) => AppError): Scorer {
  return {
    name: scorer.name,
    revision: scorer.revision,
    autoInputPrior: scorer.autoInputPrior,
    scale: scorer.scale,
    open(context) {
      const own = scorer.open(context);
      return {
        get bytes() {
          return own.bytes;
        },
        async score(request) {
          try {
            return await own.score(request);
          } catch (error) {
            throw error instanceof ModelError ? toError(error) : error;
          }
        },
        learn: (request) => own.learn(request),
        trim: (bytes) => own.trim(bytes),
        clear: () => own.clear(),
      };
    },
    close: () => scorer.close(),
  };
}
