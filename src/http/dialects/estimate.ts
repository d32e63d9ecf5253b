import type { DecodedRequest } from './dialect.js';

/** Characters (UTF-16 units) taken for one token, and tokens of a document that Cohere bills as one. */
const CHARACTERS_PER_TOKEN = 4;
const TOKENS_PER_CHUNK = 500;
const CHUNKS_PER_UNIT = 100;

/** What a request would be billed for elsewhere. Nothing here counts real tokens: it is four characters to the token. */
export interface Estimate {
  /** A cross-encoder reads the query beside each document: documents · query + all documents. */
  readonly tokens: number;
  /** Cohere's: one for each hundred documents begun, where a document counts once for each 500 tokens begun. */
  readonly searchUnits: number;
}

/** Estimates usage. Cost: one pass over the documents' lengths. */
export function estimateUsage({ query, candidates }: Pick<DecodedRequest, 'query' | 'candidates'>): Estimate {
  const queryTokens = tokensOf(query);
  let tokens = 0;
  let chunks = 0;
  for (const { text } of candidates) {
    const own = tokensOf(text);
    tokens += queryTokens + own;
    chunks += Math.max(1, Math.ceil(own / TOKENS_PER_CHUNK));
  }
  return { tokens, searchUnits: Math.ceil(chunks / CHUNKS_PER_UNIT) };
}

function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
