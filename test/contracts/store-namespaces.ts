import { expect, it } from 'vitest';
import { contents, impression, keys, put, remove, type StoreSubject, sweep } from './store-subject.js';

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

/** Namespaces keep to themselves, whatever they are called. */
export function describeNamespaces(subject: StoreSubject): void {
  it('lists namespaces with rows by code unit, until their last row is gone', async () => {
    for (const name of ['b', 'B', 'a', 'ä']) await subject.store.commit(name, [put('meta', 'k')]);
    await subject.store.commit('a', [remove('meta', 'k')]);
    expect(await subject.store.namespaces()).toEqual(['B', 'b', 'ä']);
  });

  it.each(ODD_NAMES)('holds any namespace and key apart from others: %j', async (name) => {
    for (const other of ODD_NAMES)
      await subject.store.commit(other, [put('cell', other, JSON.stringify(other), { group: other })]);
    const others = ODD_NAMES.filter((other) => other !== name);
    const contentsOfOthers = async () => {
      const found: unknown[] = [];
      for (const other of others) found.push(await contents(subject.store, other, ODD_NAMES));
      return found;
    };
    const before = await contentsOfOthers();

    await subject.store.commit(name, [
      put('cell', name, '"new"', { group: name }),
      ...others.map((other) => put('meta', other)),
    ]);
    expect((await subject.store.get(name, 'cell', name))?.value).toBe('"new"');
    expect(keys(await subject.store.find(name, 'cell', name, 10))).toEqual([name]);
    await subject.store.drop(name);

    expect(await contentsOfOthers()).toEqual(before);
    expect(await subject.store.namespaces()).toEqual([...others].sort());
    expect(await subject.store.load(name)).toEqual([]);
  });

  it('drops a namespace as if it had never been', async () => {
    const rows = [put('cell', '1', '1', { group: 'g', expiresAt: 1 }), impression('2', 3)];
    await subject.store.commit('a', rows);
    await subject.store.drop('a');
    expect(await subject.store.namespaces()).toEqual([]);
    expect(await sweep(subject.store, 10)).toBe(0);
    await subject.store.commit('a', [impression('3', 3)]);
    expect((await subject.store.usage('a')).rows).toMatchObject({ cell: 0, impression: 1 });
  });
}
