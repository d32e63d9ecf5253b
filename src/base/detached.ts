/**
 * A copy of a string that shares no memory with a longer one: engines keep slices of 13 characters and more as a view of
 * the text they were cut from, so a word kept in a table would keep its whole document alive.
 */
export function detached(slice: string): string {
  return slice.length < 13 ? slice : Buffer.from(slice, 'utf16le').toString('utf16le');
}
