import type { Database, Statement } from 'better-sqlite3';
import { makeRow } from './row.js';
import { decodeText, encodeText } from './sqlite-text.js';
import { KINDS, type Kind, type Row, STATE_KINDS, type StoreUsage } from './store.js';

type RawRow = [kind: Kind, key: string, value: string, group: string | null, expiresAt: number | null];

const COLUMNS = 'kind, key, value, grp, expires_at';
const STATE_LIST = STATE_KINDS.map((kind) => `'${kind}'`).join(', ');

/** The reading half of the store contract on an open database of today's format; also on a read-only one. */
export class SqliteQueries {
  private readonly selectNames: Statement;
  private readonly selectState: Statement;
  private readonly selectRow: Statement;
  private readonly selectGroup: Statement;
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

  usage(namespace: string): StoreUsage {
    const rows = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
    const bytes = { ...rows };
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
