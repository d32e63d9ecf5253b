import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, cosineOf, type Matrix, rowOf, setColumns } from '../../src/distillation/matrix.js';
import { pieceWeight, sharesByRank, sharesInTexts } from '../../src/distillation/piece-weights.js';
import { quantiseRows, restoreRows } from '../../src/distillation/quantise.js';

const matrices = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 8 }))
  .chain(([rows, columns]) => {
    const count = rows * columns;
    return fc
      .array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: count, maxLength: count })
      .map((values): Matrix => ({ rows, columns, data: Float32Array.from(values) }));
  });

describe('rows in bytes', () => {
  it('are off by half a step at most, a step being a 127th of the row’s largest', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const quantised = quantiseRows(matrix);
        const restored = restoreRows(quantised, matrix.columns);
        for (let row = 0; row < matrix.rows; row++) {
          const largest = Math.max(...rowOf(matrix, row).map(Math.abs));
          expect(quantised.scales[row]).toBeCloseTo(largest / 127, 4);
          for (const [k, value] of rowOf(matrix, row).entries()) {
            const off = Math.abs(rowOf(restored, row)[k] - value);
            expect(off).toBeLessThanOrEqual((0.5001 * largest) / 127 + 1e-40);
          }
        }
      }),
    );
  });

  it('of zeros stay zeros', () => {
    const { rows, scales } = quantiseRows({ rows: 1, columns: 3, data: new Float32Array(3) });
    expect([[...rows], [...scales]]).toEqual([[0, 0, 0], [0]]);
  });
});

describe('columns', () => {
  it('that are taken out and put back change nothing', () => {
    fc.assert(
      fc.property(matrices, fc.nat(), (matrix, at) => {
        const middle = at % (matrix.columns + 1);
        const copy: Matrix = { ...matrix, data: new Float32Array(matrix.data.length) };
        setColumns(copy, 0, columnsOf(matrix, 0, middle));
        setColumns(copy, middle, columnsOf(matrix, middle, matrix.columns));
        expect(copy.data).toEqual(matrix.data);
      }),
    );
  });
});

describe('the cosine', () => {
  it('is that of the angle, and 0 for a zero vector', () => {
    expect(cosineOf(Float32Array.of(3, 0), Float32Array.of(1, 1))).toBeCloseTo(Math.SQRT1_2, 6);
    expect(cosineOf(Float32Array.of(0, 0), Float32Array.of(1, 1))).toBe(0);
  });
});

describe('shares of pieces', () => {
  it('fall with the rank; single characters count as the tenth, and pieces without a surface not at all', () => {
    const shares = sharesByRank([null, 'the', '.', 'of', null, 'a', 'and']);
    // Five pieces: H = ln 5 + .577 = 2.1864; 1/(3.7·H), 1/(4.7·H), 1/(5.7·H), characters 1/(12.7·H).
    const expected = [0, 0.1236, 0.036, 0.0973, 0, 0.036, 0.0802];
    for (const [piece, share] of shares.entries()) expect(share).toBeCloseTo(expected[piece], 4);
    expect(sharesByRank(['😀'])[0]).toBe(sharesByRank(['x'])[0]);
  });

  it('in texts are the counted ones, those thought before counting as 100 000 pieces', () => {
    const shares = sharesInTexts(Float64Array.of(0.5, 0.25), [0, 100_000]);
    expect([...shares]).toEqual([0.25, 0.625]);
  });

  it('weigh 1 when nothing, half at a thousandth, and never less for a rarer piece', () => {
    expect([pieceWeight(0), pieceWeight(0.001)]).toEqual([1, 0.5]);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, (left, right) => {
        expect(pieceWeight(left)).toBeGreaterThan(0);
        expect(pieceWeight(Math.min(left, right))).toBeGreaterThanOrEqual(pieceWeight(Math.max(left, right)));
      }),
    );
  });
});
