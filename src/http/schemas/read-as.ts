import type { z } from 'zod';
import { type ValidationIssue, validationError } from '../../base/errors.js';
import { Issues, isJsonObject, type Loc } from './issues.js';
import { toldOf } from './zod-issues.js';

/**
 * A value as its schema has it. Keys `__proto__` are refused wherever they stand, since a copy of what holds them may lose
 * its prototype, and so is half of a surrogate pair, which no store gives back as it came.
 *
 * @param loc where it stands
 * @throws AppError 422
 */
export function readAs<T>(schema: z.ZodType<T>, value: unknown, loc: Loc = []): T {
  const issues = new Issues();
  refuseUnstorable(value, loc, issues);
  if (!issues.none) throw validationError(issues.list);
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    for (const told of toldOf(issue)) issues.add([...loc, ...told.loc], told.msg, told.type);
  }
  throw validationError(issues.list);
}

/**
 * The query string of a URL. Each parameter stands there once; an empty value counts as none.
 *
 * @throws AppError 422
 */
export function readQuery<T>(schema: z.ZodType<T>, url: string): T {
  const start = url.indexOf('?');
  const parameters = [...new URLSearchParams(start < 0 ? '' : url.slice(start + 1))];
  const names = parameters.map(([name]) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw validationError([repeatedIssue(repeated)]);
  const given = parameters.filter(([, value]) => value !== '');
  return readAs(schema, Object.fromEntries(given), ['query_string']);
}

/** The fields that are not null: in what is made anew null says no more than a field that is not there. */
export function withoutNulls<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], null> } {
  const fields = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
  return Object.fromEntries(fields) as { [Key in keyof T]: Exclude<T[Key], null> };
}

function repeatedIssue(name: string): ValidationIssue {
  return { loc: ['query_string', name], msg: 'is given more than once', type: 'repeated' };
}

/** Goes as deep as the body does, which `parseJson` bounds. */
function refuseUnstorable(value: unknown, loc: Loc, issues: Issues): void {
  if (typeof value === 'string' && !value.isWellFormed()) {
    issues.add(loc, 'holds half of a surrogate pair, which cannot be stored', 'string_unicode');
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) refuseUnstorable(item, [...loc, index], issues);
  } else if (isJsonObject(value)) {
    for (const [key, field] of Object.entries(value)) {
      if (key === '__proto__') issues.add([...loc, key], 'is no name for a field', 'extra_forbidden');
      else if (!key.isWellFormed())
        issues.add(loc, 'has a name with half of a surrogate pair', 'string_unicode');
      else refuseUnstorable(field, [...loc, key], issues);
    }
  }
}
