import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { CacheStore } from '../../src/stores/cache-store.js';

/** Makes the driver anew, empty, with this bound. */
export type OpenCache = (maxBytes: number) => CacheStore;

const MIB = 1024 * 1024;
const bytesOf = (...values: number[]) => Uint8Array.from(values);
const LATER = 9e15;

/** What every cache store promises. */
export function cacheStoreContract(driver: string, openCache: OpenCache): void {
  describe(`the cache store contract: ${driver}`, () => {
    const opened: CacheStore[] = [];
    const open = (maxBytes = 64 * MIB) => {
      const store = openCache(maxBytes);
      opened.push(store);
      return store;
    };
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });

    it('gives what was put, in the order asked for, before it is written and after', async () => {
      const store = open();
      store.put('a', [
        { key: 'x', value: bytesOf(1, 2) },
        { key: 'y', value: bytesOf() },
      ]);
      const expected = [bytesOf(), undefined, bytesOf(1, 2), bytesOf()];
      expect(await store.getMany('a', ['y', 'z', 'x', 'y'])).toEqual(expected);
      await store.flush();
      expect(await store.getMany('a', ['y', 'z', 'x', 'y'])).toEqual(expected);
      expect(await store.getMany('a', [])).toEqual([]);
      expect(store.health()).toMatchObject({ status: 'ok', lost: 0 });
    });

    it('gives what was put last', async () => {
      const store = open();
      store.put('a', [{ key: 'x', value: bytesOf(1) }]);
      await store.flush();
      store.put('a', [
        { key: 'x', value: bytesOf(2) },
        { key: 'x', value: bytesOf(3) },
      ]);
      expect(await store.getMany('a', ['x'])).toEqual([bytesOf(3)]);
      await store.flush();
      expect(await store.getMany('a', ['x'])).toEqual([bytesOf(3)]);
    });

    it('gives any bytes for any names', async () => {
      const store = open();
      const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'grapheme' }), key, fc.uint8Array(), async (name, of, value) => {
          store.put(name, [{ key: of, value }]);
          expect(await store.getMany(name, [of])).toEqual([value]);
          await store.flush();
          expect(await store.getMany(name, [of])).toEqual([value]);
        }),
        { numRuns: 50 },
      );
    });

    it('keeps copies', async () => {
      const store = open();
      const value = bytesOf(1, 2);
      store.put('a', [{ key: 'x', value }]);
      value.fill(7);
      const [first] = await store.getMany('a', ['x']);
      first!.fill(8);
      await store.flush();
      expect(await store.getMany('a', ['x'])).toEqual([bytesOf(1, 2)]);
    });

    it('erases a namespace and tells what it had', async () => {
      const store = open();
      store.put('a', [{ key: 'x', value: bytesOf(1, 2, 3) }]);
      store.put('b', [{ key: 'x', value: bytesOf(2) }]);
      await store.flush();
      store.put('a', [{ key: 'y', value: bytesOf(4) }]);
      await store.flush();
      expect([await store.count('a'), await store.count('b'), await store.count('ab')]).toEqual([2, 1, 0]);
      expect(await store.erase('a')).toEqual({ rows: 2, bytes: 4, files: [], left: [] });
      expect(await store.getMany('a', ['x', 'y'])).toEqual([undefined, undefined]);
      expect(await store.getMany('b', ['x'])).toEqual([bytesOf(2)]);
      expect(await store.erase('a')).toMatchObject({ rows: 0, bytes: 0 });
      expect([await store.count('a'), await store.count('b')]).toEqual([0, 1]);
      store.put('a', [{ key: 'x', value: bytesOf(5) }]);
      expect(await store.count('a')).toBe(1);
      await store.flush();
      expect(await store.getMany('a', ['x'])).toEqual([bytesOf(5)]);
    });

    it('keeps namespaces apart', async () => {
      const store = open();
      store.put('a', [{ key: 'bx', value: bytesOf(1) }]);
      store.put('ab', [{ key: 'x', value: bytesOf(2) }]);
      expect(await store.getMany('ab', ['x', 'bx'])).toEqual([bytesOf(2), undefined]);
      await store.flush();
      expect(await store.getMany('a', ['x', 'bx'])).toEqual([undefined, bytesOf(1)]);
    });

    it('gives nothing that has expired', async () => {
      const store = open();
      const both = [
        { key: 'old', value: bytesOf(1), expiresAt: 1 },
        { key: 'new', value: bytesOf(2), expiresAt: LATER },
      ];
      store.put('a', both);
      expect(await store.getMany('a', ['old', 'new'])).toEqual([undefined, bytesOf(2)]);
      await store.flush();
      expect(await store.getMany('a', ['old', 'new'])).toEqual([undefined, bytesOf(2)]);
    });

    it('drops one namespace, with what is not written yet', async () => {
      const store = open();
      for (const name of ['a', 'b', 'ab']) store.put(name, manyEntries(1500));
      await store.flush();
      store.put('a', [{ key: 'unwritten', value: bytesOf(1) }]);
      await store.drop('a');
      await store.flush();
      const keys = [...manyEntries(1500).map(({ key }) => key), 'unwritten'];
      expect(kept(await store.getMany('a', keys))).toBe(0);
      for (const name of ['b', 'ab']) expect(kept(await store.getMany(name, keys))).toBe(1500);
      await store.drop('never heard of');
    });

    it('purges what begins alike in all namespaces, or everything', async () => {
      const store = open();
      const entries = ['v/1/x', 'v/1/y', 'v/2/x', 'p/1'].map((key) => ({ key, value: bytesOf(1) }));
      const keys = entries.map(({ key }) => key);
      store.put('a', entries);
      await store.flush();
      store.put('b', entries);
      await store.purge('v/1/');
      await store.flush();
      for (const name of ['a', 'b']) {
        expect(await store.getMany(name, keys)).toEqual([undefined, undefined, bytesOf(1), bytesOf(1)]);
      }
      await store.purge();
      for (const name of ['a', 'b']) expect(kept(await store.getMany(name, keys))).toBe(0);
    });

    it('keeps to its bound, and the newest entries', async () => {
      const store = open(2 * MIB);
      const keys = Array.from({ length: 80 }, (_, index) => `key ${index}`);
      for (const key of keys) {
        store.put('a', [{ key, value: new Uint8Array(100_000).fill(keys.indexOf(key)) }]);
        await store.flush();
        expect(store.health().bytes).toBeLessThanOrEqual(2 * MIB);
      }
      const found = await store.getMany('a', keys);
      expect(found.slice(0, 40)).toEqual(Array(40).fill(undefined));
      expect(kept(found)).toBeGreaterThan(10);
      expect(found.at(-1)).toEqual(new Uint8Array(100_000).fill(79));
    });

    it('refuses keys without or with too many characters, and keeps none of the rest', async () => {
      const store = open();
      const fine = { key: 'x', value: bytesOf(1) };
      for (const key of ['', 'k'.repeat(129)]) {
        expect(() => store.put('a', [fine, { key, value: bytesOf() }])).toThrow(RangeError);
      }
      expect(await store.getMany('a', ['x'])).toEqual([undefined]);
      store.put('a', [{ key: 'k'.repeat(128), value: bytesOf(1) }]);
    });

    it('answers no more once it is closed', async () => {
      const store = open();
      await store.close();
      await store.close();
      const closed = expect.objectContaining({ failure: 'closed' });
      for (const call of [store.getMany('a', ['x']), store.drop('a'), store.purge(), store.flush()]) {
        await expect(call).rejects.toEqual(closed);
      }
      expect(() => store.put('a', [])).toThrow('closed');
    });
  });
}

function manyEntries(count: number) {
  return Array.from({ length: count }, (_, index) => ({ key: `key ${index}`, value: bytesOf(index % 256) }));
}

function kept(found: readonly unknown[]): number {
  return found.filter((value) => value !== undefined).length;
}
