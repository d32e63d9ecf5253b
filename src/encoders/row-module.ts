/**
 * A WebAssembly module with SIMD, put together by hand because it is two loops long and a compiler would be one more
 * thing to install. It imports `env.memory` and exports
 *
 *   dot(vector, row, length) -> f32        Σ vector[k] · row[k]
 *   add(sum, row, length, factor)          sum[k] += factor · row[k]
 *
 * where `vector` and `sum` are addresses of float32, `row` of int8, and `length` is a multiple of 8, at least 8. Opcodes
 * as in the WebAssembly core specification 2.0, section 5.
 */
export function assembleRowModule(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [2, ...functionType([I32, I32, I32], [F32]), ...functionType([I32, I32, I32, F32], [])]),
    ...section(2, [1, ...text('env'), ...text('memory'), 0x02, 0x00, 1]),
    ...section(3, [2, 0, 1]),
    ...section(7, [2, ...text('dot'), 0x00, 0, ...text('add'), 0x00, 1]),
    ...section(10, [2, ...body(3, DOT), ...body(2, ADD)]),
  ]);
}

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const i32 = (value: number) => [0x41, value];
const I32_ADD = [0x6a];
const I32_SUB = [0x6b];
const F32_ADD = [0x92];
const LOOP = [0x03, 0x40];
const REPEAT_IF = [0x0d, 0];
const END = [0x0b];

const loadFloats = (offset: number) => [0xfd, 0x00, 2, offset];
const storeFloats = (offset: number) => [0xfd, 0x0b, 2, offset];
/** Eight int8 as int16. */
const LOAD_BYTES = [0xfd, 0x01, 0, 0];
const SPLAT = [0xfd, 0x13];
const lane = (index: number) => [0xfd, 0x1f, index];
const FLOATS_ADD = [0xfd, 0xe4, 0x01];
const FLOATS_MULTIPLY = [0xfd, 0xe6, 0x01];
const TO_FLOATS = [0xfd, 0xfa, 0x01];
/** The first or last four of eight int16, as float32. */
const LOW = [0xfd, 0xa7, 0x01, ...TO_FLOATS];
const HIGH = [0xfd, 0xa8, 0x01, ...TO_FLOATS];

/** Moves the address in local 0 by eight float32 and that in local 1 by eight int8; again while local 2 has more. */
const NEXT = [
  ...[...get(0), ...i32(32), ...I32_ADD, ...set(0)],
  ...[...get(1), ...i32(8), ...I32_ADD, ...set(1)],
  ...[...get(2), ...i32(8), ...I32_SUB, ...tee(2), ...REPEAT_IF],
];

/** Locals: vector, row, length; sums of the low and the high lanes, the row's bytes. */
const DOT = [
  ...LOOP,
  ...[...get(3), ...get(0), ...loadFloats(0), ...get(1), ...LOAD_BYTES, ...tee(5), ...LOW],
  ...[...FLOATS_MULTIPLY, ...FLOATS_ADD, ...set(3)],
  ...[
    ...get(4),
    ...get(0),
    ...loadFloats(16),
    ...get(5),
    ...HIGH,
    ...FLOATS_MULTIPLY,
    ...FLOATS_ADD,
    ...set(4),
  ],
  ...NEXT,
  ...END,
  ...[...get(3), ...get(4), ...FLOATS_ADD, ...tee(3), ...lane(0)],
  ...[1, 2, 3].flatMap((index) => [...get(3), ...lane(index), ...F32_ADD]),
];

/** Locals: sum, row, length, factor; the factor in every lane, the row's bytes. */
const ADD = [
  ...[...get(3), ...SPLAT, ...set(4)],
  ...LOOP,
  ...[...get(0), ...get(0), ...loadFloats(0), ...get(1), ...LOAD_BYTES, ...tee(5), ...LOW],
  ...[...get(4), ...FLOATS_MULTIPLY, ...FLOATS_ADD, ...storeFloats(0)],
  ...[...get(0), ...get(0), ...loadFloats(16), ...get(5), ...HIGH],
  ...[...get(4), ...FLOATS_MULTIPLY, ...FLOATS_ADD, ...storeFloats(16)],
  ...NEXT,
  ...END,
];

/** A section: its number, its length, its bytes. */
function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function functionType(parameters: readonly number[], results: readonly number[]): number[] {
  return [0x60, parameters.length, ...parameters, results.length, ...results];
}

/** A function with some local v128 besides its parameters. */
function body(vectors: number, code: readonly number[]): number[] {
  const content = [1, vectors, V128, ...code, ...END];
  return [...unsigned(content.length), ...content];
}

function text(name: string): number[] {
  return [name.length, ...Buffer.from(name, 'latin1')];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}
