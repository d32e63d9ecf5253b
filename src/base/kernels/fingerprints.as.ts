/**
 * SipHash-1-3 with 128 bits (Aumasson & Bernstein 2012, "SipHash: a fast short-input PRF"; the longer output as in its
 * reference), in AssemblyScript. `npm run kernels` compiles it into `fingerprints-module.ts`; `text-fingerprints.ts` has
 * the contract.
 */

let keyLow: u64;
let keyHigh: u64;
const result: usize = memory.data(16);
let text: usize = 0;
let textBytes: usize = 0;

/** Sets the key. */
export function begin(low: u64, high: u64): void {
  keyLow = low;
  keyHigh = high;
}

/** Address of room for a text of so many bytes. */
export function textAt(length: i32): usize {
  if (usize(length) > textBytes) {
    text = heap.alloc(usize(length) + 8);
    // Noted once it is had: there may be none.
    textBytes = usize(length);
  }
  return text;
}

/** Address of the 16 bytes of the last fingerprint. */
export function resultAt(): usize {
  return result;
}

/** Makes the fingerprint of the `length` bytes at `textAt`, with `compressions` rounds a word and `finalizations` at the end. */
export function hash(length: i32, compressions: i32, finalizations: i32): void {
  let v0 = keyLow ^ 0x736f6d6570736575;
  let v1 = keyHigh ^ 0x646f72616e646f6d ^ 0xee;
  let v2 = keyLow ^ 0x6c7967656e657261;
  let v3 = keyHigh ^ 0x7465646279746573;
  const lastWord = text + (usize(length) & ~7);
  const bitsLeft = u64(length & 7) << 3;
  const rest = bitsLeft == 0 ? 0 : load<u64>(lastWord) & (u64.MAX_VALUE >> (64 - bitsLeft));
  // After the last word two steps more make a half of the result each.
  const end = lastWord + 16;
  for (let at = text; at <= end; at += 8) {
    let word: u64 = 0;
    let rounds = compressions;
    if (at < lastWord) word = load<u64>(at);
    else if (at == lastWord) word = rest | (u64(length) << 56);
    else {
      rounds = finalizations;
      if (at < end) v2 ^= 0xee;
      else v1 ^= 0xdd;
    }
    v3 ^= word;
    for (; rounds > 0; rounds--) {
      v0 += v1;
      v2 += v3;
      v1 = rotl(v1, 13) ^ v0;
      v3 = rotl(v3, 16) ^ v2;
      v0 = rotl(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = rotl(v1, 17) ^ v2;
      v3 = rotl(v3, 21) ^ v0;
      v2 = rotl(v2, 32);
    }
    v0 ^= word;
    if (at > lastWord) store<u64>(at < end ? result : result + 8, v0 ^ v1 ^ v2 ^ v3);
  }
}
