/** The head of a text: at most `most` UTF-16 units, one less where that would part a surrogate pair. */
export function headOf(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, most);
  return /[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head;
}
