import fc from 'fast-check';
import { Matrix as Dense, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../src/distillation/matrix.js';
import { ridgeRegression, scaledToFit } from '../../src/distillation/ridge-regression.js';
import { meansOf, type SparseRows, times, transposedTimes } from '../../src/distillation/sparse-rows.js';

/** Some texts as ids of pieces, a start and targets for them. */
const lesson = fc
  .record({
    pieces: fc.integer({ min: 1, max: 6 }),
    texts: fc.integer({ min: 1, max: 8 }),
    columns: fc.constantFrom(1, 3, 40),
    seed: fc.integer(),
  })
  .chain(({ pieces, texts, columns }) =>
    fc.record({
      a: fc
        .array(fc.array(fc.integer({ min: 0, max: pieces - 1 }), { maxLength: 5 }), {
          minLength: texts,
          maxLength: texts,
        })
        .map((ids) => meansOf(ids, pieces)),
      start: numbers(pieces, columns),
      targets: numbers(texts, columns),
    }),
  );

function numbers(rows: number, columns: number): fc.Arbitrary<Matrix> {
  const count = rows * columns;
  return fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: count, maxLength: count })
    .map((values) => ({ rows, columns, data: Float32Array.from(values) }));
}

function dense({ rows, columns, starts, places, values }: SparseRows): Dense {
  const matrix = Dense.zeros(rows, columns);
  for (let row = 0; row < rows; row++)
    for (let at = starts[row]; at < starts[row + 1]; at++) matrix.set(row, places[at], values[at]);
  return matrix;
}

const toDense = ({ rows, columns, data }: Matrix) => Dense.from1DArray(rows, columns, [...data]);

function expectClose(ours: Matrix, theirs: Dense, digits: number): void {
  expect([ours.rows, ours.columns]).toEqual([theirs.rows, theirs.columns]);
  for (const [at, value] of theirs.to1DArray().entries()) expect(ours.data[at]).toBeCloseTo(value, digits);
}

describe('means of pieces', () => {
  it('count each piece as often as it stands in the text', () => {
    const means = meansOf([[2, 0, 2], [], [1]], 3);
    expect(dense(means).to2DArray()).toEqual([
      [Math.fround(1 / 3), 0, Math.fround(2 / 3)],
      [0, 0, 0],
      [0, 1, 0],
    ]);
  });

  it('multiply as the same matrix written out', () => {
    fc.assert(
      fc.property(lesson, ({ a, start, targets }) => {
        expectClose(times(a, start), dense(a).mmul(toDense(start)), 5);
        expectClose(transposedTimes(a, targets), dense(a).transpose().mmul(toDense(targets)), 5);
      }),
    );
  });
});

describe('ridge regression', () => {
  it('is the solution of the normal equations', async () => {
    await fc.assert(
      fc.asyncProperty(
        lesson,
        fc.double({ min: 0.1, max: 5, noNaN: true }),
        async ({ a, start, targets }, lambda) => {
          const ours = await ridgeRegression(a, start, targets, { lambda, steps: 30 });
          // (AᵀA + λ)·X = Aᵀ·targets + λ·start
          const transposed = dense(a).transpose();
          const left = transposed.mmul(dense(a)).add(Dense.eye(a.columns).mul(lambda));
          const right = transposed.mmul(toDense(targets)).add(toDense(start).mul(lambda));
          expectClose(ours, solve(left, right), 4);
        },
      ),
    );
  });

  it('comes no further from the targets than it started', async () => {
    const miss = (a: SparseRows, x: Matrix, targets: Matrix) =>
      times(a, x).data.reduce((sum, value, at) => sum + (value - targets.data[at]) ** 2, 0);
    await fc.assert(
      fc.asyncProperty(lesson, fc.integer({ min: 1, max: 5 }), async ({ a, start, targets }, steps) => {
        const x = await ridgeRegression(a, start, targets, { lambda: 0.02, steps });
        expect(miss(a, x, targets)).toBeLessThanOrEqual(miss(a, start, targets) + 1e-5);
      }),
    );
  });

  it('leaves the start as it is, and pieces that are in no text where they started', async () => {
    const start: Matrix = { rows: 2, columns: 1, data: Float32Array.of(3, 4) };
    const targets: Matrix = { rows: 1, columns: 1, data: Float32Array.of(1) };
    const x = await ridgeRegression(meansOf([[0]], 2), start, targets, { lambda: 1, steps: 5 });
    // (1 + 1)·x = 1 + 1·3
    expect([...x.data]).toEqual([2, 4]);
    expect([...start.data]).toEqual([3, 4]);
  });

  it('starts best from what is as long as the targets: no other factor comes closer', () => {
    const miss = (a: SparseRows, x: Matrix, targets: Matrix, factor: number) =>
      times(a, x).data.reduce((sum, value, at) => sum + (factor * value - targets.data[at]) ** 2, 0);
    fc.assert(
      fc.property(lesson, fc.double({ min: 0, max: 3, noNaN: true }), ({ a, start, targets }, factor) => {
        const fitted = scaledToFit(a, start, targets);
        const opposed =
          times(a, start).data.reduce((sum, value, at) => sum + value * targets.data[at], 0) <= 0;
        if (opposed) expect(fitted.data).toEqual(start.data);
        else expect(miss(a, fitted, targets, 1)).toBeLessThanOrEqual(miss(a, start, targets, factor) + 1e-4);
      }),
    );
  });

  it('tells the share done, waiting in between', async () => {
    const start: Matrix = { rows: 1, columns: 80, data: new Float32Array(80) };
    const shares: number[] = [];
    await ridgeRegression(meansOf([[0]], 1), start, start, {
      lambda: 1,
      steps: 1,
      onProgress: async (share) => void shares.push(share),
    });
    // Columns go by 32.
    expect(shares).toEqual([0.4, 0.8, 1]);
  });
});
