import type { KeyedHash } from '../base/keyed-hash.js';
import { Pace } from '../base/pace.js';
import type { Cell } from './cell.js';
import { DocumentKeys, isPlainKey } from './document-keys.js';
import type { RestoredState } from './restore.js';

/** Records that were taken to be written anew. */
export interface TakenIds {
  readonly cells: readonly string[];
  readonly documents: readonly string[];
}

/**
 * How one namespace keeps document ids, and which stored records still keep them otherwise: where ids are hashed from now
 * on, memory knows all documents by their hash at once, and what is stored is written anew bit by bit.
 */
export class StoredIds {
  readonly keys: DocumentKeys;
  /** Whether it is stored that ids are hashed here. */
  marked = false;
  /** Ids of cells and keys of namespace-wide documents whose stored records hold ids that can be read. */
  private readonly cells = new Set<string>();
  private readonly documents = new Set<string>();

  constructor(
    private readonly hash: KeyedHash,
    hashed: boolean,
  ) {
    this.keys = new DocumentKeys(hash, hashed);
  }

  /** Records to be written anew. */
  get plainCount(): number {
    return this.cells.size + this.documents.size;
  }

  /** Whether the first hashed ids are about to be stored without a mark that says so. */
  isUnmarked(impressions: number): boolean {
    return this.keys.hashed && !this.marked && impressions + this.plainCount > 0;
  }

  /**
   * Goes on with hashed ids where they were hashed before or shall be, and brings what was read to them, in slices that let
   * other requests through. Where a document has both keys, the newer evidence holds.
   */
  async adopt(stored: RestoredState): Promise<void> {
    this.marked = stored.state?.hashedIds === true;
    this.keys.hashed ||= this.marked;
    this.cells.clear();
    this.documents.clear();
    if (!this.keys.hashed) return;
    // Under a key made for the moment nothing is written anew: nobody could match it later.
    const isLasting = stored.state?.hashKey === this.hash.fingerprint;
    const pace = new Pace();
    for (const cell of stored.cells) {
      if (pace.due()) await pace.rest();
      if (this.hashDocuments(cell) && isLasting) this.cells.add(cell.id);
    }
    const newest = new Map<string, RestoredState['documents'][number]>();
    for (const [key, evidence] of stored.documents) {
      if (pace.due()) await pace.rest();
      const known = this.keys.ofStored(key);
      if (known !== key && isLasting) this.documents.add(key);
      const other = newest.get(known);
      if (other === undefined || other[1].decayedAt <= evidence.decayedAt)
        newest.set(known, [known, evidence]);
    }
    stored.documents.splice(0, stored.documents.length, ...newest.values());
  }

  /** Whether there was something to hash. */
  private hashDocuments(cell: Cell): boolean {
    if (![...cell.documents.keys()].some(isPlainKey)) return false;
    cell.documents = new Map(
      Array.from(cell.documents, ([key, evidence]) => [this.keys.ofStored(key), evidence]),
    );
    return true;
  }

  /** Up to `limit` records to be written anew; they count as written from here on. */
  takePlain(limit: number): TakenIds {
    const cells = [...this.cells].slice(0, limit);
    const documents = [...this.documents].slice(0, limit - cells.length);
    for (const id of cells) this.cells.delete(id);
    for (const key of documents) this.documents.delete(key);
    return { cells, documents };
  }

  /** What was taken could not be written. */
  putBack({ cells, documents }: TakenIds): void {
    for (const id of cells) this.cells.add(id);
    for (const key of documents) this.documents.add(key);
  }
}
