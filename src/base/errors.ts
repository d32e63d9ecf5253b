/**
 * The one table of errors a caller can meet: code, HTTP status and when it happens. Code, README and tests read it.
 */
export const ERRORS = {
  BAD_REQUEST: { status: 400, when: 'a header, a namespace or JSON that does not parse' },
  UNAUTHORIZED: { status: 401, when: 'credentials are missing or wrong' },
  FORBIDDEN: { status: 403, when: 'the credentials do not allow this, or the namespace is suspended' },
  NOT_FOUND: {
    status: 404,
    when: 'no such route, no such request id in this namespace, or no such namespace',
  },
  METHOD_NOT_ALLOWED: { status: 405, when: 'the route exists, this method does not (see `Allow`)' },
  NOT_ACCEPTABLE: { status: 406, when: 'the `Accept` header excludes JSON' },
  TIMEOUT: { status: 408, when: 'the request did not arrive in time' },
  CONFLICT: { status: 409, when: 'the state of the namespace does not allow this, or it exists already' },
  PRECONDITION_FAILED: { status: 412, when: 'a precondition header does not hold' },
  ENTITY_TOO_LARGE: { status: 413, when: 'the body has too many bytes' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, when: 'content type, charset or encoding cannot be read' },
  VALIDATION_ERROR: { status: 422, when: 'a body that parsed breaks a rule; `detail` lists where' },
  RATE_LIMITED: { status: 429, when: 'too many requests; wait for `Retry-After`' },
  QUOTA_EXCEEDED: {
    status: 429,
    when: 'the namespace, or the family it is in, has used up what it may; the message names the quota',
  },
  HEADERS_TOO_LARGE: { status: 431, when: 'the header section is too large' },
  UPSTREAM_ERROR: {
    status: 502,
    when: 'the service behind us fails or answers nonsense, and nothing may stand in',
  },
  UPSTREAM_TIMEOUT: {
    status: 504,
    when: 'the service behind us does not answer in time, or `only-if-cached` was asked and something is not known',
  },
  INTERNAL_ERROR: { status: 500, when: 'a fault of ours; the log has the request id' },
  UNAVAILABLE: {
    status: 503,
    when: 'the store cannot be written, the service behind us is asked for nothing just now, too many wait (to be scored, or for the count of a day), or the server is shutting down; try again',
  },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** One broken rule of a body: where (`['documents', 3, 'id']`), what, and which kind of rule. */
export interface ValidationIssue {
  loc: (string | number)[];
  msg: string;
  type: string;
}

/** A failure that may be shown to a caller. `message` never holds secrets, query or document text. */
export class AppError extends Error {
  override readonly name = 'AppError';
  /** Seconds after which to try again, for `Retry-After`; undefined where nobody knows. */
  readonly retryAfterS: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly detail: unknown = null,
    options: ErrorOptions & { readonly retryAfterS?: number } = {},
  ) {
    super(message, options);
    this.retryAfterS = options.retryAfterS;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** A body that parsed but breaks rules: 422 with the list of them. */
export function validationError(issues: ValidationIssue[], message = 'Request validation failed'): AppError {
  return new AppError('VALIDATION_ERROR', message, issues);
}
