import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../../src/base/keyed-hash.js';
import { DocumentKeys } from '../../src/namespaces/document-keys.js';
import { documentKey } from '../../src/reranker/document-key.js';
import { TextCache } from '../../src/scorers/text-cache.js';

const hash = new KeyedHash(new Uint8Array(32).fill(7));
const texts = new TextCache({ maxBytes: 1e6 });

describe('documentKey', () => {
  it.each([false, true])(
    'is that of the id where there is one, else the hash of the text (hashed: %s)',
    (hashed) => {
      const keys = new DocumentKeys(hash, hashed);
      const keyOf = (text: string, id?: string) =>
        documentKey({ ...(id === undefined ? {} : { id }), text }, texts.get(text), keys, hash);
      expect(keyOf('some text', 'a')).toBe(keys.ofId('a'));
      expect(keyOf('some text')).toBe(`t:${hash.text('some text')}`);
      expect(keyOf('other text')).not.toBe(keyOf('some text'));
    },
  );
});
