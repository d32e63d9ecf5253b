/**
 * The two loops that static vectors come from, in AssemblyScript: over rows of int8 whose length is a multiple of 32,
 * four numbers at a time. `npm run kernels` compiles it into `rows-module.ts`; `row-kernel.ts` is what calls it.
 */

/** Address of so many bytes, which stay. */
export function room(bytes: usize): usize {
  return heap.alloc(bytes);
}

/** Four of eight int16 as float32: the first. */
@inline
function low(numbers: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(numbers));
}

/** The last. */
@inline
function high(numbers: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(numbers));
}

@inline
function addProduct(sum: v128, left: v128, right: v128): v128 {
  return f32x4.add(sum, f32x4.mul(left, right));
}

/** Σ vector[k] · row[k], for the float32 from `vector` on and the row from `row` to before `end`. */
export function dot(vector: usize, row: usize, end: usize): f32 {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  let sum3 = f32x4.splat(0);
  for (; row != end; row += 32, vector += 128) {
    let eight = v128.load_ext<i8>(row);
    sum0 = addProduct(sum0, low(eight), v128.load(vector));
    sum1 = addProduct(sum1, high(eight), v128.load(vector, 16));
    eight = v128.load_ext<i8>(row, 8);
    sum2 = addProduct(sum2, low(eight), v128.load(vector, 32));
    sum3 = addProduct(sum3, high(eight), v128.load(vector, 48));
    eight = v128.load_ext<i8>(row, 16);
    sum0 = addProduct(sum0, low(eight), v128.load(vector, 64));
    sum1 = addProduct(sum1, high(eight), v128.load(vector, 80));
    eight = v128.load_ext<i8>(row, 24);
    sum2 = addProduct(sum2, low(eight), v128.load(vector, 96));
    sum3 = addProduct(sum3, high(eight), v128.load(vector, 112));
  }
  const sum = f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3));
  return (
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    f32x4.extract_lane(sum, 2) +
    f32x4.extract_lane(sum, 3)
  );
}

/**
 * sum[k] = Σ factor · row[k] for 32 k, over the rows whose addresses stand from `rows` to before `end`, with a float32
 * factor for each from `factors` on. `offset` is added to each address. At least one row.
 */
export function combine(sum: usize, rows: usize, factors: usize, offset: usize, end: usize): void {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  let sum3 = f32x4.splat(0);
  let sum4 = f32x4.splat(0);
  let sum5 = f32x4.splat(0);
  let sum6 = f32x4.splat(0);
  let sum7 = f32x4.splat(0);
  for (; rows != end; rows += 4, factors += 4) {
    const factor = f32x4.splat(load<f32>(factors));
    const row = usize(load<u32>(rows)) + offset;
    let eight = v128.load_ext<i8>(row);
    sum0 = addProduct(sum0, low(eight), factor);
    sum1 = addProduct(sum1, high(eight), factor);
    eight = v128.load_ext<i8>(row, 8);
    sum2 = addProduct(sum2, low(eight), factor);
    sum3 = addProduct(sum3, high(eight), factor);
    eight = v128.load_ext<i8>(row, 16);
    sum4 = addProduct(sum4, low(eight), factor);
    sum5 = addProduct(sum5, high(eight), factor);
    eight = v128.load_ext<i8>(row, 24);
    sum6 = addProduct(sum6, low(eight), factor);
    sum7 = addProduct(sum7, high(eight), factor);
  }
  v128.store(sum, sum0);
  v128.store(sum, sum1, 16);
  v128.store(sum, sum2, 32);
  v128.store(sum, sum3, 48);
  v128.store(sum, sum4, 64);
  v128.store(sum, sum5, 80);
  v128.store(sum, sum6, 96);
  v128.store(sum, sum7, 112);
}

/**
 * Asks for the rows whose addresses stand from `rows` to before `end`, each `length` bytes long, so that they are on their
 * way from memory all at once and not one by one when they are added up. What it returns means nothing.
 */
export function fetch(rows: usize, end: usize, length: usize): i32 {
  let bytes: i32 = 0;
  for (; rows != end; rows += 4) {
    const row = usize(load<u32>(rows));
    for (let at: usize = 0; at < length; at += 64) bytes ^= load<u8>(row + at);
    bytes ^= load<u8>(row + length - 1);
  }
  return bytes;
}
