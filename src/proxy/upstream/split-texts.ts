/** Bounds of one request. */
export interface RequestBounds {
  readonly maxDocuments: number;
  readonly maxBytes: number;
  readonly maxTokens?: number | undefined;
}

/** Texts of one request, and their places among all. */
export interface Part {
  readonly places: readonly number[];
  readonly texts: readonly string[];
}

/** Bytes of a token, few: English has 4 to 5, so that estimates are on the safe side. */
const TOKEN_BYTES = 3;
/** What JSON adds to a text, about. */
const FRAME_BYTES = 64;

/**
 * Texts in order, in as few requests as the bounds allow, all about as long in number; a text that is too long for any has
 * one of its own. Tokens are estimated at 3 bytes each, the query's counted with every document.
 */
export function splitTexts(query: string, all: Part, bounds: RequestBounds): Part[] {
  const { maxDocuments, maxBytes, maxTokens = Number.POSITIVE_INFINITY } = bounds;
  const requests = Math.ceil(all.texts.length / maxDocuments);
  const perRequest = Math.ceil(all.texts.length / Math.max(1, requests));
  const queryTokens = tokensOf(Buffer.byteLength(query));
  const parts: { places: number[]; texts: string[]; bytes: number; tokens: number }[] = [];
  all.texts.forEach((text, index) => {
    const bytes = Buffer.byteLength(text) + FRAME_BYTES;
    const tokens = tokensOf(bytes) + queryTokens;
    let part = parts.at(-1);
    const isFull =
      part === undefined ||
      part.texts.length >= perRequest ||
      part.bytes + bytes > maxBytes ||
      part.tokens + tokens > maxTokens;
    if (isFull) parts.push({ places: [], texts: [], bytes: 0, tokens: 0 });
    part = parts.at(-1)!;
    part.places.push(all.places[index]!);
    part.texts.push(text);
    part.bytes += bytes;
    part.tokens += tokens;
  });
  return parts;
}

function tokensOf(bytes: number): number {
  return Math.ceil(bytes / TOKEN_BYTES);
}
