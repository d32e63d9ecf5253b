import type { Candidate } from '../base/documents.js';
import type { KeyedHash } from '../base/keyed-hash.js';
import type { TextEntry } from '../scorers/text-cache.js';

/** Longest id that is kept as it is; longer ones are kept as their hash. */
const MAX_PLAIN_ID_LENGTH = 256;

/** Keyed hash of a candidate's text, worked out once a text. */
export function contentHash(entry: TextEntry, hash: KeyedHash): string {
  entry.contentHash ??= hash.text(entry.text);
  return entry.contentHash;
}

/** Key of a document by the caller's id: `i:` + id, or `h:` + hash of one too long or not well-formed to be stored. */
export function idKey(id: string, hash: KeyedHash): string {
  const plain = id.length <= MAX_PLAIN_ID_LENGTH && id.isWellFormed();
  return plain ? `i:${id}` : `h:${hash.text(JSON.stringify(id))}`;
}

/** Key by which memory knows a candidate: its id, or `t:` + hash of the text where the client has no ids. */
export function documentKey(candidate: Candidate, entry: TextEntry, hash: KeyedHash): string {
  return candidate.id === undefined ? `t:${contentHash(entry, hash)}` : idKey(candidate.id, hash);
}
