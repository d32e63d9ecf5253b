import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Change,
  type ImpressionBounds,
  KINDS,
  type Kind,
  type Row,
  StorageError,
  type Store,
} from '../../src/stores/store.js';
import { NaiveStore, storeOperation } from './store-model.js';

/** What a driver gives the suite. */
export interface StoreHarness {
  /** A store without rows, or, with `again`, the one of before opened anew. */
  open(options: { impressions?: ImpressionBounds; again?: boolean }): Promise<Store>;
  /** A change that fails when it is applied, after those before it were. */
  failingChange(): Change;
  /** Ends what `open` began. */
  cleanUp(): Promise<void>;
}

const ODD_NAMES = [
  '__proto__',
  'constructor',
  'a%',
  'a_',
  'A',
  'a',
  'a.b',
  'ä',
  'a\u0000b',
  '\ud800',
  '\u0001',
];

function put(kind: Kind, key: string, value = '{}', more: Partial<Row> = {}): Change {
  return { put: { kind, key, value, ...more } };
}

function remove(kind: Kind, key: string): Change {
  return { remove: { kind, key } };
}

function impression(key: string, bytes: number): Change {
  return put('impression', key, 'x'.repeat(bytes));
}

function keys(rows: readonly Row[]): string[] {
  return rows.map((row) => row.key);
}

async function impressionsOf(
  store: Store,
  namespace: string,
  candidates: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(candidates.map((key) => store.get(namespace, 'impression', key)));
  return candidates.filter((_, index) => found[index]);
}

/** Everything that can be asked of a namespace, in one comparable value. */
async function contents(store: Store, namespace: string, rowKeys: readonly string[]): Promise<unknown> {
  const rows: (Row | undefined)[] = [];
  for (const kind of KINDS) for (const key of rowKeys) rows.push(await store.get(namespace, kind, key));
  const state = (await store.load(namespace)).map((row) => JSON.stringify(row)).sort();
  return { rows, state, usage: await store.usage(namespace) };
}

/** The behaviour every driver owes; `describe`s itself under the driver's name. */
export function storeContract(driver: string, makeHarness: () => StoreHarness): void {
  describe(`store contract: ${driver}`, () => {
    let harness: StoreHarness;
    let store: Store;

    beforeEach(async () => {
      harness = makeHarness();
      store = await harness.open({});
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    async function reopen(impressions?: ImpressionBounds): Promise<void> {
      await store.close();
      store = await harness.open({ again: true, ...(impressions ? { impressions } : {}) });
    }

    async function openBounded(impressions: ImpressionBounds): Promise<void> {
      await store.close();
      await harness.cleanUp();
      harness = makeHarness();
      store = await harness.open({ impressions });
    }

    it('knows nothing at first', async () => {
      expect(await store.namespaces()).toEqual([]);
      expect(await store.load('a')).toEqual([]);
      expect(await store.get('a', 'meta', 'k')).toBeUndefined();
      expect(await store.find('a', 'impression', 'g', 10)).toEqual([]);
      expect((await store.usage('a')).rows).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, 0])));
      expect(store.health()).toEqual({ status: 'ok' });
    });

    it('gives back a row as it was put, with only the members it had', async () => {
      await store.commit('a', [
        put('meta', 'k', '{"v":1}'),
        put('used', 'u', '1', { group: 'g', expiresAt: 1.5 }),
      ]);
      expect(await store.get('a', 'meta', 'k')).toStrictEqual({ kind: 'meta', key: 'k', value: '{"v":1}' });
      expect(await store.get('a', 'used', 'u')).toStrictEqual({
        kind: 'used',
        key: 'u',
        value: '1',
        group: 'g',
        expiresAt: 1.5,
      });
    });

    it('replaces a row as a whole: a group or expiry that is not put again is gone', async () => {
      await store.commit('a', [put('used', 'u', '1', { group: 'g', expiresAt: 5 })]);
      await store.commit('a', [put('used', 'u', '2')]);
      expect(await store.get('a', 'used', 'u')).toStrictEqual({ kind: 'used', key: 'u', value: '2' });
      expect(await store.find('a', 'used', 'g', 10)).toEqual([]);
      expect(await store.sweep(10, 10)).toBe(0);
    });

    it('applies changes in order: the last about a key counts', async () => {
      await store.commit('a', [
        put('meta', 'x', '1'),
        remove('meta', 'x'),
        put('meta', 'y', '1'),
        put('meta', 'y', '2'),
      ]);
      expect(await store.load('a')).toEqual([{ kind: 'meta', key: 'y', value: '2' }]);
    });

    it('keeps kinds apart that share a key', async () => {
      await store.commit(
        'a',
        KINDS.map((kind) => put(kind, 'k', `"${kind}"`)),
      );
      await store.commit('a', [remove('cell', 'k')]);
      expect((await store.get('a', 'meta', 'k'))?.value).toBe('"meta"');
      expect(await store.get('a', 'cell', 'k')).toBeUndefined();
    });

    it('loads the state of a namespace and not what is looked up one by one', async () => {
      await store.commit(
        'a',
        KINDS.map((kind) => put(kind, `key of ${kind}`)),
      );
      const kinds = (await store.load('a')).map((row) => row.kind).sort();
      expect(kinds).toEqual(['cell', 'document', 'frequencies', 'meta']);
    });

    it('does nothing for an empty list of changes, and for removing what is not there', async () => {
      await store.commit('a', []);
      await store.commit('a', [remove('meta', 'k')]);
      await store.drop('a');
      expect(await store.namespaces()).toEqual([]);
    });

    it('lists namespaces with rows by code unit, until their last row is gone', async () => {
      for (const name of ['b', 'B', 'a', 'ä']) await store.commit(name, [put('meta', 'k')]);
      await store.commit('a', [remove('meta', 'k')]);
      expect(await store.namespaces()).toEqual(['B', 'b', 'ä']);
    });

    it.each(ODD_NAMES)('holds any namespace and key apart from others: %j', async (name) => {
      for (const other of ODD_NAMES)
        await store.commit(other, [put('cell', other, JSON.stringify(other), { group: other })]);
      const others = ODD_NAMES.filter((other) => other !== name);
      const before = await Promise.all(others.map((other) => contents(store, other, ODD_NAMES)));

      await store.commit(name, [
        put('cell', name, '"new"', { group: name }),
        ...others.map((other) => put('meta', other)),
      ]);
      expect((await store.get(name, 'cell', name))?.value).toBe('"new"');
      expect(keys(await store.find(name, 'cell', name, 10))).toEqual([name]);
      await store.drop(name);

      expect(await Promise.all(others.map((other) => contents(store, other, ODD_NAMES)))).toEqual(before);
      expect(await store.namespaces()).toEqual([...others].sort());
      expect(await store.load(name)).toEqual([]);
    });

    it.each([
      ['text beyond the first plane', '"\u{1f600} 漢字 é"'],
      ['half a surrogate pair', '\udc00\ud800'],
      ['a null character', 'a\u0000b'],
      ['a leading control character', '\u0001"x"'],
      ['nothing', ''],
      ['a megabyte', 'ä'.repeat(500_000)],
    ])('keeps values, keys and groups unchanged: %s', async (_, text) => {
      const key = text.slice(0, 512) || 'empty';
      await store.commit('a', [put('cell', key, text, { group: key })]);
      const row = await store.get('a', 'cell', key);
      expect(row?.value === text && row.key === key && row.group === key).toBe(true);
      expect((await store.find('a', 'cell', key, 1))[0]?.value === text).toBe(true);
      expect((await store.usage('a')).bytes.cell).toBe(Buffer.byteLength(text));
    });

    it('finds the rows of a group, the last put first, up to the limit', async () => {
      const group = { group: 'g' };
      await store.commit(
        'a',
        ['1', '2', '3', '4'].map((key) => put('impression', key, '1', group)),
      );
      await store.commit('a', [
        put('impression', '2', '1', group),
        put('impression', '5', '1', { group: 'other' }),
      ]);
      await store.commit('a', [put('used', '6', '1', group), remove('impression', '3')]);
      await store.commit('b', [put('impression', '7', '1', group)]);
      expect(keys(await store.find('a', 'impression', 'g', 10))).toEqual(['2', '4', '1']);
      expect(keys(await store.find('a', 'impression', 'g', 2))).toEqual(['2', '4']);
      expect(await store.find('a', 'impression', 'g', 0)).toEqual([]);
    });

    it('tells an empty group from no group', async () => {
      await store.commit('a', [put('cell', 'none'), put('cell', 'empty', '{}', { group: '' })]);
      expect(keys(await store.find('a', 'cell', '', 10))).toEqual(['empty']);
    });

    it.each([0, 1, 2, 3])('changes nothing when change %i of a commit fails', async (failing) => {
      await store.commit('a', [put('cell', 'old', '"old"', { group: 'g' }), impression('seen', 5)]);
      const rowKeys = ['old', 'seen', 'new', 'newer'];
      const before = await contents(store, 'a', rowKeys);
      const changes = [put('cell', 'new'), remove('cell', 'old'), impression('newer', 7)];
      changes.splice(failing, 0, harness.failingChange());

      await expect(store.commit('a', changes)).rejects.toThrow();
      expect(await contents(store, 'a', rowKeys)).toEqual(before);
      expect(await store.sweep(Number.MAX_SAFE_INTEGER, 10)).toBe(0);

      await store.commit('a', [put('cell', 'after')]);
      expect((await store.usage('a')).rows.cell).toBe(2);
    });

    it('lets calls of one namespace take effect in the order they were made', async () => {
      const values = Array.from({ length: 20 }, (_, index) => String(index));
      const writes = values.map((value) => store.commit('a', [put('meta', 'k', value)]));
      const read = store.get('a', 'meta', 'k');
      const dropped = store.drop('a');
      const after = store.commit('a', [put('meta', 'after', '1')]);
      expect((await read)?.value).toBe('19');
      await Promise.all([...writes, dropped, after]);
      expect(keys(await store.load('a'))).toEqual(['after']);
    });

    it('counts rows and the UTF-8 bytes of values by kind', async () => {
      await store.commit('a', [put('cell', '1', 'ä'), put('cell', '2', 'abc'), put('used', '1', '12')]);
      await store.commit('a', [put('cell', '2', 'a')]);
      const usage = await store.usage('a');
      expect(usage.rows).toMatchObject({ cell: 2, used: 1, meta: 0 });
      expect(usage.bytes).toMatchObject({ cell: 3, used: 2, meta: 0 });
    });

    it('drops a namespace as if it had never been', async () => {
      const rows = [put('cell', '1', '1', { group: 'g', expiresAt: 1 }), impression('2', 3)];
      await store.commit('a', rows);
      await store.drop('a');
      expect(await store.namespaces()).toEqual([]);
      expect(await store.sweep(10, 10)).toBe(0);
      await store.commit('a', [impression('3', 3)]);
      expect((await store.usage('a')).rows).toMatchObject({ cell: 0, impression: 1 });
    });

    it('sweeps expired rows of all namespaces, no more than the limit at a time', async () => {
      for (const name of ['a', 'b']) {
        await store.commit(
          name,
          [10, 20, 30].map((expiresAt) => put('used', `${expiresAt}`, '1', { expiresAt })),
        );
        await store.commit(name, [put('meta', 'stays')]);
      }
      expect(await store.sweep(9, 100)).toBe(0);
      expect(await store.sweep(20, 3)).toBe(3);
      expect(await store.sweep(20, 3)).toBe(1);
      expect(await store.sweep(20, 3)).toBe(0);
      for (const name of ['a', 'b']) {
        expect((await store.usage(name)).rows).toMatchObject({ used: 1, meta: 1 });
        expect(await store.get(name, 'used', '30')).toBeDefined();
      }
    });

    it('forgets a namespace whose last row is swept', async () => {
      await store.commit('a', [put('used', 'k', '1', { expiresAt: 1, group: 'g' })]);
      expect(await store.sweep(1, 10)).toBe(1);
      expect(await store.namespaces()).toEqual([]);
      expect(await store.find('a', 'used', 'g', 1)).toEqual([]);
    });

    it('goes by the expiry of the last put', async () => {
      await store.commit('a', [put('used', 'k', '1', { expiresAt: 10 })]);
      await store.commit('a', [put('used', 'k', '2', { expiresAt: 50 })]);
      expect(await store.sweep(20, 10)).toBe(0);
      expect(await store.sweep(50, 10)).toBe(1);
    });

    it('keeps a namespace within its bytes of impressions, the oldest put going first', async () => {
      await openBounded({ namespaceBytes: 30, totalBytes: 1000 });
      await store.commit('a', [impression('1', 10), impression('2', 10), impression('3', 10)]);
      await store.commit('a', [impression('1', 10)]); // put again: now the newest
      await store.commit('a', [impression('4', 15), put('cell', 'big', 'x'.repeat(100))]);
      // 3, 1 and 4 are 35 bytes: 3 goes as well.
      expect(await impressionsOf(store, 'a', ['1', '2', '3', '4'])).toEqual(['1', '4']);
      expect((await store.usage('a')).bytes).toMatchObject({ impression: 25, cell: 100 });
    });

    it('does not let one namespace push out the impressions of another within the total', async () => {
      await openBounded({ namespaceBytes: 20, totalBytes: 1000 });
      await store.commit('b', [impression('1', 20)]);
      for (let n = 0; n < 20; n += 1) await store.commit('a', [impression(`${n}`, 10)]);
      expect(await impressionsOf(store, 'b', ['1'])).toEqual(['1']);
      expect(await impressionsOf(store, 'a', ['17', '18', '19'])).toEqual(['18', '19']);
    });

    it('keeps all namespaces within the total, the oldest of any going first', async () => {
      await openBounded({ namespaceBytes: 100, totalBytes: 30 });
      await store.commit('a', [impression('1', 10)]);
      await store.commit('b', [impression('2', 10)]);
      await store.commit('a', [impression('3', 10)]);
      await store.commit('c', [impression('4', 10)]);
      expect(await impressionsOf(store, 'a', ['1', '3'])).toEqual(['3']);
      await store.drop('b');
      await store.commit('b', [impression('5', 10)]);
      expect(await impressionsOf(store, 'a', ['3'])).toEqual(['3']);
      expect(await impressionsOf(store, 'c', ['4'])).toEqual(['4']);
    });

    it('keeps no more impressions than their greatest number, whatever their size', async () => {
      await openBounded({ namespaceBytes: 1000, totalBytes: 1000, namespaceCount: 2 });
      await store.commit('a', [impression('1', 0), impression('2', 0), impression('3', 0)]);
      expect(await impressionsOf(store, 'a', ['1', '2', '3'])).toEqual(['2', '3']);
    });

    it('drops an impression that is over the bound by itself', async () => {
      await openBounded({ namespaceBytes: 30, totalBytes: 1000 });
      await store.commit('a', [impression('1', 31)]);
      expect((await store.usage('a')).rows.impression).toBe(0);
    });

    it('refuses every call once it is closed, after answering those under way', async () => {
      const before = store.commit('a', [put('meta', 'k')]);
      const closing = store.close();
      await expect(before).resolves.toBeUndefined();
      await closing;
      await store.close();
      const calls = [
        () => store.namespaces(),
        () => store.load('a'),
        () => store.get('a', 'meta', 'k'),
        () => store.find('a', 'meta', 'g', 1),
        () => store.commit('a', [put('meta', 'k')]),
        () => store.commit('a', []),
        () => store.usage('a'),
        () => store.drop('a'),
        () => store.sweep(1, 1),
      ];
      for (const call of calls) {
        const error = await call().catch((cause: unknown) => cause);
        expect(error).toBeInstanceOf(StorageError);
        expect((error as StorageError).failure).toBe('closed');
      }
    });

    it('has after reopening what it promised: everything if durable, nothing otherwise', async () => {
      await store.commit('a', [
        put('cell', 'k', '"v"', { group: 'g' }),
        impression('1', 10),
        impression('2', 10),
      ]);
      await store.commit('b', [put('used', 'u', '1', { expiresAt: 5 })]);
      const before = [await contents(store, 'a', ['k', '1', '2']), await contents(store, 'b', ['u'])];
      const nothing = await contents(store, 'none', ['k', '1', '2']);
      await reopen({ namespaceBytes: 1000, totalBytes: 25 });
      if (!store.durable) {
        expect(await store.namespaces()).toEqual([]);
        expect(await contents(store, 'a', ['k', '1', '2'])).toEqual(nothing);
        return;
      }
      expect([await contents(store, 'a', ['k', '1', '2']), await contents(store, 'b', ['u'])]).toEqual(
        before,
      );
      // The running total survived as well: 20 bytes were there, so 10 more push out the oldest.
      await store.commit('b', [impression('3', 10)]);
      expect(await impressionsOf(store, 'a', ['1', '2'])).toEqual(['2']);
      expect(await store.sweep(5, 10)).toBe(1);
    });

    it('does what a naive model does', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(storeOperation, { minLength: 1, maxLength: 40 }),
          fc.constantFrom<ImpressionBounds>(
            { namespaceBytes: 12, totalBytes: 20 },
            { namespaceBytes: 50, totalBytes: 50, namespaceCount: 2 },
          ),
          async (operations, bounds) => {
            await openBounded(bounds);
            const model = new NaiveStore(bounds);
            for (const operation of operations) {
              expect(await operation.ask(store)).toEqual(operation.expect(model));
            }
          },
        ),
        { numRuns: store.durable ? 25 : 100 },
      );
    });
  });
}
