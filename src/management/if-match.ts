import { AppError } from '../base/errors.js';

/** One entity tag of a list, as RFC 9110 §8.8.3 writes it. */
const TAG = /\s*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)/y;

/**
 * Checks `If-Match` (a list of entity tags, or `*`; absent = anything goes) against the revision that a namespace has; 0 =
 * it is not registered. Weak tags match nothing (RFC 9110 §13.1.1). Throws `AppError` 400 for what is no such header, 412
 * where it does not hold.
 */
export function checkIfMatch(ifMatch: string | undefined, revision: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  if (readTags(ifMatch).includes(String(revision))) return;
  throw new AppError('PRECONDITION_FAILED', 'The namespace has changed since: If-Match does not hold');
}

function readTags(header: string): string[] {
  const tags: string[] = [];
  TAG.lastIndex = 0;
  while (TAG.lastIndex < header.length) {
    const match = TAG.exec(header);
    if (match === null) throw new AppError('BAD_REQUEST', 'If-Match is not a list of entity tags');
    if (match[1] === undefined) tags.push(match[2]!);
  }
  return tags;
}
