import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell } from '../../src/namespaces/cell.js';
import {
  allowanceRow,
  cellRow,
  counterRow,
  RecordError,
  readAllowance,
  readCell,
  readCounters,
  readState,
  readUse,
  readWide,
  removeCellChanges,
  type StateRecord,
  stateRow,
  usedCell,
  useRow,
  wideRow,
} from '../../src/namespaces/records.js';
import { signBits } from '../../src/ranking/similarity.js';
import type { Row } from '../../src/stores/store.js';
import { DIMENSION, ENCODER, randomUnit, SHAPE } from '../fixtures/memory.js';

const OTHER = { encoder: 'fake@v2', dimension: 8 };
const amount = fc.double({ min: 0, max: 1e6, noNaN: true });
const vector = fc.option(fc.integer().map((seed) => randomUnit(seed)));
const id = fc.string({ unit: 'grapheme', maxLength: 20 });
const evidence = fc.record({
  S: amount,
  W: amount,
  textHash: id,
  bits: fc.option(fc.integer().map((seed) => signBits(randomUnit(seed)))),
});
const cell: fc.Arbitrary<Cell> = fc.record({
  id,
  encoder: fc.constant(ENCODER),
  key: vector,
  guard: fc.record({ numbers: id, negations: fc.nat(5), words: fc.array(id, { maxLength: 5 }) }),
  feedbacks: fc.nat(),
  decayedAt: amount,
  narrative: vector,
  mass: amount,
  documents: fc.array(fc.tuple(id, evidence), { maxLength: 8 }).map((entries) => new Map(entries)),
});

const STATE: StateRecord = {
  encoder: ENCODER,
  scorer: 'hybrid@1',
  hashKey: 'fingerprint',
  beta: 7.25,
  feedbacks: 400,
  pinnedDimension: 384,
  wide: { vector: randomUnit(1), narrativeWindow: '0110', pheromoneWindow: '1' },
};
const ROWS: [string, Row, (row: Row) => unknown][] = [
  [
    'cell',
    cellRow({ ...fc.sample(cell, { numRuns: 1, seed: 5 })[0], key: randomUnit(2) }),
    (row) => readCell(row, SHAPE),
  ],
  ['use', useRow('cell', { right: 2, wrong: 1, lastUsedAt: 3 }), readUse],
  ['document', wideRow('i:a', { S: 1, W: 2, decayedAt: 3 }), readWide],
  ['state', stateRow(STATE), (row) => readState(row, SHAPE)],
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
    readCounters,
  ],
];

/** Members that older records have not. */
const LATER = new Set(['query_total', 'upsert_total']);

describe('property 16: records', () => {
  it('bring back a cell bit for bit, documents in their order', () => {
    fc.assert(
      fc.property(cell, (original) => {
        const back = readCell(cellRow(original), SHAPE);
        expect(back).toEqual(original);
        expect([...back.documents.keys()]).toEqual([...original.documents.keys()]);
      }),
    );
  });

  it('bring back numbers bit for bit', () => {
    fc.assert(
      fc.property(amount, amount, amount, (S, W, decayedAt) => {
        expect(readWide(wideRow('i:a', { S, W, decayedAt }))).toEqual({ S, W, decayedAt });
        const use = { right: S, wrong: W, lastUsedAt: decayedAt };
        expect(readUse(useRow('cell', use))).toEqual(use);
      }),
    );
  });

  it('bring back the state and the counters', () => {
    expect(readState(stateRow(STATE), SHAPE)).toEqual(STATE);
    const empty = { ...STATE, pinnedDimension: null, wide: { ...STATE.wide, vector: null } };
    expect(readState(stateRow(empty), SHAPE)).toEqual(empty);
    const counters = {
      feedback_total: 1,
      request_total: 2,
      query_total: 2,
      upsert_total: 1,
      created_at: 3,
      last_used_at: 4,
    };
    expect(readCounters(counterRow(counters))).toEqual(counters);
  });

  it('name the cell a use belongs to, and remove both together', () => {
    expect(usedCell(useRow('abc', { right: 2, wrong: 1, lastUsedAt: 0 }))).toBe('abc');
    expect(usedCell(stateRow(STATE))).toBeNull();
    expect(removeCellChanges('abc').map(({ remove }) => `${remove.kind}/${remove.key}`)).toEqual([
      'cell/abc',
      'meta/use/abc',
    ]);
  });
});

describe('records of another encoder', () => {
  it('lose their vectors and keep their evidence', () => {
    fc.assert(
      fc.property(cell, (original) => {
        const back = readCell(cellRow(original), OTHER);
        expect(back).toMatchObject({ encoder: ENCODER, key: null, narrative: null, mass: 0 });
        for (const [key, { S, W, textHash }] of original.documents)
          expect(back.documents.get(key)).toEqual({ S, W, textHash, bits: null });
      }),
      { numRuns: 20 },
    );
  });

  it('lose the namespace-wide narrative with its window, not the pheromones’', () => {
    const back = readState(stateRow(STATE), OTHER);
    expect(back.wide).toEqual({ vector: null, narrativeWindow: '', pheromoneWindow: '1' });
    expect(back.beta).toBe(7.25);
  });
});

describe('property 16: damaged records', () => {
  it.each(ROWS)('of kind %s are refused with RecordError, whatever is cut off or missing', (_, row, read) => {
    const value = JSON.parse(row.value) as Record<string, unknown>;
    expect(read(row)).toBeDefined();
    for (let length = 0; length < row.value.length; length += 7)
      expect(() => read({ ...row, value: row.value.slice(0, length) })).toThrow(RecordError);
    for (const member of Object.keys(value))
      for (const bad of [...(LATER.has(member) ? [] : [undefined]), {}, true]) {
        const damaged = JSON.stringify({ ...value, [member]: bad });
        expect(() => read({ ...row, value: damaged }), `${member}: ${bad}`).toThrow(RecordError);
      }
  });

  it.each(ROWS)('of kind %s in a newer format are refused', (_, row, read) => {
    const newer = JSON.stringify({ ...JSON.parse(row.value), format: 2 });
    expect(() => read({ ...row, value: newer })).toThrow(RecordError);
    for (const value of ['null', '1', '[]', '""', 'no json'])
      expect(() => read({ ...row, value })).toThrow(RecordError);
  });

  it('are refused for vectors of another length and numbers below their range', () => {
    const [, row] = ROWS[0];
    const wrong = JSON.stringify({ ...JSON.parse(row.value), key: 'AAAA' });
    expect(() => readCell({ ...row, value: wrong }, SHAPE)).toThrow(RecordError);
    expect(() => readCell(row, { encoder: ENCODER, dimension: DIMENSION + 1 })).toThrow(RecordError);
    expect(() => readWide(wideRow('a', { S: -1, W: 1, decayedAt: 0 }))).toThrow(RecordError);
    expect(() => readState(stateRow({ ...STATE, beta: 0.5 }), SHAPE)).toThrow(RecordError);
    const window = { ...STATE.wide, narrativeWindow: '012' };
    expect(() => readState(stateRow({ ...STATE, wide: window }), SHAPE)).toThrow(RecordError);
  });
});

describe('an allowance', () => {
  it('comes back, and counts as used up where it is damaged', () => {
    const row = allowanceRow('source/cell/1', 2, 5);
    expect(row).toMatchObject({ kind: 'allowance', key: 'source/cell/1', expiresAt: 5 });
    expect(readAllowance(row)).toBe(2);
    expect(readAllowance({ ...row, value: '{"format":1,"count":"many"}' })).toBe(Number.POSITIVE_INFINITY);
    expect(readAllowance({ ...row, value: 'torn' })).toBe(Number.POSITIVE_INFINITY);
  });
});
