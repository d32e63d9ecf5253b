import type { KeyedHash } from '../base/keyed-hash.js';
import { hashedKey, plainKey } from '../namespaces/document-keys.js';
import { META_STATE, parseRecord } from '../namespaces/records.js';
import { readDocuments, type StoredDocument, withDocuments } from '../namespaces/stored-documents.js';
import type { Change, Row, Store } from '../stores/store.js';
import { pagesOf } from './namespace-rows.js';
import { TransferError } from './transfer-error.js';

/** Records that held a document and were changed. */
export interface ForgottenDocument {
  /** Queries that knew it. */
  cells: number;
  /** Its evidence of the whole namespace. */
  documents: number;
  /** Answers that showed it: removed, so that feedback on them is refused. */
  impressions: number;
  /** Means of vectors in which it had a share: they begin anew. */
  narratives: number;
}

/** The keys under which a document may be stored: by its id, and by the hash of its id. */
export function documentKeysOf(id: string, hash: KeyedHash): ReadonlySet<string> {
  const plain = plainKey(id);
  return new Set([hashedKey(id, hash), ...(plain === null ? [] : [plain])]);
}

/**
 * Erases one document from what is stored of a namespace, a page of rows in each transaction; may be run again after it
 * was stopped. What is left of it then are counts of stems, and its share in the vectors of queries (each made of a query
 * and ten documents), neither of which names it. For the owner of the state alone. Throws `TransferError` where the ids
 * were hashed under another key than `hash`, before anything is changed.
 */
export async function forgetDocument(
  store: Store,
  namespace: string,
  id: string,
  hash: KeyedHash,
): Promise<ForgottenDocument> {
  const state = await store.get(namespace, 'meta', META_STATE);
  assertKeyed(state, id, hash);
  const keys = documentKeysOf(id, hash);
  const forgotten: ForgottenDocument = { cells: 0, documents: 0, impressions: 0, narratives: 0 };
  // Asked first: a run that is stopped half-way must find the share it had again.
  if (state !== undefined && (await hadShare(store, namespace, keys))) {
    const put = withoutNarrative(state);
    if (put !== undefined) {
      await store.commit(namespace, [{ put }]);
      forgotten.narratives += 1;
    }
  }
  for await (const rows of pagesOf(store, namespace)) {
    const changes = rows.flatMap((row) => withoutDocument(row, keys, forgotten));
    if (changes.length > 0) await store.commit(namespace, changes);
  }
  return forgotten;
}

/**
 * Counts the stored records of a namespace in which a document can still be found: read as far as they can be, and
 * searched as text, so that those which are damaged count too.
 */
export async function countDocument(
  store: Pick<Store, 'scan'>,
  namespace: string,
  keys: ReadonlySet<string>,
): Promise<number> {
  const texts = [...keys].map((key) => JSON.stringify(key));
  let count = 0;
  for await (const rows of pagesOf(store, namespace)) {
    for (const row of rows) {
      const isNamed = keys.has(row.key) || texts.some((text) => row.value.includes(text));
      if (isNamed || readDocuments(row)?.documents.some(([key]) => keys.has(key))) count += 1;
    }
  }
  return count;
}

function withoutDocument(row: Row, keys: ReadonlySet<string>, forgotten: ForgottenDocument): Change[] {
  const removal: Change[] = [{ remove: { kind: row.kind, key: row.key } }];
  if (row.kind === 'document' && keys.has(row.key)) {
    forgotten.documents += 1;
    return removal;
  }
  const record = readDocuments(row);
  const held = record?.documents.filter(([key]) => keys.has(key)) ?? [];
  if (record === undefined || held.length === 0) return [];
  if (row.kind === 'impression') {
    forgotten.impressions += 1;
    return removal;
  }
  forgotten.cells += 1;
  const isShared = held.some(wasRewarded) && record.value.narrative !== null;
  if (isShared) forgotten.narratives += 1;
  const others = record.documents.filter(([key]) => !keys.has(key));
  const fields = isShared ? { narrative: null, mass: 0 } : {};
  return [{ put: withDocuments({ ...row, kind: 'cell' }, record, others, fields) }];
}

/** Whether the document was ever chosen with some success: its vector is part of the narrative then. */
function wasRewarded([, rewarded]: StoredDocument): boolean {
  return typeof rewarded === 'number' && rewarded > 0;
}

/** Whether the namespace-wide narrative holds the document's vector, as far as its evidence still tells. */
async function hadShare(store: Store, namespace: string, keys: ReadonlySet<string>): Promise<boolean> {
  for await (const rows of pagesOf(store, namespace)) {
    for (const row of rows) {
      if (row.kind === 'document' && keys.has(row.key) && wasRewarded(['', parseRecord(row.value)?.S]))
        return true;
      if (row.kind !== 'cell') continue;
      const held = readDocuments(row)?.documents.filter(([key]) => keys.has(key));
      if (held?.some(wasRewarded)) return true;
    }
  }
  return false;
}

/** The state row without its narrative and what that earned; undefined where there is none. */
function withoutNarrative(row: Row): Row | undefined {
  const state = parseRecord(row.value);
  const wide = state?.wide as { readonly vector?: unknown } | null | undefined;
  if (!wide?.vector) return undefined;
  const begun = { ...wide, vector: null, narrativeWindow: '' };
  return { ...row, value: JSON.stringify({ ...state, wide: begun }) };
}

function assertKeyed(state: Row | undefined, id: string, hash: KeyedHash): void {
  const record = state && parseRecord(state.value);
  if (record === undefined || record.hashKey === hash.fingerprint) return;
  if (record.hashedIds !== true && plainKey(id) !== null) return;
  throw new TransferError('its document ids are hashed under another key: set STORAGE_HASH_KEY to that key');
}
