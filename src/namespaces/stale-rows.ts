import type { Change, Row } from '../stores/store.js';
import {
  type AgeLimit,
  addRemoved,
  agedWide,
  cellFate,
  EMPTIED_CELL,
  NOTHING_REMOVED,
  type Removed,
} from './age.js';
import { EMPTY_WIDE } from './namespace-wide.js';
import { META_STATE, parseRecord, RecordError, readUse, removeCellChanges } from './records.js';

/** What retention changes in some rows. */
export interface StaleRows {
  readonly changes: readonly Change[];
  readonly removed: Removed;
}

const NOTHING: StaleRows = { changes: [], removed: NOTHING_REMOVED };

/**
 * What is too old in some stored rows of a namespace that is not open. Rows are read no further than it takes, so that
 * those of other encoders stay as they are; rows that cannot be read stay too.
 *
 * @param useRowOf the stored row of a cell's use, undefined where there is none
 */
export async function staleRows(
  rows: readonly Row[],
  useRowOf: (cellId: string) => Promise<Row | undefined>,
  age: AgeLimit,
): Promise<StaleRows> {
  const changes: Change[] = [];
  let removed = NOTHING_REMOVED;
  for (const row of rows) {
    const stale = await staleRow(row, useRowOf, age);
    changes.push(...stale.changes);
    removed = addRemoved(removed, stale.removed);
  }
  return { changes, removed };
}

async function staleRow(
  row: Row,
  useRowOf: (cellId: string) => Promise<Row | undefined>,
  age: AgeLimit,
): Promise<StaleRows> {
  const isState = row.kind === 'meta' && row.key === META_STATE;
  if (row.kind !== 'cell' && row.kind !== 'document' && !isState) return NOTHING;
  const value = parseRecord(row.value);
  if (value === undefined) return NOTHING;
  if (isState) return staleState(row, value, age);
  if (typeof value.decayedAt !== 'number' || value.decayedAt >= age.cutoff) return NOTHING;
  if (row.kind === 'document') {
    const remove = { kind: row.kind, key: row.key };
    return { changes: [{ remove }], removed: { ...NOTHING_REMOVED, pheromones: 1 } };
  }
  const lastUsedAt = lastUse(await useRowOf(row.key));
  return staleCell(row, value, cellFate({ decayedAt: value.decayedAt, lastUsedAt }, age));
}

function staleCell(row: Row, value: Record<string, unknown>, fate: ReturnType<typeof cellFate>): StaleRows {
  const documents = Array.isArray(value.documents) ? value.documents : [];
  const held = { pheromones: documents.length, narratives: value.narrative === null ? 0 : 1 };
  if (fate === 'removed') return { changes: removeCellChanges(row.key), removed: { cells: 1, ...held } };
  if (fate === 'kept' || held.pheromones + held.narratives === 0) return NOTHING;
  const put = { ...row, value: JSON.stringify({ ...value, ...EMPTIED_CELL, documents: [] }) };
  return { changes: [{ put }], removed: { cells: 0, ...held } };
}

function staleState(row: Row, value: Record<string, unknown>, age: AgeLimit): StaleRows {
  if (typeof value.wide !== 'object' || value.wide === null) return NOTHING;
  const before: { readonly vector?: unknown } = value.wide;
  const wide = agedWide(before, age);
  if (wide === before) return NOTHING;
  const narratives = wide === EMPTY_WIDE && before.vector ? 1 : 0;
  const put = { ...row, value: JSON.stringify({ ...value, wide }) };
  return { changes: [{ put }], removed: { ...NOTHING_REMOVED, narratives } };
}

/** When a cell was last used; never where nothing says so, at any time where that cannot be read. */
function lastUse(row: Row | undefined): number {
  if (row === undefined) return Number.NEGATIVE_INFINITY;
  try {
    return readUse(row).lastUsedAt;
  } catch (error) {
    if (error instanceof RecordError) return Number.POSITIVE_INFINITY;
    throw error;
  }
}
