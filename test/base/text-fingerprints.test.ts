import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextFingerprints } from '../../src/base/text-fingerprints.js';

/** The key and the texts of the reference's own vectors: bytes 0, 1, 2 … */
const KEY = BigUint64Array.of(0x0706050403020100n, 0x0f0e0d0c0b0a0908n);
const textOf = (length: number) => String.fromCharCode(...Array.from({ length }, (_, byte) => byte));

function read(fingerprints: TextFingerprints, text: string): string {
  fingerprints.read(text);
  const { buffer, byteOffset, byteLength } = fingerprints.words;
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
}

describe('fingerprints of texts', () => {
  it.each([
    [0, 'a3817f04ba25a8e66df67214c7550293'],
    [1, 'da87c1d86b99af44347659119b22fc45'],
    [2, '8177228da4a45dc7fca38bdef60affe4'],
    [3, '9c70b60c5267a94e5f33b6b02985ed51'],
  ])('are those of SipHash-2-4-128: %i bytes', (length, expected) => {
    const fingerprints = new TextFingerprints(KEY, { compressions: 2, finalizations: 4 });
    expect(read(fingerprints, textOf(length))).toBe(expected);
  });

  it('depend on the text and the key alone', () => {
    const [one, other, secret] = [
      new TextFingerprints(KEY),
      new TextFingerprints(KEY),
      new TextFingerprints(),
    ];
    const texts = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(texts, texts, (left, right) => {
        read(one, right);
        expect(read(one, left)).toBe(read(other, left));
        expect(read(one, left) === read(one, right)).toBe(left === right);
        expect(read(secret, left)).not.toBe(read(one, left));
      }),
    );
  });

  it('are made of long texts too, and of such as UTF-8 does not have', () => {
    const fingerprints = new TextFingerprints();
    const long = 'x'.repeat(100_000);
    expect(read(fingerprints, long)).toBe(read(fingerprints, [long].join('')));
    expect(read(fingerprints, long)).not.toBe(read(fingerprints, `${long}x`));
    // The last one's bytes are the units of the one before it.
    const texts = [
      '\ud800',
      '\ufffd',
      '\ud800\ud800',
      'x\ud800',
      '\ud841\udf0e',
      '\udf0e\ud841',
      'A\ud841',
      'A\0A\xd8',
    ];
    expect(new Set(texts.map((text) => read(fingerprints, text))).size).toBe(texts.length);
    for (const text of texts) expect(read(fingerprints, text)).toBe(read(fingerprints, [text].join('')));
  });
});
