/**
 * The loops that static vectors come from, in AssemblyScript: over rows of int8 whose length is a multiple of 32, four
 * numbers at a time. `npm run kernels` compiles it into `rows-module.ts`; `row-kernel.ts` has the contract. One instance
 * holds one table and one sum; its memory does not grow once `begin` has returned.
 */

/** Bytes that come from memory together; rows begin at a multiple, where their length is one. */
const LINE: usize = 64;
/** Of a row: the place it had in the last sum it was part of, as an address (0 = none yet), and its scale / 2^24. */
const RECORD: usize = 8;
/** Of a row in the sum: its address, the factor it has there, and how often it was added. */
const PLACE: usize = 12;

/** Bytes of a row, which are as many numbers. */
let length: usize;
let table: usize;
let records: usize;
let list: usize;
let vector: usize;
let sum: usize;
/** The rows of the sum, each once, in the order in which they came, and behind the last one. */
let places: usize;
let placesEnd: usize;

/** Makes room for a table, for so many rows to be listed at a time, and for so many vectors to multiply. */
export function begin(rows: i32, dimension: i32, listed: i32, vectors: i32): void {
  length = usize(dimension);
  table = (heap.alloc(usize(rows) * length + LINE) + LINE - 1) & ~(LINE - 1);
  records = heap.alloc(usize(rows) * RECORD);
  list = heap.alloc(usize(listed) * sizeof<u32>());
  vector = heap.alloc(usize(vectors) * length * sizeof<f32>());
  sum = heap.alloc(length * sizeof<f32>());
  places = heap.alloc(usize(rows) * PLACE);
  placesEnd = places;
}

/** Address of the rows, one behind another. */
export function tableAt(): usize {
  return table;
}

/** Address of a pair of 32 bits for each row: 0, and its scale / 2^24 as a float32. */
export function recordsAt(): usize {
  return records;
}

/** Address of the numbers of the rows to add. */
export function listAt(): usize {
  return list;
}

/** Address of the vectors that `dot` multiplies, one behind another. */
export function vectorAt(): usize {
  return vector;
}

/** Begins another sum: whatever was added is gone. */
export function clear(): void {
  placesEnd = places;
}

/** Address of what `norm` and `unit` make. */
export function sumAt(): usize {
  return sum;
}

/** Which four of sixteen int8 `spread` takes; all other bytes become 0. */
const FIRST = i8x16(-1, -1, -1, 0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3);
const SECOND = i8x16(-1, -1, -1, 4, -1, -1, -1, 5, -1, -1, -1, 6, -1, -1, -1, 7);
const THIRD = i8x16(-1, -1, -1, 8, -1, -1, -1, 9, -1, -1, -1, 10, -1, -1, -1, 11);
const FOURTH = i8x16(-1, -1, -1, 12, -1, -1, -1, 13, -1, -1, -1, 14, -1, -1, -1, 15);

/**
 * Four int8 as float32, times 2^24, which scales make up for to the last bit: each becomes the highest byte of an int32, so
 * its sign stays with it, in one step.
 */
@inline
function spread(bytes: v128, which: v128): v128 {
  return f32x4.convert_i32x4_s(i8x16.swizzle(bytes, which));
}

@inline
function addProduct(sum: v128, left: v128, right: v128): v128 {
  return f32x4.add(sum, f32x4.mul(left, right));
}

/** Σ vector[k] · row[k], times the row's scale, for a vector and a row by their numbers. */
export function dot(which: i32, number: i32): f64 {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  let sum3 = f32x4.splat(0);
  let row = table + usize(number) * length;
  const end = row + length;
  for (let at = vector + usize(which) * length * sizeof<f32>(); row != end; row += 32, at += 128) {
    let bytes = v128.load(row);
    sum0 = addProduct(sum0, spread(bytes, FIRST), v128.load(at));
    sum1 = addProduct(sum1, spread(bytes, SECOND), v128.load(at, 16));
    sum2 = addProduct(sum2, spread(bytes, THIRD), v128.load(at, 32));
    sum3 = addProduct(sum3, spread(bytes, FOURTH), v128.load(at, 48));
    bytes = v128.load(row, 16);
    sum0 = addProduct(sum0, spread(bytes, FIRST), v128.load(at, 64));
    sum1 = addProduct(sum1, spread(bytes, SECOND), v128.load(at, 80));
    sum2 = addProduct(sum2, spread(bytes, THIRD), v128.load(at, 96));
    sum3 = addProduct(sum3, spread(bytes, FOURTH), v128.load(at, 112));
  }
  const four = f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3));
  const product =
    f32x4.extract_lane(four, 0) +
    f32x4.extract_lane(four, 1) +
    f32x4.extract_lane(four, 2) +
    f32x4.extract_lane(four, 3);
  return f64(product) * f64(load<f32>(records + usize(number) * RECORD, 4));
}

/**
 * Adds the first `count` of the listed rows to the sum to be. Also touches them, so that they are on their way from
 * memory all at once and not one by one when they are summed up; what it returns comes of that and means nothing.
 */
export function add(count: i32): i32 {
  const end = list + usize(count) * sizeof<u32>();
  let free = placesEnd;
  const touched = touch(end);
  for (let at = list; at != end; at += sizeof<u32>()) {
    const number = usize(load<u32>(at));
    const row = table + number * length;
    // No branch: whether a row is in the sum already cannot be foretold. A place of an earlier sum holds another row now.
    const record = records + number * RECORD;
    const last = usize(load<u32>(record));
    const isKnown = (last < free) & (load<u32>(last) == u32(row));
    const place = select<usize>(last, free, isKnown);
    const times = select<i32>(load<i32>(place, 8), 0, isKnown) + 1;
    store<u32>(place, u32(row));
    store<f32>(place, f32(times) * load<f32>(record, 4), 4);
    store<i32>(place, times, 8);
    store<u32>(record, u32(place));
    free += select<usize>(0, PLACE, isKnown);
  }
  placesEnd = free;
  return touched;
}

/** Reads a byte of every line of the rows listed up to `end`, and nothing in between, so that many are awaited at a time. */
function touch(end: usize): i32 {
  const rows = table;
  const rowBytes = length;
  let bytes: i32 = 0;
  for (let at = list; at != end; at += sizeof<u32>()) {
    let row = rows + usize(load<u32>(at)) * rowBytes;
    const rowEnd = row + rowBytes;
    bytes ^= load<u8>(rowEnd - 1);
    for (; row < rowEnd; row += LINE) bytes ^= load<u8>(row);
  }
  return bytes;
}

/** Sums up what was added; returns the length of the sum. */
export function norm(): f64 {
  for (let k: usize = 0; k < length; k += 32) combine(k);
  let squares: f64 = 0;
  const end = sum + length * sizeof<f32>();
  for (let at = sum; at != end; at += sizeof<f32>()) {
    const value = f64(load<f32>(at));
    squares += value * value;
  }
  return Math.sqrt(squares);
}

/** The same, and makes the sum one of length 1, if it is not zero. */
export function unit(): void {
  const divisor = norm();
  if (divisor == 0) return;
  const end = sum + length * sizeof<f32>();
  for (let at = sum; at != end; at += 8) {
    const two = f64x2.promote_low_f32x4(v128.load64_zero(at));
    v128.store64_lane(at, f32x4.demote_f64x2_zero(f64x2.div(two, f64x2.splat(divisor))), 0);
  }
}

/** sum[k] = Σ factor · row[k] over the places, for the 32 numbers from `first` on. */
@inline
function combine(first: usize): void {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  let sum3 = f32x4.splat(0);
  let sum4 = f32x4.splat(0);
  let sum5 = f32x4.splat(0);
  let sum6 = f32x4.splat(0);
  let sum7 = f32x4.splat(0);
  for (let place = places; place != placesEnd; place += PLACE) {
    const factor = v128.load32_splat(place, 4);
    const row = usize(load<u32>(place)) + first;
    let bytes = v128.load(row);
    sum0 = addProduct(sum0, spread(bytes, FIRST), factor);
    sum1 = addProduct(sum1, spread(bytes, SECOND), factor);
    sum2 = addProduct(sum2, spread(bytes, THIRD), factor);
    sum3 = addProduct(sum3, spread(bytes, FOURTH), factor);
    bytes = v128.load(row, 16);
    sum4 = addProduct(sum4, spread(bytes, FIRST), factor);
    sum5 = addProduct(sum5, spread(bytes, SECOND), factor);
    sum6 = addProduct(sum6, spread(bytes, THIRD), factor);
    sum7 = addProduct(sum7, spread(bytes, FOURTH), factor);
  }
  const at = sum + first * sizeof<f32>();
  v128.store(at, sum0);
  v128.store(at, sum1, 16);
  v128.store(at, sum2, 32);
  v128.store(at, sum3, 48);
  v128.store(at, sum4, 64);
  v128.store(at, sum5, 80);
  v128.store(at, sum6, 96);
  v128.store(at, sum7, 112);
}
