import type { Clock } from '../base/clock.js';
import type { Row, Store } from '../stores/store.js';
import type { DocumentKeys } from './document-keys.js';
import { type Impression, readImpression } from './impression.js';
import type { ImpressionBuffer } from './impression-buffer.js';
import { RecordError, type VectorShape } from './records.js';

/** Impressions of one query looked through for a feedback without request id. */
const MAX_IMPRESSIONS_OF_QUERY = 32;

export interface ImpressionLogOptions {
  readonly namespace: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly shape: VectorShape;
  readonly keys: DocumentKeys;
  /** A stored impression could not be read. */
  readonly onDamaged: () => void;
}

/** The impressions of one namespace, wherever they are: on their way to the store, or there. */
export class ImpressionLog {
  constructor(
    private readonly buffer: ImpressionBuffer,
    private readonly options: ImpressionLogOptions,
  ) {}

  /** The impression of a request, unless it has expired. Rejects with `StorageError`. */
  async find(requestId: string): Promise<Impression | null> {
    const row =
      this.buffer.get(requestId) ??
      (await this.options.store.get(this.options.namespace, 'impression', requestId));
    return row === undefined ? null : this.live(row);
  }

  /** Impressions of a query, newest first, expired ones left out. Rejects with `StorageError`. */
  async ofQuery(cellId: string): Promise<Impression[]> {
    const pending = this.buffer.ofQuery(cellId);
    const stored = await this.options.store.find(
      this.options.namespace,
      'impression',
      cellId,
      MAX_IMPRESSIONS_OF_QUERY,
    );
    const rows = new Map([...pending, ...stored].map((row) => [row.key, row]));
    return [...rows.values()].slice(0, MAX_IMPRESSIONS_OF_QUERY).flatMap((row) => this.live(row) ?? []);
  }

  private live(row: Row): Impression | null {
    if ((row.expiresAt ?? Number.POSITIVE_INFINITY) <= this.options.clock.now()) return null;
    try {
      const impression = readImpression(row, this.options.shape);
      const shown = impression.shown.map((one) => ({ ...one, key: this.options.keys.ofStored(one.key) }));
      return { ...impression, shown };
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      this.options.onDamaged();
      return null;
    }
  }
}
