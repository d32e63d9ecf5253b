import type { Database, Statement } from 'better-sqlite3';
import { makeRow, noUsage } from './row.js';
import { decodeText, encodeText } from './sqlite-text.js';
import { type Kind, type Row, type RowPage, STATE_KINDS, type StoreUsage } from './store.js';

type RawRow = [kind: Kind, key: string, value: string, group: string | null, expiresAt: number | null];

type PageRow = [...RawRow, sequence: number, bytes: number];

const COLUMNS = 'kind, key, value, grp, expires_at';
/** A page ends once its values have so many bytes, so that a call stays bounded whatever the rows are. */
const PAGE_BYTES = 4 * 1024 * 1024;
const STATE_LIST = STATE_KINDS.map((kind) => `'${kind}'`).join(', ');

/** The reading half of the store contract on an open database of today's format; also on a read-only one. */
export class SqliteQueries {
  private readonly selectNames: Statement;
  private readonly selectState: Statement;
  private readonly selectRow: Statement;
  private readonly selectGroup: Statement;
  private readonly selectPage: Statement;
  private readonly selectTotals: Statement;

  constructor(database: Database) {
    this.selectNames = database.prepare('SELECT DISTINCT namespace FROM totals').pluck();
    this.selectState = database
      .prepare(`SELECT ${COLUMNS} FROM rows WHERE namespace = ? AND kind IN (${STATE_LIST})`)
      .raw();
    this.selectRow = database
      .prepare(`SELECT ${COLUMNS} FROM rows WHERE namespace = ? AND kind = ? AND key = ?`)
      .raw();
    this.selectGroup = database
      .prepare(
        `SELECT ${COLUMNS} FROM rows INDEXED BY rows_by_group
         WHERE namespace = ? AND kind = ? AND grp = ? ORDER BY sequence DESC LIMIT ?`,
      )
      .raw();
    // The inner query finds the order in an index alone, so a page costs what the namespace has, not what the file has.
    this.selectPage = database
      .prepare(
        `SELECT ${COLUMNS}, sequence, bytes FROM rows WHERE sequence IN (
           SELECT sequence FROM rows INDEXED BY rows_by_key
           WHERE namespace = ? AND sequence > ? ORDER BY sequence LIMIT ?
         ) ORDER BY sequence`,
      )
      .raw();
    this.selectTotals = database.prepare('SELECT kind, rows, bytes FROM totals WHERE namespace = ?').raw();
  }

  namespaces(): string[] {
    return (this.selectNames.all() as string[]).map(decodeText).sort();
  }

  load(namespace: string): Row[] {
    return (this.selectState.all(encodeText(namespace)) as RawRow[]).map(toRow);
  }

  get(namespace: string, kind: Kind, key: string): Row | undefined {
    const raw = this.selectRow.get(encodeText(namespace), kind, encodeText(key)) as RawRow | undefined;
    return raw && toRow(raw);
  }

  find(namespace: string, kind: Kind, group: string, limit: number): Row[] {
    const raw = this.selectGroup.all(encodeText(namespace), kind, encodeText(group), limit);
    return (raw as RawRow[]).map(toRow);
  }

  scan(namespace: string, cursor: number, limit: number): RowPage {
    const rows: Row[] = [];
    let last = cursor;
    let bytes = 0;
    // One more than asked for tells whether there are more.
    const found = this.selectPage.iterate(encodeText(namespace), cursor, limit + 1);
    for (const [kind, key, value, group, expiresAt, sequence, size] of found as Iterable<PageRow>) {
      if (rows.length >= limit || bytes >= PAGE_BYTES) return { rows, next: last };
      rows.push(toRow([kind, key, value, group, expiresAt]));
      last = sequence;
      bytes += size;
    }
    return { rows, next: null };
  }

  usage(namespace: string): StoreUsage {
    const { rows, bytes } = noUsage();
    for (const total of this.selectTotals.all(encodeText(namespace)) as [Kind, number, number][]) {
      rows[total[0]] = total[1];
      bytes[total[0]] = total[2];
    }
    return { rows, bytes };
  }
}

function toRow([kind, key, value, group, expiresAt]: RawRow): Row {
  return makeRow(
    kind,
    decodeText(key),
    decodeText(value),
    group === null ? null : decodeText(group),
    expiresAt,
  );
}
