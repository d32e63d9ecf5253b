/** Dimensions of one step of either loop: what fits in the registers. */
export const STEP = 32;

/**
 * A WebAssembly module with SIMD, put together by hand because it is two loops long and a compiler would be one more
 * thing to install. It imports `env.memory` and exports
 *
 *   dot(vector, row, end) -> f32                    Σ vector[k] · row[k], for the row from `row` to before `end`
 *   combine(sum, rows, factors, offset, end)        sum[k] = Σ factor · row[k] for 32 k, over rows from `rows` to before `end`
 *
 * where `vector` and `sum` are addresses of float32, `row` of int8, `rows` of a list of such addresses and `factors` of a
 * float32 for each; `offset` is added to each of `rows`. A row is a multiple of 32 long; neither a row nor a list is
 * empty. Opcodes as in the WebAssembly core specification 2.0, section 5.
 */
export function assembleRowModule(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [
      2,
      ...functionType([I32, I32, I32], [F32]),
      ...functionType([I32, I32, I32, I32, I32], []),
    ]),
    ...section(2, [1, ...text('env'), ...text('memory'), 0x02, 0x00, 1]),
    ...section(3, [2, 0, 1]),
    ...section(7, [2, ...text('dot'), 0x00, 0, ...text('combine'), 0x00, 1]),
    ...section(10, [2, ...body(0, 9, DOT), ...body(1, 10, COMBINE)]),
  ]);
}

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const plus = (local: number, value: number) => [...get(local), ...i32(value), ...I32_ADD];
const I32_ADD = [0x6a];
const I32_NOT_EQUAL = [0x47];
const F32_ADD = [0x92];
const LOAD_I32 = [0x28, 2, 0];
const LOAD_F32 = [0x2a, 2, 0];
const LOOP = [0x03, 0x40];
const REPEAT_IF = [0x0d, 0];
const END = [0x0b];

const loadFloats = (offset: number) => [0xfd, 0x00, 2, offset];
const storeFloats = (offset: number) => [0xfd, 0x0b, 2, offset];
/** Eight int8 as int16. */
const loadBytes = (offset: number) => [0xfd, 0x01, 0, offset];
const SPLAT = [0xfd, 0x13];
const lane = (index: number) => [0xfd, 0x1f, index];
const FLOATS_ADD = [0xfd, 0xe4, 0x01];
const FLOATS_MULTIPLY = [0xfd, 0xe6, 0x01];
const TO_FLOATS = [0xfd, 0xfa, 0x01];
/** The first or last four of eight int16, as float32. */
const LOW = [0xfd, 0xa7, 0x01, ...TO_FLOATS];
const HIGH = [0xfd, 0xa8, 0x01, ...TO_FLOATS];

const EIGHTHS = [0, 1, 2, 3, 4, 5, 6, 7];

/**
 * Multiplies the 32 int8 at the address in local `row`, four at a time, by what `factor` puts on the stack, and adds the
 * products to the eight locals from `sums`; the local after them holds the bytes.
 */
function addStep(row: number, sums: number, factor: (eighth: number) => number[]): number[] {
  const bytes = sums + EIGHTHS.length;
  return EIGHTHS.flatMap((eighth) => [
    ...get(sums + eighth),
    ...(eighth % 2 === 0
      ? [...get(row), ...loadBytes(4 * eighth), ...tee(bytes), ...LOW]
      : [...get(bytes), ...HIGH]),
    ...factor(eighth),
    ...FLOATS_MULTIPLY,
    ...FLOATS_ADD,
    ...set(sums + eighth),
  ]);
}

/** Locals: vector, row, end; eight sums, the row's bytes. */
const DOT = [
  ...LOOP,
  ...addStep(1, 3, (eighth) => [...get(0), ...loadFloats(16 * eighth)]),
  ...[...plus(0, 4 * STEP), ...set(0)],
  ...[...plus(1, STEP), ...tee(1), ...get(2), ...I32_NOT_EQUAL, ...REPEAT_IF],
  ...END,
  ...EIGHTHS.slice(1).flatMap((eighth) => [...get(3), ...get(3 + eighth), ...FLOATS_ADD, ...set(3)]),
  ...[...get(3), ...lane(0)],
  ...[1, 2, 3].flatMap((index) => [...get(3), ...lane(index), ...F32_ADD]),
];

/** Locals: sum, rows, factors, offset, end; a row; eight sums, the row's bytes, the factor in every lane. */
const COMBINE = [
  ...LOOP,
  ...[...get(2), ...LOAD_F32, ...SPLAT, ...set(15)],
  ...[...get(1), ...LOAD_I32, ...get(3), ...I32_ADD, ...set(5)],
  ...addStep(5, 6, () => get(15)),
  ...[...plus(2, 4), ...set(2)],
  ...[...plus(1, 4), ...tee(1), ...get(4), ...I32_NOT_EQUAL, ...REPEAT_IF],
  ...END,
  ...EIGHTHS.flatMap((eighth) => [...get(0), ...get(6 + eighth), ...storeFloats(16 * eighth)]),
];

/** A section: its number, its length, its bytes. */
function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function functionType(parameters: readonly number[], results: readonly number[]): number[] {
  return [0x60, parameters.length, ...parameters, results.length, ...results];
}

/** A function with some local i32 and v128 besides its parameters. */
function body(integers: number, vectors: number, code: readonly number[]): number[] {
  const content = [2, integers, I32, vectors, V128, ...code, ...END];
  return [...unsigned(content.length), ...content];
}

function text(name: string): number[] {
  return [name.length, ...Buffer.from(name, 'latin1')];
}

/** An i32 from 0 to 8191, as signed LEB128. */
function i32(value: number): number[] {
  return value < 64 ? [0x41, value] : [0x41, (value & 127) | 128, value >>> 7];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}
