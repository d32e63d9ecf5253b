import { type Issues, isAbsent, type Loc } from './issues.js';

/** Most characters (UTF-16 units) of a document id or a request id. */
export const MAX_ID_LENGTH = 512;

/** Half of a surrogate pair: no UTF-8 can hold it, so a store would return another id than it was given. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a value can be the id of a document: a string of 1 to 512 characters that UTF-8 can hold. */
export function isIdentifier(value: unknown): value is string {
  return (
    typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH && !LONE_SURROGATE.test(value)
  );
}

/** Notes what is wrong with a value that is no identifier. */
export function explainIdentifier(value: unknown, loc: Loc, issues: Issues): void {
  if (isAbsent(value)) issues.add(loc, 'is required', 'missing');
  else if (typeof value !== 'string') issues.add(loc, 'must be a string', 'string_type');
  else if (value === '') issues.add(loc, 'must not be empty', 'string_too_short');
  else if (value.length > MAX_ID_LENGTH) {
    issues.add(loc, `must have at most ${MAX_ID_LENGTH} characters`, 'string_too_long');
  } else issues.add(loc, 'holds half of a surrogate pair, which cannot be stored', 'string_unicode');
}
