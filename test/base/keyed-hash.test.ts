import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../../src/base/keyed-hash.js';

const key = new Uint8Array(32).fill(7);

describe('KeyedHash', () => {
  it('is the HMAC-SHA-256 of the text, cut to 128 bits', () => {
    const full = createHmac('sha256', key).update('a text').digest('base64url');
    expect(new KeyedHash(key).text('a text')).toBe(full.slice(0, 22));
  });

  it('is that for every text and key, halves of surrogate pairs and long ones too', () => {
    const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });
    const text = fc.tuple(anyText, fc.constantFrom(1, 9000)).map(([part, times]) => part.repeat(times));
    const anyKey = fc.uint8Array({ minLength: 16, maxLength: 100, size: 'max' });
    fc.assert(
      fc.property(anyKey, fc.array(text), (someKey, texts) => {
        const hash = new KeyedHash(someKey);
        for (const some of texts) {
          const full = createHmac('sha256', someKey).update(some).digest('base64url');
          expect(hash.text(some)).toBe(full.slice(0, 22));
        }
      }),
    );
  });

  it('gives other names under another key, and a fingerprint that tells them apart', () => {
    const [one, other] = [new KeyedHash(key), new KeyedHash(new Uint8Array(32).fill(8))];
    expect(one.text('a text')).not.toBe(other.text('a text'));
    expect(one.fingerprint).not.toBe(other.fingerprint);
    expect(one.fingerprint).toBe(new KeyedHash(key).fingerprint);
    expect(one.fingerprint).toHaveLength(11);
  });

  it('hashes words apart from texts, the same every time', () => {
    const hash = new KeyedHash(key);
    expect(hash.word('word')).toBe(hash.word('word'));
    expect(hash.word('word')).toHaveLength(8);
    expect(hash.text('word').startsWith(hash.word('word'))).toBe(false);
  });

  it('refuses a short key', () => {
    expect(() => new KeyedHash(new Uint8Array(15))).toThrow(RangeError);
  });
});
