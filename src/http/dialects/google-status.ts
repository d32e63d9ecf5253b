import type { AppError } from '../../base/errors.js';
import { status400 } from './error-text.js';

/** The word for a kind of error in Google's APIs (google.rpc.Code), which Pinecone shares. */
export function googleStatus(error: AppError): string {
  switch (status400(error)) {
    case 401:
      return 'UNAUTHENTICATED';
    case 403:
      return 'PERMISSION_DENIED';
    case 404:
      return 'NOT_FOUND';
    case 409:
      return 'ABORTED';
    case 412:
      return 'FAILED_PRECONDITION';
    case 429:
      return 'RESOURCE_EXHAUSTED';
    case 500:
      return 'INTERNAL';
    case 502:
    case 503:
      return 'UNAVAILABLE';
    case 408:
    case 504:
      return 'DEADLINE_EXCEEDED';
    default:
      return 'INVALID_ARGUMENT';
  }
}
