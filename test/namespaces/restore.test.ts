import { describe, expect, it } from 'vitest';
import { counterRow, stateRow, unfinishedRow, useRow, wideRow } from '../../src/namespaces/records.js';
import { readRows } from '../../src/namespaces/restore.js';
import type { Row } from '../../src/stores/store.js';
import { atCosine, ENCODER, identity, newMemory, SHAPE, START_MS, shownList } from '../fixtures/memory.js';

const COUNTERS = {
  feedback_total: 1,
  request_total: 2,
  query_total: 2,
  upsert_total: 1,
  created_at: 3,
  last_used_at: 4,
};

function stored(): Row[] {
  const memory = newMemory();
  const prepared = memory.prepare(identity('cell', atCosine(1)), shownList(['a', 'b'], ['b']), 1, START_MS);
  const state = { encoder: ENCODER, scorer: 's', hashKey: 'h', pinnedDimension: null, ...prepared.state };
  return [
    ...prepared.changes.flatMap((change) => ('put' in change ? [change.put] : [])),
    stateRow(state),
    counterRow(COUNTERS),
    { kind: 'frequencies', key: 'total', value: '{"any":"thing"}' },
  ];
}

describe('readRows', () => {
  it('sorts rows into state', async () => {
    const restored = await readRows(stored(), SHAPE);
    expect(restored.damaged).toBe(0);
    expect(restored.cells.map(({ id }) => id)).toEqual(['cell']);
    expect(restored.uses).toEqual([['cell', { right: 2, wrong: 1, lastUsedAt: START_MS }]]);
    expect(restored.documents.map(([key]) => key)).toEqual(['a', 'b']);
    expect(restored.state?.feedbacks).toBe(1);
    expect(restored.counters).toEqual(COUNTERS);
    expect(restored.frequencies).toEqual([{ key: 'total', value: '{"any":"thing"}' }]);
  });

  it('is empty for no rows', async () => {
    expect(await readRows([], SHAPE)).toMatchObject({ state: null, counters: null, cells: [], damaged: 0 });
  });

  it('property 16: leaves out what is damaged, counts it, and reads the rest', async () => {
    for (const broken of stored()) {
      if (broken.kind === 'frequencies') continue;
      const rows = stored().map((row) =>
        row.kind === broken.kind && row.key === broken.key ? { ...row, value: row.value.slice(0, 20) } : row,
      );
      const restored = await readRows(rows, SHAPE);
      expect(restored.damaged).toBe(1);
      const read =
        restored.cells.length +
        restored.uses.length +
        restored.documents.length +
        Number(restored.state !== null) +
        Number(restored.counters !== null);
      expect(read).toBe(rows.length - 2);
    }
  });

  it('takes half of a copy for nothing: while one is unfinished, there is no state', async () => {
    await expect(readRows([...stored(), unfinishedRow()], SHAPE)).rejects.toMatchObject({
      name: 'StorageError',
      failure: 'damaged',
    });
  });

  it('lets other work through while it reads many rows', async () => {
    const rows = [...Array(20_000).keys()].map((i) => wideRow(`i:${i}`, { S: 1, W: 1, decayedAt: START_MS }));
    let turns = 0;
    const count = setInterval(() => turns++, 0);
    await readRows([...rows, useRow('x', { right: 1, wrong: 1, lastUsedAt: 0 })], SHAPE);
    clearInterval(count);
    expect(turns).toBeGreaterThan(0);
  });
});
