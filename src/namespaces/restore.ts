import type { Row } from '../stores/store.js';
import { StorageError } from '../stores/store.js';
import type { Cell, CellUse } from './cell.js';
import type { WideEvidence } from './namespace-wide.js';
import {
  type CounterRecord,
  isUnfinishedMark,
  META_COUNTERS,
  META_STATE,
  RecordError,
  readCell,
  readCounters,
  readState,
  readUse,
  readWide,
  type StateRecord,
  usedCell,
  type VectorShape,
} from './records.js';

/** A namespace's state as it was stored; what could not be read is left out and counted. */
export interface RestoredState {
  state: StateRecord | null;
  counters: CounterRecord | null;
  readonly cells: Cell[];
  readonly uses: [string, CellUse][];
  readonly documents: [string, WideEvidence][];
  readonly frequencies: { key: string; value: string }[];
  damaged: number;
}

/** Longest time the event loop is held while rows are read, ms. */
const SLICE_MS = 5;

/**
 * Reads rows into state, in slices that let other requests through. Rejects with `StorageError` `damaged` where a copy
 * into the namespace was never finished. Cost: linear in the bytes stored.
 */
export async function readRows(rows: readonly Row[], shape: VectorShape): Promise<RestoredState> {
  if (rows.some(isUnfinishedMark)) {
    throw new StorageError(
      'damaged',
      'an import into the namespace was not finished: run it again, or drop it',
    );
  }
  const restored: RestoredState = {
    state: null,
    counters: null,
    cells: [],
    uses: [],
    documents: [],
    frequencies: [],
    damaged: 0,
  };
  let sliceStart = performance.now();
  for (const row of rows) {
    try {
      readRow(row, shape, restored);
    } catch (error) {
      if (!(error instanceof RecordError))
        throw new StorageError('damaged', 'a stored row cannot be read', { cause: error });
      restored.damaged++;
    }
    if (performance.now() - sliceStart > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      sliceStart = performance.now();
    }
  }
  return restored;
}

function readRow(row: Row, shape: VectorShape, into: RestoredState): void {
  const cellId = usedCell(row);
  if (row.kind === 'cell') into.cells.push(readCell(row, shape));
  else if (row.kind === 'document') into.documents.push([row.key, readWide(row)]);
  else if (row.kind === 'frequencies') into.frequencies.push({ key: row.key, value: row.value });
  else if (cellId !== null) into.uses.push([cellId, readUse(row)]);
  else if (row.kind === 'meta' && row.key === META_STATE) into.state = readState(row, shape);
  else if (row.kind === 'meta' && row.key === META_COUNTERS) into.counters = readCounters(row);
}
