import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import {
  createRowKernel,
  plainKernel,
  type RowKernel,
  type ScaledRows,
} from '../../src/encoders/row-kernel.js';

const ROWS = 10;

function randomRows(dimension: number): ScaledRows {
  const random = seededRandom(7);
  return {
    dimension,
    numbers: Int8Array.from({ length: ROWS * dimension }, () => Math.floor(random.next() * 256) - 128),
    scales: Float32Array.from({ length: ROWS }, () => random.next() / 100),
  };
}

function rowsOf(rows: readonly (readonly number[])[], scales: readonly number[]): ScaledRows {
  return {
    dimension: rows[0]!.length,
    numbers: Int8Array.from(rows.flat()),
    scales: Float32Array.from(scales),
  };
}

function addAll(kernel: RowKernel, rows: readonly number[]): RowKernel {
  kernel.begin();
  for (const row of rows) kernel.add(row);
  return kernel;
}

/**
 * What a sum must be to the last bit: rows in the order in which they first came, each product and each sum a float32; the
 * length and the quotients in float64.
 */
function unitOf({ numbers, scales, dimension }: ScaledRows, added: readonly number[]) {
  const sum = new Float32Array(dimension);
  for (const row of new Set(added)) {
    const factor = Math.fround(added.filter((other) => other === row).length * scales[row]!);
    for (let k = 0; k < dimension; k++) {
      const product = Math.fround(factor * numbers[row * dimension + k]!);
      sum[k] = sum[k]! + product;
    }
  }
  const norm = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
  return { norm, unit: sum.map((value) => (norm > 0 ? value / norm : 0)) };
}

describe('the kernel over int8 rows', () => {
  const adds = fc.array(fc.nat(ROWS - 1), { maxLength: 30 });

  it.each([32, 64, 96, 192])('compiled makes sums to the last bit, %i numbers wide', (dimension) => {
    const rows = randomRows(dimension);
    const kernel = createRowKernel(rows);
    fc.assert(
      fc.property(adds, (added) => {
        const { norm, unit } = unitOf(rows, added);
        expect(addAll(kernel, added).norm()).toBe(norm);
        expect(addAll(kernel, added).unit()).toEqual(unit);
      }),
    );
  });

  it('compiled gives what plain loops give', () => {
    const vectors = fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: 64, maxLength: 64 });
    const rows = randomRows(64);
    const fast = createRowKernel(rows);
    const plain = plainKernel(rows);
    fc.assert(
      fc.property(vectors, adds, (vector, added) => {
        const theirs = addAll(plain, added).unit();
        const ours = addAll(fast, added).unit();
        for (let k = 0; k < 64; k++) expect(ours[k]).toBeCloseTo(theirs[k]!, 5);
        for (let row = 0; row < ROWS; row++)
          expect(fast.dot(vector, row)).toBeCloseTo(plain.dot(vector, row), 4);
      }),
    );
  });

  // Two rows of 32: 1, 2, 3 … 32, and −128, 127 and zeros with a 1 at the end.
  const counting = Array.from({ length: 32 }, (_, k) => k + 1);
  const ends = [-128, 127, ...Array.from({ length: 29 }, () => 0), 1];

  it('multiplies what can be checked by eye', () => {
    const kernel = createRowKernel(rowsOf([counting, ends], [1, 0.5]));
    const ones = new Float32Array(32).fill(1);
    // 1 + 2 + … + 32 = 528; (−128 + 127 + 1) / 2 = 0.
    expect([kernel.dot(ones, 0), kernel.dot(ones, 1)]).toEqual([528, 0]);
    const first = Float32Array.from(ones, (_, k) => (k === 0 ? 1 : 0));
    expect([kernel.dot(first, 0), kernel.dot(first, 1)]).toEqual([1, -64]);
  });

  it('multiplies by turns with more vectors than it holds', () => {
    const kernel = createRowKernel(rowsOf([counting, ends], [1, 0.5]));
    const vectors = Array.from({ length: 20 }, (_, n) => new Float32Array(32).fill(n));
    for (const step of [1, 7, 3])
      for (let n = 0; n < 60; n++) {
        const place = (n * step) % vectors.length;
        expect(kernel.dot(vectors[place]!, 0)).toBe(528 * place);
      }
  });

  it.each([
    ['compiled', createRowKernel],
    ['plain', plainKernel],
  ])('%s adds what can be checked by eye, each sum anew', (_, create) => {
    // Scales of .5 and 3; row 0 is 2, 0, 0 …, row 1 is 0, 1, 0 ….
    const one = Array.from(ends, (_, k) => (k === 0 ? 2 : 0));
    const other = Array.from(ends, (_, k) => (k === 1 ? 1 : 0));
    const kernel = create(rowsOf([one, other], [0.5, 3]));
    // Four times 1, and 3: 4, 3, 0 …; its length is 5.
    expect(addAll(kernel, [0, 0, 1, 0, 0]).norm()).toBe(5);
    const unit = addAll(kernel, [0, 1, 0, 0, 0]).unit();
    expect([...unit.subarray(0, 3)]).toEqual([...Float32Array.of(4 / 5, 3 / 5, 0)]);
    expect([...addAll(kernel, [1]).unit().subarray(0, 3)]).toEqual([0, 1, 0]);
    expect([...addAll(kernel, []).unit().subarray(0, 3), kernel.norm()]).toEqual([0, 0, 0, 0]);
  });

  it('adds more rows than it lists at a time', () => {
    const rows = randomRows(32);
    const added = Array.from({ length: 10_000 }, (_, place) => (place * place) % ROWS);
    const kernel = createRowKernel(rows);
    expect(addAll(kernel, added).unit()).toEqual(unitOf(rows, added).unit);
    expect(addAll(kernel, [3]).unit()).toEqual(unitOf(rows, [3]).unit);
  });

  it.each([
    ['compiled', createRowKernel],
    ['plain', plainKernel],
  ])('%s leaves out of a sum what the last one left behind, however much that is', (_, create) => {
    const rows = randomRows(32);
    const wanted = addAll(create(rows), [3, 5]).unit();
    const kernel = create(rows);
    for (const left of [1, 3, 5000]) {
      kernel.begin();
      for (let place = 0; place < left; place++) kernel.add(place % ROWS);
      expect(addAll(kernel, [3, 5]).unit()).toEqual(wanted);
    }
  });

  it('also serves dimensions that are no multiple of 32', () => {
    const kernel = createRowKernel(
      rowsOf(
        [
          [1, 2, 3],
          [0, 3, 4],
        ],
        [1, 2],
      ),
    );
    // 2 · (0, 3, 4) is of length 10; 2 · (3 + 4) = 14.
    expect([addAll(kernel, [1]).norm(), kernel.dot(Float32Array.of(1, 1, 1), 1)]).toEqual([10, 14]);
  });

  it('keeps a copy of the rows', () => {
    for (const dimension of [32, 4]) {
      const rows = rowsOf([Array.from({ length: dimension }, () => 1)], [1]);
      const kernel = createRowKernel(rows);
      rows.numbers.fill(9);
      rows.scales.fill(9);
      expect(kernel.dot(new Float32Array(dimension).fill(1), 0)).toBe(dimension);
    }
  });
});
