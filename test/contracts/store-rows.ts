import { expect, it } from 'vitest';
import { KINDS } from '../../src/stores/store.js';
import { contents, impression, keys, put, remove, type StoreSubject, scan, sweep } from './store-subject.js';

/** What is put is what comes back: rows, kinds, groups, order, whole commits. */
export function describeRows(subject: StoreSubject): void {
  it('knows nothing at first', async () => {
    expect(await subject.store.namespaces()).toEqual([]);
    expect(await subject.store.load('a')).toEqual([]);
    expect(await subject.store.get('a', 'meta', 'k')).toBeUndefined();
    expect(await subject.store.find('a', 'impression', 'g', 10)).toEqual([]);
    expect((await subject.store.usage('a')).rows).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, 0])));
    expect(subject.store.health()).toEqual({ status: 'ok' });
  });

  it('gives back a row as it was put, with only the members it had', async () => {
    await subject.store.commit('a', [
      put('meta', 'k', '{"v":1}'),
      put('used', 'u', '1', { group: 'g', expiresAt: 1.5 }),
    ]);
    expect(await subject.store.get('a', 'meta', 'k')).toStrictEqual({
      kind: 'meta',
      key: 'k',
      value: '{"v":1}',
    });
    expect(await subject.store.get('a', 'used', 'u')).toStrictEqual({
      kind: 'used',
      key: 'u',
      value: '1',
      group: 'g',
      expiresAt: 1.5,
    });
  });

  it('replaces a row as a whole: a group or expiry that is not put again is gone', async () => {
    await subject.store.commit('a', [put('used', 'u', '1', { group: 'g', expiresAt: 5 })]);
    await subject.store.commit('a', [put('used', 'u', '2')]);
    expect(await subject.store.get('a', 'used', 'u')).toStrictEqual({ kind: 'used', key: 'u', value: '2' });
    expect(await subject.store.find('a', 'used', 'g', 10)).toEqual([]);
    expect(await sweep(subject.store, 10)).toBe(0);
  });

  it('applies changes in order: the last about a key counts', async () => {
    await subject.store.commit('a', [
      put('meta', 'x', '1'),
      remove('meta', 'x'),
      put('meta', 'y', '1'),
      put('meta', 'y', '2'),
    ]);
    expect(await subject.store.load('a')).toEqual([{ kind: 'meta', key: 'y', value: '2' }]);
  });

  it('keeps kinds apart that share a key', async () => {
    await subject.store.commit(
      'a',
      KINDS.map((kind) => put(kind, 'k', `"${kind}"`)),
    );
    await subject.store.commit('a', [remove('cell', 'k')]);
    expect((await subject.store.get('a', 'meta', 'k'))?.value).toBe('"meta"');
    expect(await subject.store.get('a', 'cell', 'k')).toBeUndefined();
  });

  it('loads the state of a namespace and not what is looked up one by one', async () => {
    await subject.store.commit(
      'a',
      KINDS.map((kind) => put(kind, `key of ${kind}`)),
    );
    const kinds = (await subject.store.load('a')).map((row) => row.kind).sort();
    expect(kinds).toEqual(['cell', 'document', 'frequencies', 'meta']);
  });

  it('does nothing for an empty list of changes, and for removing what is not there', async () => {
    await subject.store.commit('a', []);
    await subject.store.commit('a', [remove('meta', 'k')]);
    await subject.store.drop('a');
    expect(await subject.store.namespaces()).toEqual([]);
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
    await subject.store.commit('a', [put('cell', key, text, { group: key })]);
    const row = await subject.store.get('a', 'cell', key);
    expect(row?.value === text && row.key === key && row.group === key).toBe(true);
    expect((await subject.store.find('a', 'cell', key, 1))[0]?.value === text).toBe(true);
    expect((await subject.store.usage('a')).bytes.cell).toBe(Buffer.byteLength(text));
  });

  it('finds the rows of a group, the last put first, up to the limit', async () => {
    const group = { group: 'g' };
    await subject.store.commit(
      'a',
      ['1', '2', '3', '4'].map((key) => put('impression', key, '1', group)),
    );
    await subject.store.commit('a', [
      put('impression', '2', '1', group),
      put('impression', '5', '1', { group: 'other' }),
    ]);
    await subject.store.commit('a', [put('used', '6', '1', group), remove('impression', '3')]);
    await subject.store.commit('b', [put('impression', '7', '1', group)]);
    expect(keys(await subject.store.find('a', 'impression', 'g', 10))).toEqual(['2', '4', '1']);
    expect(keys(await subject.store.find('a', 'impression', 'g', 2))).toEqual(['2', '4']);
    expect(await subject.store.find('a', 'impression', 'g', 0)).toEqual([]);
  });

  it('scans rows of all kinds in the order of their last puts, page by page', async () => {
    const kindOf = (n: number) => KINDS[n % KINDS.length]!;
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    for (const n of numbers) {
      await subject.store.commit('a', [put(kindOf(n), `${n}`, `${n}`, { group: 'g', expiresAt: n + 1 })]);
      await subject.store.commit('b', [put('cell', `${n}`)]);
    }
    await subject.store.commit('a', [put(kindOf(3), '3', '"again"'), remove(kindOf(5), '5')]);
    const expected = [...numbers.filter((n) => n !== 3 && n !== 5), 3].map(String);
    for (const limit of [1, 2, 7, 19, 20]) {
      const { rows, pages } = await scan(subject.store, 'a', limit);
      expect(keys(rows)).toEqual(expected);
      expect(pages).toBeGreaterThanOrEqual(Math.ceil(expected.length / limit));
    }
    const { rows } = await scan(subject.store, 'a');
    expect(rows[0]).toStrictEqual({ kind: kindOf(0), key: '0', value: '0', group: 'g', expiresAt: 1 });
    expect(rows.at(-1)).toStrictEqual({ kind: kindOf(3), key: '3', value: '"again"' });
    expect(await subject.store.scan('none', 0, 10)).toEqual({ rows: [], next: null });
  });

  it('goes on from a cursor while rows go and come', async () => {
    await subject.store.commit('a', [put('cell', '1'), put('used', '2'), put('cell', '3')]);
    const { rows, next } = await subject.store.scan('a', 0, 2);
    expect(keys(rows)).toEqual(['1', '2']);
    await subject.store.commit('a', [remove('used', '2'), put('cell', '4')]);
    const left = keys((await subject.store.scan('a', next!, 10)).rows);
    expect(left.filter((key) => key !== '4')).toEqual(['3']);
  });

  it('tells an empty group from no group', async () => {
    await subject.store.commit('a', [put('cell', 'none'), put('cell', 'empty', '{}', { group: '' })]);
    expect(keys(await subject.store.find('a', 'cell', '', 10))).toEqual(['empty']);
  });

  it.each([0, 1, 2, 3])('changes nothing when change %i of a commit fails', async (failing) => {
    await subject.store.commit('a', [put('cell', 'old', '"old"', { group: 'g' }), impression('seen', 5)]);
    const rowKeys = ['old', 'seen', 'new', 'newer'];
    const before = await contents(subject.store, 'a', rowKeys);
    const changes = [put('cell', 'new'), remove('cell', 'old'), impression('newer', 7)];
    changes.splice(failing, 0, subject.failingChange());

    await expect(subject.store.commit('a', changes)).rejects.toThrow();
    expect(await contents(subject.store, 'a', rowKeys)).toEqual(before);
    expect(await sweep(subject.store, Number.MAX_SAFE_INTEGER)).toBe(0);

    await subject.store.commit('a', [put('cell', 'after')]);
    expect((await subject.store.usage('a')).rows.cell).toBe(2);
  });

  it('lets calls of one namespace take effect in the order they were made', async () => {
    const values = Array.from({ length: 20 }, (_, index) => String(index));
    const writes = values.map((value) => subject.store.commit('a', [put('meta', 'k', value)]));
    const read = subject.store.get('a', 'meta', 'k');
    const dropped = subject.store.drop('a');
    const after = subject.store.commit('a', [put('meta', 'after', '1')]);
    expect((await read)?.value).toBe('19');
    await Promise.all([...writes, dropped, after]);
    expect(keys(await subject.store.load('a'))).toEqual(['after']);
  });

  it('counts rows and the UTF-8 bytes of values by kind', async () => {
    await subject.store.commit('a', [put('cell', '1', 'ä'), put('cell', '2', 'abc'), put('used', '1', '12')]);
    await subject.store.commit('a', [put('cell', '2', 'a')]);
    const usage = await subject.store.usage('a');
    expect(usage.rows).toMatchObject({ cell: 2, used: 1, meta: 0 });
    expect(usage.bytes).toMatchObject({ cell: 3, used: 2, meta: 0 });
  });
}
