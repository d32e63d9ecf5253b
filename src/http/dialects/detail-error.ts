import type { AppError } from '../../base/errors.js';
import type { ErrorForm } from './dialect.js';
import { errorText } from './error-text.js';

/** `{detail: string}`: what clients of Voyage, Jina and Xinference read. */
export function detailError(statusOf: (error: AppError) => number): ErrorForm {
  return (error) => ({ status: statusOf(error), body: JSON.stringify({ detail: errorText(error) }) });
}
