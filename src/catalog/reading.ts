import type { ValidationIssue } from '../base/errors.js';

/** Where in what was given: `['quotas', 'max_vectors', 'limit']`. */
export type Loc = readonly (string | number)[];

/** More broken rules than this are not listed: a bad request must not make a large answer. */
const MAX_ISSUES = 50;

/** Notes a broken rule; beyond 50 nothing more is noted. */
export function addIssue(issues: ValidationIssue[], loc: Loc, msg: string, type: string): void {
  if (issues.length < MAX_ISSUES) issues.push({ loc: [...loc], msg, type });
}

/** A JSON object as parsed: own keys only. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object that has no other fields than `known`; each other one is an issue. Undefined = it is none. */
export function readObject(
  value: unknown,
  known: readonly string[],
  issues: ValidationIssue[],
  loc: Loc,
): JsonObject | undefined {
  if (!isObject(value)) {
    addIssue(issues, loc, 'must be an object', 'dict_type');
    return undefined;
  }
  for (const field of Object.keys(value))
    if (!known.includes(field)) addIssue(issues, [...loc, field], 'is not known here', 'extra_forbidden');
  return value;
}

/** A value and all that it holds, frozen in place. Costs as much as it is large. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
