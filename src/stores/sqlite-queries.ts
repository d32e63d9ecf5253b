import type { Database, Statement } from 'better-sqlite3';
import { makeRow, noUsage } from './row.js';
import { decodeText, encodeText } from './sqlite-text.js';
import { type Kind, type Row, type RowPage, STATE_KINDS, type StoreUsage } from './store.js';

type RawRow = [kind: Kind, key: string, value: string, group: string | null, expiresAt: number | null];

type PageRow = [...RawRow, bytes: number];

/** Sequences of a namespace's rows after `from`, in order. */
interface Ahead {
  readonly name: string;
  readonly from: number;
  readonly sequences: readonly number[];
  /** Which comes next. */
  at: number;
}

const COLUMNS = 'kind, key, value, grp, expires_at';
/** A page ends once its values have so many bytes, so that a call stays bounded whatever the rows are. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Rows whose order is found in one go: that costs a walk over the namespace's index, whose order is another. */
const ORDERED_AT_ONCE = 4096;
const STATE_LIST = STATE_KINDS.map((kind) => `'${kind}'`).join(', ');

/** The reading half of the store contract on an open database of today's format; also on a read-only one. */
export class SqliteQueries {
  private readonly selectNames: Statement;
  private readonly selectState: Statement;
  private readonly selectRow: Statement;
  private readonly selectGroup: Statement;
  private readonly selectOrder: Statement;
  private readonly selectPlaced: Statement;
  private readonly selectTotals: Statement;
  /** Where the scan that was asked last is, and what comes next there. */
  private ahead: Ahead | undefined;

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
    // Finds the order in an index alone, so it costs what the namespace has, not what the file has.
    this.selectOrder = database
      .prepare(
        `SELECT sequence FROM rows INDEXED BY rows_by_key
         WHERE namespace = ? AND sequence > ? ORDER BY sequence LIMIT ${ORDERED_AT_ONCE}`,
      )
      .pluck();
    // The namespace is compared, for a sequence that was let go may be another's by now.
    this.selectPlaced = database
      .prepare(`SELECT ${COLUMNS}, bytes FROM rows WHERE sequence = ? AND namespace = ?`)
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

  /** A scan that goes on where it was costs what its pages hold, and a walk over the index every 4096 rows. */
  scan(namespace: string, cursor: number, limit: number): RowPage {
    const name = encodeText(namespace);
    // Rows that were put before it began may have sequences that others had.
    if (cursor === 0) this.ahead = undefined;
    const rows: Row[] = [];
    let last = cursor;
    let bytes = 0;
    for (let next = this.nextAfter(name, last); next !== undefined; next = this.nextAfter(name, next)) {
      const found = this.selectPlaced.get(next, name) as PageRow | undefined;
      if (found === undefined) continue;
      // One more than asked for tells whether there are more.
      if (rows.length >= limit || bytes >= PAGE_BYTES) return { rows, next: last };
      const [kind, key, value, group, expiresAt, size] = found;
      rows.push(toRow([kind, key, value, group, expiresAt]));
      last = next;
      bytes += size;
    }
    return { rows, next: null };
  }

  /** The sequence after this one; it may be gone again. Undefined at the end, which is looked for anew. */
  private nextAfter(name: string, sequence: number): number | undefined {
    if (this.ahead?.name === name) {
      const { sequences } = this.ahead;
      // A scan goes on at the last row of its page: one before the row that was looked at last.
      while (this.ahead.at > 0 && sequences[this.ahead.at - 1]! > sequence) this.ahead.at -= 1;
      while (this.ahead.at < sequences.length && sequences[this.ahead.at]! <= sequence) this.ahead.at += 1;
      const isWithin = sequence >= this.ahead.from && this.ahead.at < sequences.length;
      if (isWithin) return sequences[this.ahead.at];
    }
    const sequences = this.selectOrder.all(name, sequence) as number[];
    this.ahead = sequences.length === 0 ? undefined : { name, from: sequence, sequences, at: 0 };
    return sequences[0];
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
