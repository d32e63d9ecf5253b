import type { AppError, ValidationIssue } from '../../base/errors.js';

/** Kind of rule whose message says it all. */
const QUOTA = 'quota';

/** The broken rules of a body; none for other errors. */
export function issuesOf({ code, detail }: AppError): readonly ValidationIssue[] {
  return code === 'VALIDATION_ERROR' && Array.isArray(detail) ? (detail as ValidationIssue[]) : [];
}

/** An error in one sentence: of a body that breaks rules the first one, unless it is a quota, for instance `documents[3] must be a string`. */
export function errorText(error: AppError): string {
  const [first] = issuesOf(error);
  if (first === undefined || first.type === QUOTA) return error.message;
  const place = first.loc
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('');
  return `${place === '' ? 'the body' : place} ${first.msg}`;
}

/** The status where an API answers a body that breaks rules with 400. */
export function status400(error: AppError): number {
  return error.code === 'VALIDATION_ERROR' ? 400 : error.status;
}

/** OpenAI's words for kinds of errors, as many APIs have them in `error.type`. */
export function errorType({ code, status }: AppError): string {
  switch (code) {
    case 'UNAUTHORIZED':
      return 'authentication_error';
    case 'FORBIDDEN':
      return 'permission_error';
    case 'NOT_FOUND':
      return 'not_found_error';
    case 'RATE_LIMITED':
    case 'QUOTA_EXCEEDED':
      return 'rate_limit_error';
    default:
      return status >= 500 ? 'server_error' : 'invalid_request_error';
  }
}
