/**
 * The words of ASCII texts by number, in AssemblyScript: found 64 characters at a time, each looked up by its first and
 * last eight bytes. `npm run kernels` compiles it into `words-module.ts`; `word-reader.ts` has the contract. One instance
 * holds one table; addresses are good until the next call. What is run for every word has no branch that depends on the
 * word: such branches cannot be foretold, and cost more than all the rest.
 */

/** Bytes of a place: last key, first key, length in bytes (0 = free), word. */
const PLACE: usize = 32;
const FIRST_KEY: usize = 8;
const LENGTH: usize = 16;
const WORD: usize = 20;
const KEY_BYTES: usize = 8;
/** Bytes read at once. */
const BLOCK: usize = 64;
/** Bytes before the text that may be read, and after it that may be read and written. */
const MARGIN: usize = 128;
/** Bits of a place's number in a hash: those above. */
const HASH_BITS: u64 = 64;

/** Random odd multipliers: of the last key, the first, and what is between them. */
let lastFactor: u64;
let firstFactor: u64;
let restFactor: u64;
let size: i32 = 0;
let places: usize;
/** Bytes of all places less one place: places are a power of two. */
let placeMask: usize;
let placeShift: u64;
/** Which bytes of the keys belong to a word, by its length: of the last key 17 masks, then of the first key as many. */
const masks: usize = memory.data(272);
let starts: usize;
let pool: usize;
let poolBytes: usize;
let text: usize = 0;
let textBytes: usize = 0;
let ids: usize = 0;
/** Where each word of a text begins, and where it ends. */
let froms: usize = 0;
let tos: usize = 0;

/** By low half of a character's code: bit h is set where the character with the high half h belongs to the class. */
let inWords: v128 = i8x16.splat(0);
let alone: v128 = i8x16.splat(0);
let capitals: v128 = i8x16.splat(0);

/** By word: its group, 0 = none. */
let groupOf: usize = 0;
/** By group: its place among the groups of the text that was grouped last + 1, 0 = not there; and room for so many. */
let placeOf: usize = 0;
let groupRoom: usize = 0;
/** By group: how many of the texts that were added up have it; and the groups these have, each once. */
let textsOf: usize = 0;
let summed: usize = 0;
let summedBytes: usize = 0;
/** The groups of the text that was grouped last, the first word of each, and how often each appears: lists of `stride`. */
let lists: usize = 0;
let stride: usize = 0;
let groups: usize = 0;
let grouped: i32 = 0;
let headGroups: i32 = 0;

/**
 * Begins a table with room for `words` words. The classes are 16 bytes each from `textAt(48)` on: in words, alone, capitals.
 * The numbers are random; the first bit of each counts for nothing.
 */
export function begin(words: i32, last: u64, first: u64, rest: u64): void {
  lastFactor = last | 1;
  firstFactor = first | 1;
  restFactor = rest | 1;
  inWords = v128.load(text);
  alone = v128.load(text + 16);
  capitals = v128.load(text + 32);
  for (let length: usize = 0; length <= 2 * KEY_BYTES; length++) {
    const ofLast = min(length, KEY_BYTES);
    const ofFirst = length - ofLast;
    // A shift by all bits is none.
    store<u64>(masks + 8 * length, ofLast == 0 ? 0 : u64.MAX_VALUE << u64(64 - 8 * ofLast));
    store<u64>(masks + 136 + 8 * length, ofFirst == 0 ? 0 : u64.MAX_VALUE >> u64(64 - 8 * ofFirst));
  }
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
    froms = heap.alloc(4 * (textBytes + BLOCK));
    tos = heap.alloc(4 * (textBytes + BLOCK));
    forget();
    lists = heap.alloc(3 * 4 * (textBytes + 2));
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
  const found = find(length);
  for (let at: usize = 0; at < found; at += 4)
    store<i32>(ids + at, number(load<u32>(froms + at), load<u32>(tos + at)));
  return i32(found >>> 2);
}

/** Lists where words begin and end; returns four times how many. */
function find(length: i32): usize {
  const end = text + usize(length);
  // Nothing behind the end belongs to a word.
  memory.fill(end, 0x20, BLOCK);
  let from = froms;
  let to = tos;
  let wordBefore: u64 = 0;
  let aloneBefore: u64 = 0;
  for (let block = text; block <= end; block += BLOCK) {
    let word: u64 = 0;
    let single: u64 = 0;
    for (let part: usize = 0; part < BLOCK; part += 16) {
      const at = block + part;
      const bytes = v128.load(at);
      const low = v128.and(bytes, i8x16.splat(15));
      const bit = i8x16.swizzle(i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0), i8x16.shr_u(bytes, 4));
      const isCapital = i8x16.ne(v128.and(i8x16.swizzle(capitals, low), bit), i8x16.splat(0));
      // Most blocks have none, and a word is read the faster the longer ago its bytes were written.
      if (v128.any_true(isCapital)) v128.store(at, v128.or(bytes, v128.and(isCapital, i8x16.splat(0x20))));
      const inWord = i8x16.ne(v128.and(i8x16.swizzle(inWords, low), bit), i8x16.splat(0));
      const isAlone = i8x16.ne(v128.and(i8x16.swizzle(alone, low), bit), i8x16.splat(0));
      word |= u64(u32(i8x16.bitmask(inWord))) << u64(part);
      single |= u64(u32(i8x16.bitmask(isAlone))) << u64(part);
    }
    const follows = (word << 1) | wordBefore;
    from = list(from, block, (word & ~follows) | single);
    to = list(to, block, (follows & ~word) | (single << 1) | aloneBefore);
    wordBefore = word >> 63;
    aloneBefore = single >> 63;
  }
  // What begins behind the end was written by nobody.
  return to - tos;
}

/** Writes the addresses of the bits that are set to `target`; returns where the next ones go. */
@inline
function list(target: usize, block: usize, bits: u64): usize {
  const end = target + 4 * usize(popcnt(bits));
  for (; target < end; target += 4) {
    store<u32>(target, u32(block) + u32(ctz(bits)));
    bits &= bits - 1;
  }
  return end;
}

/** Numbers the `length` bytes at `textAt`, at least one, as one word. */
export function one(length: i32): i32 {
  return number(text, text + usize(length));
}

@inline
function number(start: usize, end: usize): i32 {
  const length = end - start;
  const mask = masks + 8 * min(length, 2 * KEY_BYTES);
  const last = load<u64>(end - KEY_BYTES) & load<u64>(mask);
  const first = load<u64>(start) & load<u64>(mask, 136);
  if (length > 2 * KEY_BYTES) return longWord(start, length, last, first);
  const hash = last * lastFactor + first * firstFactor + u64(length) * restFactor;
  let place = placeAt(hash);
  for (let bytes = load<u32>(place, LENGTH); bytes != 0; bytes = load<u32>(place, LENGTH)) {
    const differs = (load<u64>(place) ^ last) | (load<u64>(place, FIRST_KEY) ^ first) | u64(bytes ^ u32(length));
    if (differs == 0) return load<i32>(place, WORD);
    place = nextPlace(place);
  }
  return add(start, length, last, first, hash);
}

function longWord(start: usize, length: usize, last: u64, first: u64): i32 {
  const hash = hashOfLong(start, length, last, first);
  let place = placeAt(hash);
  for (let bytes = load<u32>(place, LENGTH); bytes != 0; bytes = load<u32>(place, LENGTH)) {
    const differs = (load<u64>(place) ^ last) | (load<u64>(place, FIRST_KEY) ^ first) | u64(bytes ^ u32(length));
    const known = load<i32>(place, WORD);
    if (differs == 0 && memory.compare(wordAt(known), start, length) == 0) return known;
    place = nextPlace(place);
  }
  return add(start, length, last, first, hash);
}

function hashOfLong(start: usize, length: usize, last: u64, first: u64): u64 {
  let rest = u64(length) ^ restFactor;
  for (let at = start + KEY_BYTES; at < start + length - KEY_BYTES; at++) rest = (rest ^ load<u8>(at)) * 0x100000001b3;
  return last * lastFactor + first * firstFactor + rest * restFactor;
}

@inline
function placeAt(hash: u64): usize {
  return places + PLACE * usize(hash >> placeShift);
}

@inline
function nextPlace(place: usize): usize {
  return places + ((place - places + PLACE) & placeMask);
}

function add(start: usize, length: usize, last: u64, first: u64, hash: u64): i32 {
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
  put(number, u32(length), last, first, hash);
  if (usize(size) * 4 * PLACE > placeMask) resize(2 * size);
  return number;
}

function put(number: i32, length: u32, last: u64, first: u64, hash: u64): void {
  let place = placeAt(hash);
  while (load<u32>(place, LENGTH) != 0) place = nextPlace(place);
  store<u64>(place, last);
  store<u64>(place, first, FIRST_KEY);
  store<u32>(place, length, LENGTH);
  store<i32>(place, number, WORD);
}

/** Makes room for so many words. */
function resize(words: i32): void {
  let capacity: usize = 1024;
  let bits: u64 = 12;
  for (; capacity < usize(words); capacity *= 2) bits++;
  const oldPlaces = places;
  const oldBytes: usize = oldPlaces == 0 ? 0 : placeMask + PLACE;
  const oldStarts = starts;
  const oldGroups = groupOf;
  const bytes: usize = 4 * PLACE * capacity;
  // From an address that is a whole number of places on, so that none lies in two lines of the processor's cache.
  places = (heap.alloc(bytes + PLACE) + PLACE) & ~(PLACE - 1);
  placeMask = bytes - PLACE;
  placeShift = HASH_BITS - bits;
  memory.fill(places, 0, bytes);
  starts = heap.alloc(4 * (capacity + 1));
  groupOf = heap.alloc(4 * capacity);
  memory.fill(groupOf, 0, 4 * capacity);
  if (oldStarts == 0) {
    store<u32>(starts, 0);
  } else {
    memory.copy(starts, oldStarts, 4 * (usize(size) + 1));
    memory.copy(groupOf, oldGroups, 4 * usize(size));
  }
  for (let at: usize = 0; at < oldBytes; at += PLACE) {
    const place = oldPlaces + at;
    const length = load<u32>(place, LENGTH);
    if (length == 0) continue;
    const last = load<u64>(place);
    const first = load<u64>(place, FIRST_KEY);
    const number = load<i32>(place, WORD);
    const hash =
      usize(length) > 2 * KEY_BYTES
        ? hashOfLong(wordAt(number), length, last, first)
        : last * lastFactor + first * firstFactor + u64(length) * restFactor;
    put(number, length, last, first, hash);
  }
}

/** Puts a word into a group, from 1; 0 takes it out of all. */
export function setGroup(word: i32, group: i32): void {
  store<i32>(groupOf + 4 * usize(word), group);
  if (usize(group) < groupRoom) return;
  forget();
  const oldBytes = 4 * groupRoom;
  const oldTexts = textsOf;
  const oldSummed = summed;
  groupRoom = max(1024, 2 * usize(group));
  const bytes = 4 * groupRoom;
  placeOf = heap.alloc(bytes + 4);
  textsOf = heap.alloc(bytes);
  summed = heap.alloc(bytes + 4);
  memory.fill(placeOf, 0, bytes);
  memory.fill(textsOf, 0, bytes);
  if (oldBytes == 0) return;
  memory.copy(textsOf, oldTexts, oldBytes);
  memory.copy(summed, oldSummed, summedBytes);
}

/** Forgets which groups the last text had. */
function forget(): void {
  for (let at: usize = 0; at < groups; at += 4) store<i32>(placeOf + 4 * usize(load<i32>(lists + at)), 0);
  groups = 0;
}

/**
 * Lists the distinct groups of the first `count` words at `idsAt` in the order in which they first appear, at `listsAt`: the
 * groups, the first word of each, how often each appears, each list `count` + 1 long. Returns how many groups there are.
 * `head`: so many words in groups are the text's head.
 */
export function group(count: i32, head: i32): i32 {
  forget();
  if (groupRoom == 0) setGroup(0, 0);
  stride = 4 * (usize(count) + 1);
  const first = lists;
  const words = lists + stride;
  const counts = words + stride;
  const groupsOfWords = groupOf;
  const marks = placeOf;
  const nowhere = i32(groupRoom);
  let next: usize = 0;
  let inGroups: i32 = 0;
  let inHead: usize = 0;
  // First a group's mark is how often it was met; one at 0 is new.
  for (let at: usize = ids, end = ids + 4 * usize(count); at < end; at += 4) {
    const word = load<i32>(at);
    const group = load<i32>(groupsOfWords + 4 * usize(word));
    const met = load<i32>(marks + 4 * usize(group));
    // All bits set where it is so, else none.
    const belongs = -i32(group != 0);
    const isNew = -i32(met == 0);
    // A word of no group is written to where the next group goes, and overwritten there; its mark goes nowhere.
    store<i32>(first + next, group);
    store<i32>(words + next, word);
    store<i32>(marks + 4 * usize((group & belongs) | (nowhere & ~belongs)), met + 1);
    next += usize(isNew & belongs & 4);
    inGroups -= belongs;
    const isHead = -i32(inGroups <= head);
    inHead = (next & usize(isHead)) | (inHead & usize(~isHead));
  }
  // Then it is the group's place.
  for (let at: usize = 0; at < next; at += 4) {
    const mark = marks + 4 * usize(load<i32>(first + at));
    store<i32>(counts + at, load<i32>(mark));
    store<i32>(mark, i32(at >>> 2) + 1);
  }
  groups = next;
  grouped = inGroups;
  headGroups = i32(inHead >>> 2);
  return i32(next >>> 2);
}

/** Begins to add texts up. */
export function beginSum(): void {
  for (let at: usize = 0; at < summedBytes; at += 4) store<i32>(textsOf + 4 * usize(load<i32>(summed + at)), 0);
  summedBytes = 0;
}

/** Adds the text up that was grouped last. */
export function addToSum(): void {
  for (let at: usize = 0; at < groups; at += 4) {
    const group = load<i32>(lists + at);
    const texts = load<i32>(textsOf + 4 * usize(group));
    store<i32>(summed + summedBytes, group);
    store<i32>(textsOf + 4 * usize(group), texts + 1);
    summedBytes += usize(i32(texts == 0) << 2);
  }
}

/** Number of groups that texts added up have. */
export function summedGroups(): i32 {
  return i32(summedBytes >>> 2);
}

export function summedAt(): usize {
  return summed;
}

export function textsAt(): usize {
  return textsOf;
}

export function listsAt(): usize {
  return lists;
}

/** Address of the places of groups in the text that was grouped last, + 1; 0 = not there. */
export function placesAt(): usize {
  return placeOf;
}

export function placesRoom(): i32 {
  return i32(groupRoom);
}

/** How many words of the text grouped last are in groups, and how many groups its head has. */
export function groupedWords(): i32 {
  return grouped;
}
export function headSize(): i32 {
  return headGroups;
}
