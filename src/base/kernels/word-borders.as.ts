/**
 * Where the words of an ASCII text begin and end, in AssemblyScript, a part of `words.as.ts`: 64 characters at a time are
 * marked; then the marks are listed, in a loop of its own, as a list of bits takes long to go through, and a processor
 * works on the lists of several blocks at once if little else stands between them.
 */

/** Bytes read at once. */
const BLOCK: usize = 64;
/** As many words as most blocks have at most: so many are listed without asking whether there are any more. */
const USUAL: usize = 12;

/** Where each word of the text begins, and where it ends. */
export let froms: usize = 0;
export let tos: usize = 0;
/** By block of the text: before which of its bytes words begin, and before which they end. */
let borders: usize = 0;

/** By low half of a character's code: bit h is set where the character with the high half h belongs to the class. */
let inWords: v128 = i8x16.splat(0);
let alone: v128 = i8x16.splat(0);
let capitals: v128 = i8x16.splat(0);

/** Takes the classes of characters, 16 bytes each: in words, alone, capitals. */
export function setClasses(at: usize): void {
  inWords = v128.load(at);
  alone = v128.load(at, 16);
  capitals = v128.load(at, 32);
}

/** Makes room for texts of so many bytes. */
export function makeRoom(bytes: usize): void {
  froms = heap.alloc(4 * (bytes + BLOCK));
  tos = heap.alloc(4 * (bytes + BLOCK));
  borders = heap.alloc(bytes / 4 + 16);
}

/** Lists where the words of a text begin and end, and puts it in lower case; returns four times how many words. */
export function find(text: usize, length: usize): usize {
  const end = text + length;
  // Nothing behind the end belongs to a word.
  memory.fill(end, 0x20, BLOCK);
  mark(text, end);
  let from = froms;
  let to = tos;
  let border = borders;
  for (let block = text; block <= end; block += BLOCK) {
    from = list(from, block, load<u64>(border));
    to = list(to, block, load<u64>(border, 8));
    border += 16;
  }
  return to - tos;
}

/** Puts a text in lower case, and marks where words begin and end. */
function mark(text: usize, end: usize): void {
  const someAlone = v128.any_true(alone);
  let border = borders;
  let wordBefore: u64 = 0;
  let aloneBefore: u64 = 0;
  for (let block = text; block <= end; block += BLOCK) {
    const a = v128.load(block);
    const b = v128.load(block, 16);
    const c = v128.load(block, 32);
    const d = v128.load(block, 48);
    const bitA = bitOf(a);
    const bitB = bitOf(b);
    const bitC = bitOf(c);
    const bitD = bitOf(d);
    const capitalA = isIn(capitals, a, bitA);
    const capitalB = isIn(capitals, b, bitB);
    const capitalC = isIn(capitals, c, bitC);
    const capitalD = isIn(capitals, d, bitD);
    // Most blocks have none, and a word is read the faster the longer ago its bytes were written.
    if (v128.any_true(v128.or(v128.or(capitalA, capitalB), v128.or(capitalC, capitalD)))) {
      v128.store(block, v128.or(a, v128.and(capitalA, i8x16.splat(0x20))));
      v128.store(block, v128.or(b, v128.and(capitalB, i8x16.splat(0x20))), 16);
      v128.store(block, v128.or(c, v128.and(capitalC, i8x16.splat(0x20))), 32);
      v128.store(block, v128.or(d, v128.and(capitalD, i8x16.splat(0x20))), 48);
    }
    const word = bits(isIn(inWords, a, bitA), isIn(inWords, b, bitB), isIn(inWords, c, bitC), isIn(inWords, d, bitD));
    let single: u64 = 0;
    if (someAlone)
      single = bits(isIn(alone, a, bitA), isIn(alone, b, bitB), isIn(alone, c, bitC), isIn(alone, d, bitD));
    const follows = (word << 1) | wordBefore;
    store<u64>(border, (word & ~follows) | single);
    store<u64>(border, (follows & ~word) | (single << 1) | aloneBefore, 8);
    border += 16;
    wordBefore = word >> 63;
    aloneBefore = single >> 63;
  }
}

/** Of each byte: the bit of its code's high half. */
@inline
function bitOf(bytes: v128): v128 {
  const high = v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(15));
  return i8x16.swizzle(i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0), high);
}

/** All bits of each byte that belongs to the class. */
@inline
function isIn(kind: v128, bytes: v128, bit: v128): v128 {
  return i8x16.eq(v128.and(i8x16.swizzle(kind, v128.and(bytes, i8x16.splat(15))), bit), bit);
}

/** A bit of each of 64 bytes. */
@inline
function bits(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = u32(i8x16.bitmask(a)) | (u32(i8x16.bitmask(b)) << 16);
  const high = u32(i8x16.bitmask(c)) | (u32(i8x16.bitmask(d)) << 16);
  return u64(low) | (u64(high) << 32);
}

/** Writes the addresses of the bits that are set to `target`; returns where the next ones go. */
@inline
function list(target: usize, block: usize, bits: u64): usize {
  const end = target + 4 * usize(popcnt(bits));
  // What is written behind the end will be overwritten.
  for (const usual = target + 4 * USUAL; target < usual; target += 4) {
    store<u32>(target, u32(block) + u32(ctz(bits)));
    bits &= bits - 1;
  }
  for (; target < end; target += 4) {
    store<u32>(target, u32(block) + u32(ctz(bits)));
    bits &= bits - 1;
  }
  return end;
}
