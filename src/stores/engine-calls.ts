import type { StoreEngine } from './engine.js';
import { type Packed, packRows, unpackChanges, unpackRows } from './packed-rows.js';
import type { Kind, RowPage } from './store.js';

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
  | readonly ['erase', namespace: string]
  | readonly ['release', namespace: string]
  | readonly ['sweep', now: number, limit: number]
  | readonly ['close'];

/** What the engine says besides answers, from the worker to the main thread: `EngineEvents`. */
export type EngineReport =
  | readonly ['quarantined', namespace: string | null, path: string, newPath: string | null, kept?: number]
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
    case 'erase':
      return engine.erase(call[1]);
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

/** Characters that a call carries: a measure of the memory it takes while it waits. */
export function callLength(call: EngineCall): number {
  if (call[0] !== 'commit') return 0;
  let length = 0;
  for (const field of call[2]) if (typeof field === 'string') length += field.length;
  return length;
}
