import type { Change, Store } from '../stores/store.js';
import type { DocumentFrequencies } from '../text/document-frequencies.js';
import type { ImpressionBuffer } from './impression-buffer.js';
import type { AdaptiveMemory } from './memory.js';
import { wideRow } from './records.js';
import { readDocuments, withDocuments } from './stored-documents.js';
import type { StoredIds } from './stored-ids.js';

/** Impressions written in one commit. */
const IMPRESSIONS_PER_COMMIT = 500;
/** Records with plain ids written anew in one commit. */
const IDS_PER_COMMIT = 64;
/** Chunks of document frequencies written in one commit: some 250 KB of text. */
export const CHUNKS_PER_COMMIT = 4;

/** Writes the impressions that are there now. Rejects with `StorageError`; what could not be written stays. */
export async function flushImpressions(
  namespace: string,
  buffer: ImpressionBuffer,
  store: Store,
): Promise<void> {
  for (let left = buffer.size; left > 0; ) {
    const rows = buffer.oldest(Math.min(left, IMPRESSIONS_PER_COMMIT));
    if (rows.length === 0) return;
    left -= rows.length;
    await store.commit(
      namespace,
      rows.map((put) => ({ put })),
    );
    buffer.written(rows);
  }
}

/**
 * Writes records that still hold plain ids anew with their hashes: some of them, or `everything`. Rejects with
 * `StorageError`; what could not be written stays to be.
 */
export async function flushPlainIds(
  namespace: string,
  ids: StoredIds,
  memory: AdaptiveMemory,
  store: Store,
  everything: boolean,
): Promise<void> {
  do {
    if (ids.plainCount === 0) return;
    const taken = ids.takePlain(IDS_PER_COMMIT);
    try {
      await store.commit(namespace, [
        ...(await hashedCells(namespace, taken.cells, ids, store)),
        ...taken.documents.flatMap((key) => hashedDocument(key, ids, memory)),
      ]);
    } catch (error) {
      ids.putBack(taken);
      throw error;
    }
  } while (everything);
}

/** Cells are written anew as they are stored, for memory leaves out what another encoder made. */
async function hashedCells(
  namespace: string,
  cellIds: readonly string[],
  { keys }: StoredIds,
  store: Store,
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const cellId of cellIds) {
    const row = await store.get(namespace, 'cell', cellId);
    const record = row && readDocuments(row);
    if (record === undefined) continue;
    const documents = record.documents.map(([key, ...rest]) => [keys.ofStored(key), ...rest] as const);
    changes.push({ put: withDocuments({ ...row!, kind: 'cell' }, record, documents) });
  }
  return changes;
}

function hashedDocument(key: string, { keys }: StoredIds, memory: AdaptiveMemory): Change[] {
  const known = keys.ofStored(key);
  const evidence = memory.wideDocument(known);
  const removal = { remove: { kind: 'document', key } } as const;
  return evidence === undefined ? [removal] : [removal, { put: wideRow(known, evidence) }];
}

/** Writes up to `limit` changed chunks. Rejects with `StorageError`; what could not be written counts as changed. */
export async function flushFrequencies(
  namespace: string,
  frequencies: DocumentFrequencies,
  store: Store,
  limit: number,
): Promise<void> {
  for (let left = limit; left > 0; ) {
    const chunks = frequencies.takeChanged(Math.min(left, CHUNKS_PER_COMMIT));
    if (chunks.length === 0) return;
    left -= chunks.length;
    const changes = chunks.map(
      ({ key, value }): Change =>
        value === null
          ? { remove: { kind: 'frequencies', key } }
          : { put: { kind: 'frequencies', key, value } },
    );
    try {
      await store.commit(namespace, changes);
    } catch (error) {
      frequencies.markChanged(chunks.map(({ key }) => key));
      throw error;
    }
  }
}
