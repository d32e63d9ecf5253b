import { describe, expect, it } from 'vitest';
import type { Cell } from '../../src/namespaces/cell.js';
import { isReadable } from '../../src/namespaces/check-record.js';
import { impressionRow } from '../../src/namespaces/impression.js';
import {
  allowanceRow,
  cellRow,
  counterRow,
  stateRow,
  unfinishedRow,
  usedRow,
  useRow,
  wideRow,
} from '../../src/namespaces/records.js';
import { encodeDirection } from '../../src/namespaces/vector-codec.js';
import type { Row } from '../../src/stores/store.js';
import { writeChunk, writeTotal } from '../../src/text/frequency-chunks.js';

const guard = { numbers: '', negations: 0, words: ['w'] };
const cell: Cell = {
  id: 'c',
  encoder: 'words@1',
  key: Float32Array.of(1, 0, 0),
  guard,
  feedbacks: 1,
  decayedAt: 5,
  narrative: Float32Array.of(0, 1, 0),
  mass: 1,
  documents: new Map([['i:a', { S: 1, W: 1, textHash: 't', bits: Uint8Array.of(1) }]]),
};
const state = {
  encoder: 'words@1',
  scorer: 's',
  hashKey: 'h',
  beta: 4,
  feedbacks: 1,
  pinnedDimension: 3,
  wide: { vector: Float32Array.of(0, 0, 1), narrativeWindow: '01', pheromoneWindow: '' },
};
const impression = impressionRow(
  'r',
  { cellId: 'c', guardJson: JSON.stringify(guard), keyJson: JSON.stringify(encodeDirection(cell.key)) },
  'words@1',
  [{ key: 'i:a', textHash: 't', index: 0 }],
  { more: false, source: null, arm: 'memory', expiresAt: 9 },
);

/** One of every record that is ever written. */
const RECORDS: readonly (readonly [string, Row])[] = [
  ['a cell', cellRow(cell)],
  ['a cell without vectors', cellRow({ ...cell, key: null, narrative: null })],
  ['a cell that knows no documents', cellRow({ ...cell, documents: new Map() })],
  ["a cell's use", useRow('c', { right: 2, wrong: 1, lastUsedAt: 5 })],
  ['namespace-wide evidence', wideRow('i:a', { S: 1, W: 1, decayedAt: 5 })],
  ['the state', stateRow(state)],
  ['the state without a narrative', stateRow({ ...state, wide: { ...state.wide, vector: null } })],
  [
    'counters',
    counterRow({
      feedback_total: 1,
      request_total: 2,
      query_total: 2,
      upsert_total: 1,
      created_at: 3,
      last_used_at: 4,
    }),
  ],
  ['a used id', usedRow('r', 5)],
  ['an allowance', allowanceRow('k', 1, 5)],
  ['an impression', impression],
  [
    'an impression of a query without a key',
    { ...impression, value: impression.value.replace(/"key":"[^"]*"/, '"key":null') },
  ],
  ['document frequencies', { kind: 'frequencies', key: 'c0', value: writeChunk([['stem', 3, 1]]) }],
  ['their total', { kind: 'frequencies', key: 'total', value: writeTotal(7) }],
  ['the mark of an unfinished copy', unfinishedRow()],
];

describe('a stored record', () => {
  it.each(RECORDS)('can be read as it was written: %s', (_, row) => {
    expect(isReadable(row)).toBe(true);
  });

  it.each(RECORDS)('is damaged where it is cut off, empty, or something else: %s', (_, row) => {
    for (const value of ['', row.value.slice(0, -1), row.value.slice(0, 9), '[]x', 'null{']) {
      expect(isReadable({ ...row, value }), value).toBe(false);
    }
  });

  it.each([
    ['a vector of another length than the first', { narrative: 'AAAAAAAAAAA=' }],
    [
      'a vector that is not finite',
      { key: Buffer.from(Float32Array.of(1, Number.NaN, 0).buffer).toString('base64') },
    ],
    ['a negative mass', { mass: -1 }],
    ['a newer format', { format: 2 }],
    ['sign bits of another length', { documents: [['i:a', 1, 1, 't', 'AAAA']] }],
  ])('is damaged by %s', (_, change) => {
    const row = cellRow(cell);
    const value = JSON.stringify({ ...JSON.parse(row.value), ...change });
    expect(isReadable({ ...row, value })).toBe(false);
  });
});
