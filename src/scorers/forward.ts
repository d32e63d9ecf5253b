import type { CacheControl } from '../base/request-wishes.js';
import type { Forward } from './scorer.js';

/** Why a model is asked whatever is known: the caller's wish, if there is one. */
export function wishedForward(control: CacheControl | undefined): Forward | undefined {
  if (control?.noStore) return 'bypass';
  return control?.noCache ? 'request' : undefined;
}
