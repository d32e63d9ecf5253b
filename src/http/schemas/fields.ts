import { type Issues, isAbsent, isLongerThan, type JsonObject, type Loc } from './issues.js';

/** Optional boolean field; undefined when absent or wrong (then noted). */
export function readBoolean(body: JsonObject, key: string, loc: Loc, issues: Issues): boolean | undefined {
  const value = body[key];
  if (isAbsent(value)) return undefined;
  if (typeof value === 'boolean') return value;
  issues.add([...loc, key], 'must be true or false', 'bool_type');
  return undefined;
}

/** Optional finite number from `min` to `max`, both included. */
export function readNumber(
  body: JsonObject,
  key: string,
  loc: Loc,
  issues: Issues,
  min: number,
  max: number,
): number | undefined {
  const value = body[key];
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'number') {
    issues.add([...loc, key], 'must be a number', 'float_type');
  } else if (!Number.isFinite(value)) {
    issues.add([...loc, key], 'must be a finite number', 'finite_number');
  } else if (value < min) {
    issues.add([...loc, key], `must be at least ${min}`, 'greater_than_equal');
  } else if (value > max) {
    issues.add([...loc, key], `must be at most ${max}`, 'less_than_equal');
  } else {
    return value;
  }
  return undefined;
}

/** Optional whole number from `min` to `max`, both included. */
export function readInteger(
  body: JsonObject,
  key: string,
  loc: Loc,
  issues: Issues,
  min: number,
  max: number,
): number | undefined {
  const value = body[key];
  if (typeof value === 'number' && !Number.isInteger(value)) {
    issues.add([...loc, key], 'must be a whole number', 'int_type');
    return undefined;
  }
  return readNumber(body, key, loc, issues, min, max);
}

/** Optional string of at most `maxCharacters` characters. */
export function readText(
  body: JsonObject,
  key: string,
  loc: Loc,
  issues: Issues,
  maxCharacters: number,
): string | undefined {
  const value = body[key];
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string') {
    issues.add([...loc, key], 'must be a string', 'string_type');
  } else if (isLongerThan(value, maxCharacters)) {
    issues.add([...loc, key], `must have at most ${maxCharacters} characters`, 'string_too_long');
  } else {
    return value;
  }
  return undefined;
}
