import { makeRow } from './row.js';
import type { Change, Kind, Row } from './store.js';

/**
 * Rows or changes as one flat list, five fields each: kind, key, value, group, expiry; a change without a value is a
 * removal. Flat lists of text cross between threads several times faster than lists of objects, and say little twice as
 * JSON. Files hold it (`json-format.ts`): another order or number of fields is another format there.
 */
export type Packed = readonly (string | number | null)[];
/** Of a row. */
export const FIELDS = 5;

export function packRows(rows: readonly Row[]): Packed {
  const packed: (string | number | null)[] = [];
  for (const row of rows) packed.push(...packRow(row));
  return packed;
}

export function unpackRows(packed: Packed): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < packed.length; at += FIELDS) rows.push(unpackRow(packed, at));
  return rows;
}

export function packChanges(changes: readonly Change[]): Packed {
  const packed: (string | number | null)[] = [];
  for (const change of changes) {
    if ('put' in change) packed.push(...packRow(change.put));
    else packed.push(change.remove.kind, change.remove.key, null, null, null);
  }
  return packed;
}

export function unpackChanges(packed: Packed): Change[] {
  const changes: Change[] = [];
  for (let at = 0; at < packed.length; at += FIELDS) {
    if (packed[at + 2] !== null) changes.push({ put: unpackRow(packed, at) });
    else changes.push({ remove: { kind: packed[at] as Kind, key: packed[at + 1] as string } });
  }
  return changes;
}

export function packRow({ kind, key, value, group, expiresAt }: Row): Packed {
  return [kind, key, value, group ?? null, expiresAt ?? null];
}

/** The row whose fields begin at `at`. */
export function unpackRow(packed: Packed, at = 0): Row {
  const [kind, key, value, group, expiresAt] = packed.slice(at, at + FIELDS);
  return makeRow(
    kind as Kind,
    key as string,
    value as string,
    group as string | null,
    expiresAt as number | null,
  );
}
