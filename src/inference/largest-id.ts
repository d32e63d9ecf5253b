/**
 * The largest id that a tokenizer gives a token: by its vocabulary, as `tokenizer.json` has it (ids by token, or a list
 * whose places are the ids), and by the tokens added to it. 0 where there are none.
 */
export function largestId(vocabulary: unknown, added: readonly unknown[]): number {
  let largest = Array.isArray(vocabulary) ? vocabulary.length - 1 : 0;
  const ids = [
    ...idsOf(vocabulary),
    ...added.map((token) => (token as { readonly id?: unknown } | null)?.id),
  ];
  for (const id of ids) if (Number.isSafeInteger(id)) largest = Math.max(largest, id as number);
  return largest;
}

function idsOf(vocabulary: unknown): unknown[] {
  const isTable = typeof vocabulary === 'object' && vocabulary !== null && !Array.isArray(vocabulary);
  return isTable ? Object.values(vocabulary) : [];
}
