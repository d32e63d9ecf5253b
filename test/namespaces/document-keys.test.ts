import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../../src/base/keyed-hash.js';
import { DocumentKeys } from '../../src/namespaces/document-keys.js';

const hash = new KeyedHash(new Uint8Array(32).fill(7));
const plain = new DocumentKeys(hash, false);
const hashed = new DocumentKeys(hash, true);
const ids = fc.string({ unit: 'binary', maxLength: 600 });

describe('document keys', () => {
  it('are the id as it is, or its hash where ids are hashed', () => {
    expect(plain.ofId('a')).toBe('i:a');
    expect(hashed.ofId('a')).toMatch(/^h:[\w-]{22}$/);
    expect(hashed.ofId('b')).not.toBe(hashed.ofId('a'));
  });

  it('hash ids that are too long or not well-formed to be stored', () => {
    expect(plain.ofId('x'.repeat(256))).toBe(`i:${'x'.repeat(256)}`);
    for (const id of ['x'.repeat(257), '\ud800']) expect(plain.ofId(id)).toBe(hashed.ofId(id));
    expect(plain.ofId('\ud800')).not.toBe(plain.ofId('\ud801'));
  });

  it.each([plain, hashed])('tell any two ids apart, within the 512 characters a key may have', (keys) => {
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        expect(keys.ofId(one) === keys.ofId(other)).toBe(one === other);
        expect(keys.ofId(one).length).toBeLessThanOrEqual(512);
      }),
    );
  });

  it('that were stored lead to those of today, whichever of the two they were', () => {
    fc.assert(
      fc.property(ids, (id) => {
        expect(hashed.ofStored(plain.ofId(id))).toBe(hashed.ofId(id));
        expect(hashed.ofStored(hashed.ofId(id))).toBe(hashed.ofId(id));
        expect(plain.ofStored(plain.ofId(id))).toBe(plain.ofId(id));
      }),
    );
    expect(hashed.ofStored('t:text')).toBe('t:text');
  });

  it('forget what was hashed under another key', () => {
    const other = new KeyedHash(new Uint8Array(32).fill(8));
    const keys = new DocumentKeys(other, true);
    const before = keys.ofId('a');
    other.replaceKey(new Uint8Array(32).fill(7));
    expect(keys.ofId('a')).toBe(before);
    keys.clear();
    expect(keys.ofId('a')).toBe(hashed.ofId('a'));
  });
});
