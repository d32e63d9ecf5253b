import type { StoreEngine } from './engine.js';
import { makeRow } from './row.js';
import type { Change, Kind, Row, RowPage, StorageFailure } from './store.js';

/**
 * Rows or changes as one flat list, five fields each: kind, key, value, group, expiry; a change without a value is a
 * removal. Flat lists of text cross between threads several times faster than lists of objects.
 */
export type Packed = readonly (string | number | null)[];
const FIELDS = 5;

/** One call of the contract as it is sent to the thread that has the engine. */
export type EngineCall =
  | readonly ['open']
  | readonly ['namespaces']
  | readonly ['load', namespace: string]
  | readonly ['get', namespace: string, kind: Kind, key: string]
  | readonly ['find', namespace: string, kind: Kind, group: string, limit: number]
  | readonly ['scan', namespace: string, cursor: number, limit: number]
  | readonly ['commit', namespace: string, changes: Packed]
  | readonly ['usage', namespace: string]
  | readonly ['drop', namespace: string]
  | readonly ['release', namespace: string]
  | readonly ['sweep', now: number, limit: number]
  | readonly ['close'];

/** From the main thread to the worker. */
export type Posted = readonly [id: number, call: EngineCall];

/** From the worker to the main thread. */
export type Reported =
  | readonly ['done', id: number, value: unknown]
  | readonly ['failed', id: number, failure: StorageFailure, message: string]
  | readonly ['quarantined', namespace: string | null, path: string, newPath: string, kept?: number]
  | readonly ['replaced', namespace: string | null];

/** A `RowPage` as it is sent. */
export type PackedPage = readonly [rows: Packed, next: number | null];

/** Carries out a call. What it answers can be cloned; rows are packed. Throws `StorageError`. */
export function answerCall(engine: StoreEngine, call: EngineCall): unknown {
  switch (call[0]) {
    case 'open':
      return engine.open()?.message;
    case 'namespaces':
      return engine.namespaces();
    case 'load':
      return packRows(engine.load(call[1]));
    case 'get':
      return packRows([engine.get(call[1], call[2], call[3])].filter((row) => row !== undefined));
    case 'find':
      return packRows(engine.find(call[1], call[2], call[3], call[4]));
    case 'scan':
      return packPage(engine.scan(call[1], call[2], call[3]));
    case 'commit':
      return engine.commit(call[1], unpackChanges(call[2]));
    case 'usage':
      return engine.usage(call[1]);
    case 'drop':
      return engine.drop(call[1]);
    case 'release':
      return engine.release(call[1]);
    case 'sweep':
      return engine.sweep(call[1], call[2]);
    case 'close':
      return engine.close();
  }
}

function packPage({ rows, next }: RowPage): PackedPage {
  return [packRows(rows), next];
}

export function unpackPage([rows, next]: PackedPage): RowPage {
  return { rows: unpackRows(rows), next };
}

export function packRows(rows: readonly Row[]): Packed {
  const packed: (string | number | null)[] = [];
  for (const row of rows) packed.push(...fieldsOf(row));
  return packed;
}

export function unpackRows(packed: Packed): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < packed.length; at += FIELDS) rows.push(rowAt(packed, at));
  return rows;
}

export function packChanges(changes: readonly Change[]): Packed {
  const packed: (string | number | null)[] = [];
  for (const change of changes) {
    if ('put' in change) packed.push(...fieldsOf(change.put));
    else packed.push(change.remove.kind, change.remove.key, null, null, null);
  }
  return packed;
}

function unpackChanges(packed: Packed): Change[] {
  const changes: Change[] = [];
  for (let at = 0; at < packed.length; at += FIELDS) {
    if (packed[at + 2] !== null) changes.push({ put: rowAt(packed, at) });
    else changes.push({ remove: { kind: packed[at] as Kind, key: packed[at + 1] as string } });
  }
  return changes;
}

/** Characters that a call carries: a measure of the memory it takes while it waits. */
export function callLength(call: EngineCall): number {
  if (call[0] !== 'commit') return 0;
  let length = 0;
  for (const field of call[2]) if (typeof field === 'string') length += field.length;
  return length;
}

function fieldsOf({ kind, key, value, group, expiresAt }: Row): Packed {
  return [kind, key, value, group ?? null, expiresAt ?? null];
}

function rowAt(packed: Packed, at: number): Row {
  const [kind, key, value, group, expiresAt] = packed.slice(at, at + FIELDS);
  return makeRow(
    kind as Kind,
    key as string,
    value as string,
    group as string | null,
    expiresAt as number | null,
  );
}
