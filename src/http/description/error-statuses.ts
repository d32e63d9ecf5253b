import { AppError, ERRORS, type ErrorCode, validationError } from '../../base/errors.js';
import type { ErrorForm } from '../dialects/dialect.js';
import { errorHeaders, nativeError as nativeForm } from '../error-body.js';
import type { NamedSchema } from './described.js';
import { nativeError } from './error-schemas.js';
import { SAMPLE_ID } from './samples.js';

/** Can happen on any route. */
const ANYWHERE: readonly ErrorCode[] = [
  'BAD_REQUEST',
  'NOT_ACCEPTABLE',
  'INTERNAL_ERROR',
  'METHOD_NOT_ALLOWED',
  'TIMEOUT',
  'HEADERS_TOO_LARGE',
];
/** With a body. */
const READING: readonly ErrorCode[] = ['ENTITY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'VALIDATION_ERROR'];
/** From the life and the quotas of a namespace. */
const ADMISSION: readonly ErrorCode[] = [
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'RATE_LIMITED',
  'QUOTA_EXCEEDED',
  'UNAVAILABLE',
];
/** From what is behind: models, a service whose refusals are handed on. */
const RANKING: readonly ErrorCode[] = ['UNAUTHORIZED', 'UPSTREAM_ERROR', 'UPSTREAM_TIMEOUT'];

/** The errors a route may answer with. */
export function errorsOf(route: {
  readonly readsBody: boolean;
  readonly ranks: boolean;
  readonly isAdmitted: boolean;
  readonly needsCredentials: boolean;
  readonly more: readonly ErrorCode[];
}): ReadonlySet<ErrorCode> {
  return new Set([
    ...ANYWHERE,
    ...(route.readsBody ? READING : []),
    ...(route.isAdmitted ? ADMISSION : []),
    ...(route.ranks ? RANKING : []),
    ...(route.needsCredentials ? (['UNAUTHORIZED'] as const) : []),
    ...route.more,
  ]);
}

/** How errors read to one kind of caller. */
export interface DescribedForm {
  readonly form: ErrorForm;
  readonly schema: NamedSchema;
}

export const NATIVE: DescribedForm = { form: nativeForm, schema: nativeError };

/** Told by the listener alone, and by both. */
const BELOW_APP: ReadonlySet<ErrorCode> = new Set(['TIMEOUT', 'HEADERS_TOO_LARGE']);
const BELOW_APP_TOO: ReadonlySet<ErrorCode> = new Set(['BAD_REQUEST', 'ENTITY_TOO_LARGE']);

/** All that may be answered with one status: when, in which forms, with which headers. */
export interface ErrorStatus {
  readonly when: Set<string>;
  readonly schemas: Set<NamedSchema>;
  readonly headers: Set<string>;
  readonly examples: Map<string, unknown>;
}

/** Every status by asking the forms themselves, so none of them is written down twice. */
export function errorStatuses(
  codes: Iterable<ErrorCode>,
  forms: readonly DescribedForm[],
): ReadonlyMap<number, ErrorStatus> {
  const statuses = new Map<number, ErrorStatus>();
  for (const code of codes) {
    for (const error of samples(code)) {
      for (const { form, schema } of formsOf(code, forms)) {
        const refusal = form(error, SAMPLE_ID);
        const known = statuses.get(refusal.status) ?? nothingYet();
        statuses.set(refusal.status, known);
        known.when.add(ERRORS[code].when);
        known.schemas.add(schema);
        const headers = [...errorHeaders(error), ...(refusal.headers ?? [])];
        for (let i = 0; i < headers.length; i += 2) known.headers.add(headers[i]!);
        if (code === 'METHOD_NOT_ALLOWED') known.headers.add('Allow');
        if (!known.examples.has(schema.name)) known.examples.set(schema.name, JSON.parse(refusal.body));
      }
    }
  }
  return statuses;
}

/** What never reached the app reads native everywhere. */
function formsOf(code: ErrorCode, forms: readonly DescribedForm[]): readonly DescribedForm[] {
  if (BELOW_APP.has(code)) return [NATIVE];
  return BELOW_APP_TOO.has(code) ? [...forms, NATIVE] : forms;
}

function nothingYet(): ErrorStatus {
  return { when: new Set(), schemas: new Set(), headers: new Set(), examples: new Map() };
}

/** An error of each shape that a form may tell apart. */
function samples(code: ErrorCode): readonly AppError[] {
  if (code !== 'VALIDATION_ERROR') {
    const retryAfterS = code === 'RATE_LIMITED' || code === 'QUOTA_EXCEEDED' ? { retryAfterS: 5 } : {};
    return [new AppError(code, ERRORS[code].when, null, retryAfterS)];
  }
  return [
    validationError([{ loc: ['query'], msg: 'is required', type: 'missing' }]),
    validationError([{ loc: ['documents'], msg: 'must not be empty', type: 'too_short' }]),
  ];
}
