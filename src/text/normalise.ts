/** The form in which two queries count as the same text: NFKC, lower case, white space collapsed and trimmed. */
export function normaliseQuery(query: string): string {
  return query.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}
