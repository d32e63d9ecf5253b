/**
 * Bytes that stand for themselves in a byte-level vocabulary; the others are moved to 256 and above, in their order.
 */
const PRINTABLE = [
  [33, 126],
  [161, 172],
  [174, 255],
] as const;

const BYTE_BY_CHARACTER = byteTable();

function byteTable(): ReadonlyMap<string, number> {
  const table = new Map<string, number>();
  let moved = 256;
  for (let byte = 0; byte < 256; byte++) {
    const isPrintable = PRINTABLE.some(([first, last]) => byte >= first && byte <= last);
    table.set(String.fromCharCode(isPrintable ? byte : moved++), byte);
  }
  return table;
}

/**
 * The text of a byte-level piece (GPT-2's way to write bytes as characters: a space is `Ġ`). Undefined where its bytes
 * are no whole UTF-8, as of half a character.
 */
export function decodeByteLevel(piece: string): string | undefined {
  const bytes: number[] = [];
  for (const character of piece) {
    const byte = BYTE_BY_CHARACTER.get(character);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return undefined; // half a character: such pieces are left out
  }
}
