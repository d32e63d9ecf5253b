import { hash } from 'node:crypto';

/** A byte that no UTF-8 holds. */
const NO_UTF8 = Buffer.of(0xff);

/**
 * SHA-256 of a text, 43 characters of base64url: equal for equal texts alone, also where they hold halves of surrogate
 * pairs, which UTF-8 cannot tell apart. About 1 µs and 1 µs for every 1000 characters.
 */
export function textDigest(text: string): string {
  if (text.isWellFormed()) return hash('sha256', text, 'base64url');
  return hash('sha256', Buffer.concat([NO_UTF8, Buffer.from(text, 'utf16le')]), 'base64url');
}

/** The digest of several texts in order, each with its length, so that no other list of texts has it. */
export function digestOfAll(texts: readonly string[]): string {
  return textDigest(texts.map((text) => `${text.length}:${text}`).join(''));
}
