import type { AppError } from '../../base/errors.js';
import type { ErrorForm } from './dialect.js';
import { errorText, status400 } from './error-text.js';

/**
 * `{message}` with the kind of error in a header, from which AWS's clients take its class. Wrong credentials are 403
 * there.
 */
export function awsError(error: AppError, requestId: string): ReturnType<ErrorForm> {
  const status = error.code === 'UNAUTHORIZED' ? 403 : status400(error);
  return {
    status,
    body: JSON.stringify({ message: errorText(error) }),
    headers: ['x-amzn-ErrorType', typeOf(status), ...awsHeaders(requestId)],
  };
}

/** Headers of every answer of AWS: the request's id, where its clients look for it. */
export function awsHeaders(requestId: string): string[] {
  return ['x-amzn-RequestId', requestId];
}

function typeOf(status: number): string {
  switch (status) {
    case 403:
      return 'AccessDeniedException';
    case 404:
      return 'ResourceNotFoundException';
    case 408:
      return 'RequestTimeoutException';
    case 409:
      return 'ConflictException';
    case 429:
      return 'ThrottlingException';
    case 502:
      return 'BadGatewayException';
    case 503:
      return 'ServiceUnavailableException';
    default:
      return status >= 500 ? 'InternalServerException' : 'ValidationException';
  }
}
