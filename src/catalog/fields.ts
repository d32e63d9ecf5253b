import type { ValidationIssue } from '../base/errors.js';
import { addIssue, isObject, type Loc } from './reading.js';
import type { Kept } from './record.js';

const MAX_METADATA_ENTRIES = 64;
const MAX_METADATA_BYTES = 4096;
const MAX_TAGS = 32;
const MAX_TAG_LENGTH = 64;
const MAX_KEPT_BYTES = 4096;
const MAX_KEPT_LEVELS = 8;
/** Longest name, owner; in characters. */
export const MAX_TEXT_LENGTH = 256;

/**
 * The readers below take what callers and files give, and return it as it is kept; broken rules go to `issues` by where
 * they are, and then what is returned means nothing.
 */

/** A text of 1 to `most` characters, none of them a control character. */
export function readText(
  given: unknown,
  issues: ValidationIssue[],
  loc: Loc,
  most = MAX_TEXT_LENGTH,
): string {
  const problem = textProblem(given, most);
  if (problem !== undefined) addIssue(issues, loc, problem, 'string_type');
  return given as string;
}

/** Up to 64 texts by name, 4 KB of UTF-8 in all. */
export function readMetadata(
  given: unknown,
  issues: ValidationIssue[],
  loc: Loc = ['metadata'],
): Record<string, string> {
  if (!isObject(given)) {
    addIssue(issues, loc, 'must be an object of strings', 'dict_type');
    return {};
  }
  const entries = Object.entries(given);
  if (entries.length > MAX_METADATA_ENTRIES) {
    addIssue(issues, loc, `must have at most ${MAX_METADATA_ENTRIES} entries`, 'too_long');
    return {};
  }
  let bytes = 0;
  for (const [name, value] of entries) {
    if (typeof value !== 'string' || !value.isWellFormed())
      addIssue(issues, [...loc, name], 'must be a string', 'string_type');
    else if (textProblem(name, MAX_TEXT_LENGTH) !== undefined)
      addIssue(issues, loc, `its names must be ${textRule(MAX_TEXT_LENGTH)}`, 'value_error');
    else bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > MAX_METADATA_BYTES)
    addIssue(
      issues,
      loc,
      `must have at most ${MAX_METADATA_BYTES} bytes, names and values together`,
      'too_long',
    );
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Up to 32 texts of up to 64 characters; one given twice is kept once. */
export function readTags(given: unknown, issues: ValidationIssue[], loc: Loc = ['tags']): string[] {
  if (!Array.isArray(given)) {
    addIssue(issues, loc, 'must be a list of strings', 'list_type');
    return [];
  }
  if (given.length > MAX_TAGS) {
    addIssue(issues, loc, `must have at most ${MAX_TAGS} items`, 'too_long');
    return [];
  }
  return [...new Set(given.map((tag, index) => readText(tag, issues, [...loc, index], MAX_TAG_LENGTH)))];
}

/** Any JSON of up to 4 KB and 8 levels, kept as it comes. */
export function readKept(given: unknown, issues: ValidationIssue[], loc: Loc): Kept {
  if (levelsOf(given) > MAX_KEPT_LEVELS) {
    addIssue(issues, loc, `must have at most ${MAX_KEPT_LEVELS} levels`, 'nesting_too_deep');
    return null;
  }
  const text = JSON.stringify(given) as string | undefined;
  if (text === undefined || Buffer.byteLength(text) > MAX_KEPT_BYTES) {
    addIssue(issues, loc, `must be JSON of at most ${MAX_KEPT_BYTES} bytes`, 'too_long');
    return null;
  }
  return JSON.parse(text) as Kept;
}

function textProblem(given: unknown, most: number): string | undefined {
  const isText =
    typeof given === 'string' &&
    given.length > 0 &&
    given.length <= 2 * most &&
    [...given].length <= most &&
    !/[\p{Cc}\p{Cs}]/u.test(given);
  return isText ? undefined : `must be ${textRule(most)}`;
}

function textRule(most: number): string {
  return `1 to ${most} characters without control characters`;
}

/** Nesting of a value, no deeper than a level beyond what is allowed; 1 = no list or object in a list or object. */
function levelsOf(value: unknown, above = 0): number {
  if (typeof value !== 'object' || value === null) return above;
  if (above >= MAX_KEPT_LEVELS) return above + 1;
  let deepest = above + 1;
  for (const part of Object.values(value)) deepest = Math.max(deepest, levelsOf(part, above + 1));
  return deepest;
}
