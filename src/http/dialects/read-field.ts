import { type Issues, isAbsent, type JsonObject } from '../schemas/issues.js';

/** Type of a knob's value. */
export type KnobKind = 'string' | 'integer' | 'boolean';

/** Longest name of a model, or text of a knob such as an instruction, in characters. */
const MAX_NAME_LENGTH = 512;
const MAX_KNOB_LENGTH = 8192;
const DIGITS = /^[+-]?\d{1,15}$/;

/** Optional flag. Some clients send words or numbers: `"true"`, `1`. */
export function readFlag(body: JsonObject, field: string, issues: Issues): boolean | undefined {
  const value = body[field];
  if (isAbsent(value)) return undefined;
  const flag = flagOf(value);
  if (flag === undefined) issues.add([field], 'must be true or false', 'bool_type');
  return flag;
}

function flagOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  switch (typeof value === 'string' ? value.trim().toLowerCase() : value) {
    case 'true':
    case '1':
    case 1:
      return true;
    case 'false':
    case '0':
    case 0:
      return false;
    default:
      return undefined;
  }
}

/** Optional whole number from `least`; digits in a string are taken too. Safe integers only. */
export function readCount(
  body: JsonObject,
  field: string,
  least: number,
  issues: Issues,
): number | undefined {
  const value = body[field];
  if (isAbsent(value)) return undefined;
  const count = wholeNumber(value);
  if (count === undefined) issues.add([field], 'must be a whole number', 'int_type');
  else if (count < least) issues.add([field], `must be at least ${least}`, 'greater_than_equal');
  else return count;
  return undefined;
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && DIGITS.test(value.trim()) ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

/** Optional name of a model. */
export function readName(body: JsonObject, field: string, issues: Issues): string | undefined {
  return readString(body, field, MAX_NAME_LENGTH, issues);
}

function readString(body: JsonObject, field: string, maxLength: number, issues: Issues): string | undefined {
  const value = body[field];
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string') issues.add([field], 'must be a string', 'string_type');
  else if (value.length > maxLength) {
    issues.add([field], `must have at most ${maxLength} characters`, 'string_too_long');
  } else return value;
  return undefined;
}

/** The knobs that are there, by name; undefined where there is none. */
export function readKnobs(
  body: JsonObject,
  kinds: Readonly<Record<string, KnobKind>>,
  issues: Issues,
): Readonly<Record<string, string | number | boolean>> | undefined {
  let knobs: Record<string, string | number | boolean> | undefined;
  for (const name in kinds) {
    if (isAbsent(body[name])) continue;
    const value = readKnob(body, name, kinds[name]!, issues);
    if (value === undefined) continue;
    knobs ??= {};
    knobs[name] = value;
  }
  return knobs;
}

function readKnob(
  body: JsonObject,
  name: string,
  kind: KnobKind,
  issues: Issues,
): string | number | boolean | undefined {
  switch (kind) {
    case 'boolean':
      return readFlag(body, name, issues);
    case 'integer':
      return readCount(body, name, Number.MIN_SAFE_INTEGER, issues);
    case 'string':
      return readString(body, name, MAX_KNOB_LENGTH, issues);
  }
}
