/**
 * The words of ASCII texts by number, in AssemblyScript: found sixteen characters at a time, each looked up by its last
 * eight bytes. `npm run kernels` compiles it into `words-module.ts`; `word-table.ts` has the contract. One instance holds
 * one table; addresses are good until the next call.
 */

/** Numbers a place takes: word + 1 (0 = free), rest (see `restOf`), key. */
const PLACE: usize = 16;
const KEY_BYTES: usize = 8;
/** Bytes before the text that may be read, and after it that may be written. */
const MARGIN: usize = 16;

let seed: u64;
let size: i32 = 0;
let places: usize;
/** Bytes of all places less one place: places are a power of two. */
let placeMask: usize;
let starts: usize;
let pool: usize;
let poolBytes: usize;
let text: usize = 0;
let textBytes: usize = 0;
let ids: usize = 0;
/** Where each word of a text begins and ends. */
let spans: usize = 0;

/** By low half of a character's code: bit h is set where the character with the high half h belongs to the class. */
let inWords: v128 = i8x16.splat(0);
let alone: v128 = i8x16.splat(0);
let capitals: v128 = i8x16.splat(0);

/** Begins a table with room for `words` words. The classes are 16 bytes each from `textAt(48)` on: in words, alone, capitals. */
export function begin(words: i32, seedLow: u32, seedHigh: u32): void {
  seed = (u64(seedHigh) << 32) | seedLow | 1;
  inWords = v128.load(text);
  alone = v128.load(text + 16);
  capitals = v128.load(text + 32);
  poolBytes = usize(words) * 8;
  pool = heap.alloc(poolBytes);
  resize(words);
}

/** Address of room for a text of so many bytes; its words' numbers go to `idsAt()`, as many as it has bytes at most. */
export function textAt(length: i32): usize {
  if (usize(length) > textBytes || text == 0) {
    textBytes = usize(max(2 * length, 16384));
    text = heap.alloc(textBytes + 2 * MARGIN) + MARGIN;
    ids = heap.alloc(4 * (textBytes + 1));
    spans = heap.alloc(8 * (textBytes + 1));
  }
  return text;
}

export function idsAt(): usize {
  return ids;
}

export function count(): i32 {
  return size;
}

/** Address of the bytes of a word, and behind the last one. */
export function wordAt(number: i32): usize {
  return pool + load<u32>(starts + 4 * usize(number));
}

/** Bytes of all words together. */
export function wordBytes(): i32 {
  return load<u32>(starts + 4 * usize(size));
}

/**
 * Numbers the words of the text of `length` ASCII bytes at `textAt`, which is put in lower case; returns how many. Finds
 * all words first, then looks all of them up: so the processor is ahead with look-ups, which wait for memory.
 */
export function read(length: i32): i32 {
  const end = text + usize(length);
  // Nothing behind the end belongs to a word.
  memory.fill(end, 0x20, MARGIN);
  let target = spans;
  let start: usize = 0;
  let before: i32 = 0;
  for (let block = text; block <= end; block += 16) {
    const bytes = v128.load(block);
    const low = v128.and(bytes, i8x16.splat(15));
    const bit = i8x16.swizzle(i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0), i8x16.shr_u(bytes, 4));
    const isCapital = i8x16.ne(v128.and(i8x16.swizzle(capitals, low), bit), i8x16.splat(0));
    // Most blocks have none, and a word is read the faster the longer ago its bytes were written.
    if (v128.any_true(isCapital)) v128.store(block, v128.or(bytes, v128.and(isCapital, i8x16.splat(0x20))));
    const word = i8x16.bitmask(i8x16.ne(v128.and(i8x16.swizzle(inWords, low), bit), i8x16.splat(0)));
    const single = i8x16.bitmask(i8x16.ne(v128.and(i8x16.swizzle(alone, low), bit), i8x16.splat(0)));
    const follows = ((word << 1) | before) & 0xffff;
    const ends = follows & ~word;
    let starts = word & ~follows;
    // A word that goes on from the block before has its start already.
    start = select<usize>(start, block + usize(ctz(starts)), before != 0);
    starts = select<i32>(starts, starts & (starts - 1), before != 0);
    before = word >>> 15;
    for (let events = ends | single; events != 0; events &= events - 1) {
      const place = ctz(events);
      const at = block + usize(place);
      if ((ends >>> place) & 1) {
        store<u32>(target, u32(start));
        store<u32>(target, u32(at), 4);
        target += 8;
        start = block + usize(ctz(starts));
        starts &= starts - 1;
      }
      if ((single >>> place) & 1 && at < end) {
        store<u32>(target, u32(at));
        store<u32>(target, u32(at + 1), 4);
        target += 8;
      }
    }
  }
  let id = ids;
  for (let span = spans; span < target; span += 8, id += 4) store<i32>(id, number(load<u32>(span), load<u32>(span, 4)));
  return i32(id - ids) >>> 2;
}

/** Numbers the `length` bytes at `textAt`, at least one, as one word. */
export function one(length: i32): i32 {
  return number(text, text + usize(length));
}

@inline
function number(start: usize, end: usize): i32 {
  const length = end - start;
  // No branch: word lengths cannot be foretold.
  const missing = select<usize>(KEY_BYTES - length, 0, length < KEY_BYTES);
  const key = load<u64>(end - KEY_BYTES) >> u64(8 * missing);
  const rest = length <= KEY_BYTES ? u32(length) : restOf(start, end);
  let place = placeOf(key, rest);
  for (let known = load<i32>(place); known != 0; known = load<i32>(place)) {
    if (load<u64>(place, 8) == key && load<u32>(place, 4) == rest && (length <= KEY_BYTES || isWord(known - 1, start, length)))
      return known - 1;
    place = nextPlace(place);
  }
  return add(start, length, key, rest);
}

/** Stands for the bytes of a long word before its last eight, and some more; above any short word's length. */
function restOf(start: usize, end: usize): u32 {
  let state = (load<u64>(start) ^ seed) * 0x9e3779b97f4a7c15;
  for (let at = start + KEY_BYTES; at < end - KEY_BYTES; at++) state = (state ^ load<u8>(at)) * 0x100000001b3;
  return u32(state >> 32) | 0x80000000;
}

@inline
function placeOf(key: u64, rest: u32): usize {
  let hash = (key ^ seed) * 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 32) ^ rest) * seed;
  return places + ((usize(hash >> 40) * PLACE) & placeMask);
}

@inline
function nextPlace(place: usize): usize {
  return places + ((place - places + PLACE) & placeMask);
}

/** Whether a word longer than eight bytes, the last of which are known to be the same, is that of the number. */
function isWord(number: i32, start: usize, length: usize): bool {
  const at: usize = load<u32>(starts + 4 * usize(number));
  if (load<u32>(starts + 4 * usize(number) + 4) - at != length) return false;
  if (length <= 2 * KEY_BYTES) return load<u64>(pool + at) == load<u64>(start);
  return memory.compare(pool + at, start, length - KEY_BYTES) == 0;
}

function add(start: usize, length: usize, key: u64, rest: u32): i32 {
  const number = size++;
  const at: usize = load<u32>(starts + 4 * usize(number));
  if (at + length > poolBytes) {
    const larger = heap.alloc(2 * (poolBytes + length));
    memory.copy(larger, pool, at);
    pool = larger;
    poolBytes = 2 * (poolBytes + length);
  }
  memory.copy(pool + at, start, length);
  store<u32>(starts + 4 * usize(number) + 4, at + u32(length));
  put(number, key, rest);
  if (usize(size) * 2 * PLACE > placeMask) resize(2 * size);
  return number;
}

function put(number: i32, key: u64, rest: u32): void {
  let place = placeOf(key, rest);
  while (load<i32>(place) != 0) place = nextPlace(place);
  store<i32>(place, number + 1);
  store<u32>(place, rest, 4);
  store<u64>(place, key, 8);
}

/** Makes room for so many words. */
function resize(words: i32): void {
  let capacity: usize = 1024;
  while (capacity < usize(words)) capacity *= 2;
  const oldPlaces = places;
  const oldBytes: usize = oldPlaces == 0 ? 0 : placeMask + PLACE;
  const oldStarts = starts;
  const bytes: usize = 2 * PLACE * capacity;
  places = heap.alloc(bytes);
  placeMask = bytes - PLACE;
  memory.fill(places, 0, bytes);
  starts = heap.alloc(4 * (capacity + 1));
  if (oldStarts == 0) store<u32>(starts, 0);
  else memory.copy(starts, oldStarts, 4 * (usize(size) + 1));
  for (let at: usize = 0; at < oldBytes; at += PLACE) {
    const known = load<i32>(oldPlaces + at);
    if (known != 0) put(known - 1, load<u64>(oldPlaces + at, 8), load<u32>(oldPlaces + at, 4));
  }
}
