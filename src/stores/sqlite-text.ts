const ESCAPE = '\u0001';

/**
 * Text as SQLite can hold it. SQLite stores UTF-8, in which half a surrogate pair has no form and would come back as
 * U+FFFD, so that two different keys could meet: such text is kept as a JSON literal behind U+0001, and so is text
 * that begins with U+0001. All other text stays as it is. Undone by `decodeText`.
 */
export function encodeText(text: string): string {
  return isWellFormed(text) && !text.startsWith(ESCAPE) ? text : ESCAPE + JSON.stringify(text);
}

/** What was given to `encodeText`. */
export function decodeText(stored: string): string {
  return stored.startsWith(ESCAPE) ? (JSON.parse(stored.slice(1)) as string) : stored;
}

/** Node 20 has the method, the compiler's library for ES2023 does not know it yet. */
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
