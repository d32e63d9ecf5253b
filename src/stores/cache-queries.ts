import type { Database } from 'better-sqlite3';
import { checksumOf, PAGE_BYTES } from './cache-schema.js';
import type { CacheEntry } from './cache-store.js';
import { rewrite } from './sqlite-rewrite.js';

/** An entry with its namespace. */
export interface OwnedEntry extends CacheEntry {
  readonly namespace: string;
}

/** A place in the order of namespaces and keys. */
export type CachePlace = readonly [namespace: string, key: string];

interface StoredEntry {
  readonly id: number;
  /** A damaged row may hold anything. */
  readonly value: unknown;
  readonly expires_at: number | null;
  readonly checksum: number;
  readonly used: number;
}

/** Entries removed at once to make room, and how often in one turn. */
const EVICTED_AT_ONCE = 8;
const EVICTIONS_A_TURN = 128;
/** Pages given back to the disk in one turn. */
const PAGES_A_TURN = 256;
/** Share of free pages that is kept for what comes. */
const FREE_SHARE = 0.1;

/** What is asked of an open cache file. Throws what SQLite throws. */
export class CacheQueries {
  private readonly find;
  private readonly insert;
  private readonly evict;
  private readonly touch;
  private readonly list;
  private readonly remove;

  constructor(
    private readonly database: Database,
    private readonly maxBytes: number,
  ) {
    this.find = database.prepare<[string, string], StoredEntry>(
      'SELECT id, value, expires_at, checksum, used FROM entries WHERE namespace = ? AND key = ?',
    );
    this.insert = database.prepare(
      `INSERT INTO entries (namespace, key, value, expires_at, checksum, used) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at,
      checksum = excluded.checksum, used = excluded.used`,
    );
    this.evict = database.prepare<[number]>(
      'DELETE FROM entries WHERE id IN (SELECT id FROM entries ORDER BY used, id LIMIT ?)',
    );
    this.touch = database.prepare<[number, number]>('UPDATE entries SET used = ? WHERE id = ?');
    this.list = database.prepare<[string, string, number], { id: number; namespace: string; key: string }>(
      `SELECT id, namespace, key FROM entries WHERE (namespace, key) > (?, ?)
      ORDER BY namespace, key LIMIT ?`,
    );
    this.remove = database.prepare<[number]>('DELETE FROM entries WHERE id = ?');
  }

  /** Bytes of the file that are in use. */
  get bytes(): number {
    return (this.pageCount() - this.freePages()) * PAGE_BYTES;
  }

  /** The value, unless it has expired or is not what was put; `stale` gets its id if it was last used before `day`. */
  get(
    namespace: string,
    key: string,
    now: number,
    day: number,
    stale: (id: number) => void,
  ): Buffer | undefined {
    const found = this.find.get(namespace, key);
    if (!found || (found.expires_at ?? now + 1) <= now || !Buffer.isBuffer(found.value)) return undefined;
    if (checksumOf(namespace, key, found.value, found.expires_at) !== found.checksum) return undefined;
    if (found.used < day) stale(found.id);
    return found.value;
  }

  /** All or none; makes room for them. */
  put(entries: readonly OwnedEntry[], day: number): void {
    this.atOnce(() => {
      for (const { namespace, key, value, expiresAt = null } of entries) {
        this.insert.run(namespace, key, value, expiresAt, checksumOf(namespace, key, value, expiresAt), day);
      }
      this.makeRoom();
    });
  }

  markUsed(ids: readonly number[], day: number): void {
    this.atOnce(() => {
      for (const id of ids) this.touch.run(day, id);
    });
  }

  /**
   * Looks at the next `limit` entries behind `place`, and removes those of `namespace` (null = of any) whose key begins
   * with `prefix`. Answers where to go on, undefined at the end.
   */
  removeSome(
    namespace: string | null,
    prefix: string,
    place: CachePlace,
    limit: number,
  ): CachePlace | undefined {
    const seen = this.list.all(...place, limit);
    const isMeant = (entry: { namespace: string; key: string }) =>
      (namespace ?? entry.namespace) === entry.namespace && entry.key.startsWith(prefix);
    this.atOnce(() => {
      for (const entry of seen) if (isMeant(entry)) this.remove.run(entry.id);
    });
    const last = seen.at(-1);
    const isOver = seen.length < limit || (namespace !== null && last?.namespace !== namespace);
    return last === undefined || isOver ? undefined : [last.namespace, last.key];
  }

  /** Removes what a namespace has, and rewrites the file. See `rewrite`. */
  erase(namespace: string): { rows: number; bytes: number } {
    const erased = this.sum(namespace);
    this.database.prepare('DELETE FROM entries WHERE namespace = ?').run(namespace);
    rewrite(this.database);
    return erased;
  }

  count(namespace: string): number {
    return this.sum(namespace).rows;
  }

  /** A slice of what can wait: room after the bound was lowered, space for others on the disk. Whether there is more. */
  tidy(): boolean {
    const before = this.bytes;
    if (before > this.maxBytes) {
      this.atOnce(() => this.makeRoom());
      return this.bytes < before;
    }
    const free = this.freePages();
    if (free <= Math.max(PAGES_A_TURN, this.pageCount() * FREE_SHARE)) return false;
    this.database.exec(`PRAGMA incremental_vacuum(${PAGES_A_TURN})`);
    return this.freePages() < free;
  }

  private sum(namespace: string): { rows: number; bytes: number } {
    return this.database
      .prepare<[string], { rows: number; bytes: number }>(
        'SELECT count(*) AS rows, coalesce(sum(length(value)), 0) AS bytes FROM entries WHERE namespace = ?',
      )
      .get(namespace)!;
  }

  private makeRoom(): void {
    for (let n = 0; n < EVICTIONS_A_TURN && this.bytes > this.maxBytes; n++) {
      if (this.evict.run(EVICTED_AT_ONCE).changes === 0) return;
    }
  }

  private atOnce(work: () => void): void {
    this.database.transaction(work).immediate();
  }

  private pageCount(): number {
    return this.database.pragma('page_count', { simple: true }) as number;
  }

  private freePages(): number {
    return this.database.pragma('freelist_count', { simple: true }) as number;
  }
}
