import type { ValidationIssue } from '../../base/errors.js';

/** A JSON object as parsed: own keys only, `__proto__` is a key like any other. */
export type JsonObject = Readonly<Record<string, unknown>>;

export type Loc = readonly (string | number)[];

/** More broken rules than this are not listed: a bad body must not make a large answer. */
const MAX_ISSUES = 50;

/** Gathers the broken rules of one body. */
export class Issues {
  readonly list: ValidationIssue[] = [];

  /** Notes a broken rule; beyond 50 they are only known to exist. */
  add(loc: Loc, msg: string, type: string): void {
    if (this.list.length < MAX_ISSUES) this.list.push({ loc: [...loc], msg, type });
  }

  get none(): boolean {
    return this.list.length === 0;
  }
}

/** Whether a parsed value is a JSON object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON `null` counts as absent everywhere. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** Characters of a text as people count them (code points), counted only where the cheap length leaves a doubt. */
export function isLongerThan(text: string, maxCharacters: number): boolean {
  if (text.length <= maxCharacters) return false;
  if (text.length > 2 * maxCharacters) return true;
  let characters = 0;
  for (const _ of text) characters++;
  return characters > maxCharacters;
}
