import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../../src/base/keyed-hash.js';
import { documentKey, idKey } from '../../src/reranker/document-key.js';
import { TextCache } from '../../src/scorers/text-cache.js';

const hash = new KeyedHash(new Uint8Array(32).fill(7));
const texts = new TextCache({ maxBytes: 1e6 });

describe('documentKey', () => {
  it('is the id where there is one, else the hash of the text', () => {
    expect(documentKey({ id: 'a', text: 'some text' }, texts.get('some text'), hash)).toBe('i:a');
    const key = documentKey({ text: 'some text' }, texts.get('some text'), hash);
    expect(key).toBe(`t:${hash.text('some text')}`);
    expect(documentKey({ text: 'other text' }, texts.get('other text'), hash)).not.toBe(key);
  });

  it('hashes ids that are too long or not well-formed to be stored', () => {
    expect(idKey('x'.repeat(256), hash)).toBe(`i:${'x'.repeat(256)}`);
    expect(idKey('x'.repeat(257), hash)).toMatch(/^h:[\w-]{22}$/);
    expect(idKey('\ud800', hash)).toMatch(/^h:/);
    expect(idKey('\ud800', hash)).not.toBe(idKey('\ud801', hash));
  });

  it('tells any two ids apart, within the 512 characters a key may have', () => {
    const id = fc.string({ unit: 'binary', maxLength: 600 });
    fc.assert(
      fc.property(id, id, (one, other) => {
        expect(idKey(one, hash) === idKey(other, hash)).toBe(one === other);
        expect(idKey(one, hash).length).toBeLessThanOrEqual(512);
      }),
    );
  });
});
