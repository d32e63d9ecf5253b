const PLAIN = /[a-z0-9_.-]/;
/** Names that Windows keeps for devices, whatever extension follows. */
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/;
/** Half a surrogate pair, as `encodeFileName` writes it: the three bytes UTF-8 would have for it. */
const HALF_PAIR = /%ED%([AB][0-9A-F])%([89AB][0-9A-F])/g;

/**
 * A namespace as part of a file name: characters outside `[a-z0-9_.-]` become their UTF-8 bytes, percent-encoded, and so
 * do trailing dots and the first character of a device name. Two names never give the same text, not even where the
 * file system ignores case (`A` is `%41`). No separator, no `..`. Throws `RangeError` for the empty name.
 */
export function encodeFileName(name: string): string {
  if (name === '') throw new RangeError('a namespace has at least one character');
  let encoded = '';
  for (const character of name) encoded += PLAIN.test(character) ? character : percent(character);
  encoded = encoded.replace(/\.+$/, (dots) => '%2E'.repeat(dots.length));
  return DEVICE.test(encoded) ? percent(encoded[0]!) + encoded.slice(1) : encoded;
}

/** What was given to `encodeFileName`; undefined where that cannot have made this. */
export function decodeFileName(encoded: string): string | undefined {
  try {
    const name = decodeURIComponent(encoded.replace(HALF_PAIR, halfPair));
    return encodeFileName(name) === encoded ? name : undefined;
  } catch {
    return undefined;
  }
}

function percent(character: string): string {
  const bytes = isHalfPair(character) ? halfPairBytes(character.charCodeAt(0)) : Buffer.from(character);
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function isHalfPair(character: string): boolean {
  return character.length === 1 && character >= '\ud800' && character <= '\udfff';
}

function halfPairBytes(code: number): number[] {
  return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
}

function halfPair(_text: string, second: string, third: string): string {
  const bits = ((Number.parseInt(second, 16) & 0x3f) << 6) | (Number.parseInt(third, 16) & 0x3f);
  return String.fromCharCode(0xd000 | bits);
}
