/**
 * The words of ASCII texts by number, in AssemblyScript: found by `word-borders.as.ts`, each looked up by its first
 * and last bytes. `npm run kernels` compiles it into `words-module.ts`; `word-reader.ts` has the contract. One instance
 * holds one table; addresses are good until the next call. What is run for every word has no branch that depends on the
 * word: such branches cannot be foretold, and cost more than all the rest. And it is run in short loops, one after the
 * other: a processor works on several turns of a loop at once, on the more of them the shorter they are.
 */
import { find, froms, makeRoom, setClasses, tos } from './word-borders.as.js';
import { groupWords, makeListRoom, makeWordRoom } from './word-groups.as.js';

export {
  addToSum,
  beginSum,
  groupedWords,
  headSize,
  listsAt,
  placesAt,
  placesRoom,
  setGroup,
  summedAt,
  summedGroups,
  textsAt,
} from './word-groups.as.js';

/**
 * Bytes of a bucket, a line of the processor's cache: room for three words, of each first the head of its key (0 = free),
 * then its hash, then its number. A bucket for each word, so that hardly any has more than three.
 */
const BUCKET: usize = 64;
const ROOM: usize = 3;
const HASHES: usize = 24;
const NUMBERS: usize = 48;
/**
 * A word's key is its tail, the last eight bytes, and its head, those before and its length as the lowest byte. As the
 * tail's factor is odd, no two tails with the same head have the same hash: so head and hash are compared, not the tail.
 */
const TAIL: usize = 8;
const LONGEST: usize = 15;
/** In place of the length of all longer words; a hash of their bytes is their head, and they are compared byte by byte. */
const LONGER: u64 = 16;
/** Bytes before the text that may be read, and after it that may be read and written. */
const MARGIN: usize = 128;

/** Random odd multipliers: of tails, of heads, and of the bytes of long words. */
let tailFactor: u64;
let headFactor: u64;
let restFactor: u64;
let size: i32 = 0;
let buckets: usize;
/** Bytes of all buckets less one bucket: buckets are a power of two. A hash's first bits are its bucket's number. */
let bucketMask: usize;
let bucketShift: u64;
/** By a word's length: which of its last eight bytes belong to its tail, and which of its first eight to its head. */
const masks: usize = memory.data(16 * 16);
let starts: usize;
let pool: usize;
let poolBytes: usize;
let text: usize = 0;
let textBytes: usize = 0;
let ids: usize = 0;

/**
 * Begins a table with room for `words` words. The classes are 16 bytes each from `textAt(48)` on: in words, alone, capitals.
 * The numbers are random; the first bit of each counts for nothing.
 */
export function begin(words: i32, tail: u64, head: u64, rest: u64): void {
  tailFactor = tail | 1;
  headFactor = head | 1;
  restFactor = rest | 1;
  setClasses(text);
  for (let length: usize = 1; length <= LONGEST; length++) {
    const ofTail = min(length, TAIL);
    store<u64>(masks + 16 * length, u64.MAX_VALUE << u64(64 - 8 * ofTail));
    store<u64>(masks + 16 * length, ((1 << u64(8 * (length - ofTail))) - 1) << 8, 8);
  }
  poolBytes = usize(words) * 8;
  pool = heap.alloc(poolBytes);
  resize(words);
}

/** Address of room for a text of so many bytes; its words' numbers go to `idsAt()`, as many as it has bytes at most. */
export function textAt(length: i32): usize {
  if (usize(length) > textBytes || text == 0) {
    const bytes = usize(max(2 * length, 16384));
    makeRoom(bytes);
    makeListRoom(bytes + 1);
    const numbers = heap.alloc(4 * (bytes + 1));
    // Noted once all is had: there may be none, and what is larger than needed does no harm.
    text = heap.alloc(bytes + 2 * MARGIN) + MARGIN;
    ids = numbers;
    textBytes = bytes;
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

/** Numbers the words of the text of `length` ASCII bytes at `textAt`, which is put in lower case; returns how many. */
export function read(length: i32): i32 {
  const found = find(text, usize(length));
  const from = froms;
  const to = tos;
  const target = ids;
  let at: usize = 0;
  // Two at a time: a turn of the loop costs a sixth as much as a look-up.
  for (; at + 4 < found; at += 8) {
    store<i32>(target + at, number(load<u32>(from + at), load<u32>(to + at)));
    store<i32>(target + at, number(load<u32>(from + at, 4), load<u32>(to + at, 4)), 4);
  }
  if (at < found) store<i32>(target + at, number(load<u32>(from + at), load<u32>(to + at)));
  return i32(found >>> 2);
}

/** Numbers the `length` bytes at `textAt`, at least one, as one word. */
export function one(length: i32): i32 {
  return number(text, text + usize(length));
}

@inline
function number(start: usize, end: usize): i32 {
  const length = end - start;
  if (length > LONGEST) return longWord(start, length);
  const mask = masks + 16 * length;
  const tail = load<u64>(end - TAIL) & load<u64>(mask);
  const head = (load<u64>(start - 1) & load<u64>(mask, 8)) | u64(length);
  const hash = hashOf(tail, head);
  const bucket = bucketOf(hash);
  // No two words of a table are likely to have the same hash: where it stands, only one word needs to be compared.
  const index = usize(load<u64>(bucket, HASHES + 8) == hash) + 2 * usize(load<u64>(bucket, HASHES + 16) == hash);
  const place = bucket + 8 * index;
  const differs = (load<u64>(place) ^ head) | (load<u64>(place, HASHES) ^ hash);
  return differs == 0 ? load<i32>(bucket + 4 * index, NUMBERS) : search(start, length, head, hash);
}

function longWord(start: usize, length: usize): i32 {
  let rest = u64(length) ^ restFactor;
  const tail = start + length - TAIL;
  for (let at = start; at < tail; at++) rest = (rest ^ load<u8>(at)) * 0x100000001b3;
  const head = (rest << 8) | LONGER;
  return search(start, length, head, hashOf(load<u64>(tail), head));
}

/** Number of a word, wherever it is; added if it is nowhere. */
function search(start: usize, length: usize, head: u64, hash: u64): i32 {
  let bucket = bucketOf(hash);
  while (true) {
    for (let index: usize = 0; index < ROOM; index++) {
      const place = bucket + 8 * index;
      if (load<u64>(place) == 0) return add(start, length, head, hash);
      if (load<u64>(place) != head || load<u64>(place, HASHES) != hash) continue;
      const known = load<i32>(bucket + 4 * index, NUMBERS);
      if (length <= LONGEST || isWord(known, start, length)) return known;
    }
    bucket = nextBucket(bucket);
  }
}

function isWord(number: i32, start: usize, length: usize): bool {
  const at = wordAt(number);
  return wordAt(number + 1) - at == length && memory.compare(at, start, length) == 0;
}

@inline
function hashOf(tail: u64, head: u64): u64 {
  return tail * tailFactor + head * headFactor;
}

@inline
function bucketOf(hash: u64): usize {
  return buckets + BUCKET * usize(hash >> bucketShift);
}

@inline
function nextBucket(bucket: usize): usize {
  return buckets + ((bucket - buckets + BUCKET) & bucketMask);
}

function add(start: usize, length: usize, head: u64, hash: u64): i32 {
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
  put(number, head, hash);
  if (usize(size) * BUCKET > bucketMask) resize(2 * size);
  return number;
}

/** Puts a word into the first bucket that has room. */
function put(number: i32, head: u64, hash: u64): void {
  let bucket = bucketOf(hash);
  while (load<u64>(bucket, 8 * (ROOM - 1)) != 0) bucket = nextBucket(bucket);
  let index: usize = 0;
  while (load<u64>(bucket + 8 * index) != 0) index++;
  store<u64>(bucket + 8 * index, head);
  store<u64>(bucket + 8 * index, hash, HASHES);
  store<i32>(bucket + 4 * index, number, NUMBERS);
}

/** Makes room for so many words. */
function resize(words: i32): void {
  let capacity: usize = 1024;
  while (capacity < usize(words)) capacity *= 2;
  const oldBuckets = buckets;
  const oldEnd: usize = oldBuckets == 0 ? 0 : oldBuckets + bucketMask + BUCKET;
  const oldStarts = starts;
  const bytes: usize = BUCKET * capacity;
  // From an address that is a whole number of buckets on, so that none lies in two lines of the processor's cache.
  buckets = (heap.alloc(bytes + BUCKET) + BUCKET) & ~(BUCKET - 1);
  bucketMask = bytes - BUCKET;
  bucketShift = 64 - ctz(u64(capacity));
  memory.fill(buckets, 0, bytes);
  starts = heap.alloc(4 * (capacity + 1));
  makeWordRoom(capacity, usize(size));
  if (oldStarts == 0) store<u32>(starts, 0);
  else memory.copy(starts, oldStarts, 4 * (usize(size) + 1));
  for (let bucket = oldBuckets; bucket < oldEnd; bucket += BUCKET) {
    for (let index: usize = 0; index < ROOM; index++) {
      const head = load<u64>(bucket + 8 * index);
      if (head != 0) put(load<i32>(bucket + 4 * index, NUMBERS), head, load<u64>(bucket + 8 * index, HASHES));
    }
  }
}

/** Groups the first `count` words at `idsAt`; see `groupWords`. */
export function group(count: i32, head: i32): i32 {
  return groupWords(ids, count, head);
}
