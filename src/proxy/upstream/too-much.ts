import { RemoteError } from '../../remote/remote-error.js';

/** Statuses that servers answer to what is too much for them. */
const STATUSES = [400, 413, 422, 500];
/** Words that such a refusal has. */
const WORDS =
  /too (large|long|many|big)|larger than|longer than|less than \d|more than \d|batch size|context (size|length|window)|token limit/i;
/** Words that it has as well as others. */
const WEAK_WORDS = /exceed|at most|maximum|limit/i;
/** Words of refusals of how much somebody may have, whatever is sent. */
const ACCOUNT =
  /\b(quotas?|rate|credits?|balance|billing|payment|plan|subscription|trial|month(ly)?|daily|too many requests|per (minute|hour|day))\b/i;
/** What is counted in a refusal of too many texts. */
const TEXTS = /\b(documents?|texts?|passages?|items?|inputs|records|pairs|elements|(batch|list) size)\b/i;
/** What is measured in a refusal of texts that are too long. */
const LENGTHS = /\b(tokens?|bytes?|characters?|context|length|physical)\b/i;
/** Where no numbers tell by how much. */
const HALF = 0.5;
/** The rest is for what the model puts around a text. */
const SAFETY = 0.85;

/** Whether a refusal is of the size of what was sent: parts of it, or a shorter text, may be taken. */
export function isTooMuch(status: number, refusal: string): boolean {
  if (status === 413) return true;
  if (!STATUSES.includes(status) || ACCOUNT.test(refusal)) return false;
  const isOfSize = TEXTS.test(refusal) || LENGTHS.test(refusal);
  if (status === 500) return WORDS.test(refusal) && isOfSize && /\d/.test(refusal);
  return WORDS.test(refusal) || (WEAK_WORDS.test(refusal) && isOfSize);
}

/** The refusal, if what was sent was too much for the server. */
export function tooMuch(cause: unknown): string | undefined {
  if (!(cause instanceof RemoteError) || cause.status === undefined) return undefined;
  return isTooMuch(cause.status, cause.refusal) ? cause.refusal : undefined;
}

/** Whether it says that there were too many texts, and nothing of how long they are. */
export function isOfCount(refusal: string): boolean {
  return TEXTS.test(refusal) && !LENGTHS.test(refusal);
}

/**
 * The text cut to what the refusal says would fit (`input (900 tokens) is too large … batch size: 512`), by the two largest
 * numbers in it, or to half.
 */
export function shortened(text: string, refusal: string): string {
  const numbers = [...refusal.matchAll(/\d{2,9}/g)].map(([digits]) => Number(digits));
  const [most, limit] = [...new Set(numbers)].sort((a, b) => b - a);
  const ratio = limit === undefined ? 0 : limit / most!;
  const share = ratio > 0.02 && ratio < 0.98 ? ratio * SAFETY : HALF;
  return text.slice(0, Math.floor(text.length * share)).toWellFormed();
}
