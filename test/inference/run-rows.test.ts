import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formBatches } from '../../src/inference/form-batches.js';
import { type RunBatch, runRows } from '../../src/inference/run-rows.js';
import type { TokenRow } from '../../src/inference/token-slots.js';

const row = (...ids: number[]): TokenRow => ({ ids, types: ids.map(() => 0) });

describe('batches', () => {
  it('hold rows of like length, up to the padded tokens allowed', () => {
    // 2 × 3 = 6 fit into 8, a third row of 4 tokens would make 12; 9 tokens are too many for any batch.
    expect(formBatches([9, 2, 4, 3], 8)).toEqual([[1, 3], [2], [0]]);
    expect(formBatches([3, 3, 3], 0)).toEqual([[0], [1], [2]]);
    expect(formBatches([], 8)).toEqual([]);
  });

  it('hold every row once, and are never larger than allowed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 })),
        fc.integer({ min: 0, max: 90 }),
        (lengths, most) => {
          const batches = formBatches(lengths, most);
          expect(batches.flat().sort((a, b) => a - b)).toEqual([...lengths.keys()]);
          for (const batch of batches) {
            const padded = batch.length * Math.max(...batch.map((place) => lengths[place]!));
            expect(batch.length === 1 || padded <= most).toBe(true);
          }
        },
      ),
    );
  });
});

describe('running rows', () => {
  const sums: RunBatch = async (rows) =>
    rows.map(({ ids }) => Float32Array.of(ids.reduce((sum, id) => sum + id, 0)));

  it('gives results in the order of the rows', async () => {
    const results = await runRows([row(1, 2, 3), row(4), row(5, 6)], sums, 6);
    expect(results).toEqual([Float32Array.of(6), Float32Array.of(4), Float32Array.of(11)]);
  });

  it('runs a batch that broke again row by row: only the row at fault fails', async () => {
    const batches: number[] = [];
    const run: RunBatch = async (rows) => {
      batches.push(rows.length);
      if (rows.some(({ ids }) => ids.includes(13))) throw new Error('no row 13');
      return sums(rows);
    };
    const results = await runRows([row(1), row(13), row(2)], run, 6);
    expect(results).toEqual([Float32Array.of(1), { failure: 'no row 13' }, Float32Array.of(2)]);
    expect(batches).toEqual([3, 1, 1, 1]);
  });

  it('fails a row whose result is not finite, and keeps the others', async () => {
    const run: RunBatch = async (rows) => rows.map(({ ids }) => Float32Array.of(1 / ids[0]!, 0));
    const results = await runRows([row(0), row(2)], run, 6);
    expect(results).toEqual([
      { failure: 'the graph gave a number that is not finite' },
      Float32Array.of(0.5, 0),
    ]);
  });
});
