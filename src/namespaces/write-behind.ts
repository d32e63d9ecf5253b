import type { Change, Store } from '../stores/store.js';
import type { DocumentFrequencies } from '../text/document-frequencies.js';
import type { ImpressionBuffer } from './impression-buffer.js';

/** Impressions written in one commit. */
const IMPRESSIONS_PER_COMMIT = 500;
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
