import type { Candidate } from '../base/documents.js';
import type { KeyedHash } from '../base/keyed-hash.js';
import type { DocumentKeys } from '../namespaces/document-keys.js';
import type { TextEntry } from '../scorers/text-cache.js';

/** Keyed hash of a candidate's text, worked out once a text. */
export function contentHash(entry: TextEntry, hash: KeyedHash): string {
  entry.contentHash ??= hash.text(entry.text);
  return entry.contentHash;
}

/** Key by which memory knows a candidate: that of its id, or `t:` + hash of the text where the client has no ids. */
export function documentKey(
  candidate: Candidate,
  entry: TextEntry,
  keys: DocumentKeys,
  hash: KeyedHash,
): string {
  return candidate.id === undefined ? `t:${contentHash(entry, hash)}` : keys.ofId(candidate.id);
}
