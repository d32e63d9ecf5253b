import { expect, it } from 'vitest';
import { impression, impressionsOf, put, type StoreSubject, sweep } from './store-subject.js';

/** What expires, and what has to make room. */
export function describeBounds(subject: StoreSubject): void {
  it('sweeps expired rows of all namespaces, no more than the limit at a time', async () => {
    for (const name of ['a', 'b']) {
      await subject.store.commit(
        name,
        [10, 20, 30].map((expiresAt) => put('used', `${expiresAt}`, '1', { expiresAt })),
      );
      await subject.store.commit(name, [put('meta', 'stays')]);
    }
    expect(await sweep(subject.store, 9)).toBe(0);
    expect((await subject.store.sweep(20, 3)).more).toBe(true);
    expect(await sweep(subject.store, 20, 3)).toBeGreaterThan(0);
    expect(await subject.store.sweep(20, 3)).toEqual({ removed: 0, more: false });
    for (const name of ['a', 'b']) {
      expect((await subject.store.usage(name)).rows).toMatchObject({ used: 1, meta: 1 });
      expect(await subject.store.get(name, 'used', '30')).toBeDefined();
    }
  });

  it('forgets a namespace whose last row is swept', async () => {
    await subject.store.commit('a', [put('used', 'k', '1', { expiresAt: 1, group: 'g' })]);
    expect(await sweep(subject.store, 1)).toBe(1);
    expect(await subject.store.namespaces()).toEqual([]);
    expect(await subject.store.find('a', 'used', 'g', 1)).toEqual([]);
  });

  it('goes by the expiry of the last put', async () => {
    await subject.store.commit('a', [put('used', 'k', '1', { expiresAt: 10 })]);
    await subject.store.commit('a', [put('used', 'k', '2', { expiresAt: 50 })]);
    expect(await sweep(subject.store, 20)).toBe(0);
    expect(await sweep(subject.store, 50)).toBe(1);
  });

  it('keeps a namespace within its bytes of impressions, the oldest put going first', async () => {
    await subject.openEmpty({ namespaceBytes: 30, totalBytes: 1000 });
    await subject.store.commit('a', [impression('1', 10), impression('2', 10), impression('3', 10)]);
    await subject.store.commit('a', [impression('1', 10)]); // put again: now the newest
    await subject.store.commit('a', [impression('4', 15), put('cell', 'big', 'x'.repeat(100))]);
    // 3, 1 and 4 are 35 bytes: 3 goes as well.
    expect(await impressionsOf(subject.store, 'a', ['1', '2', '3', '4'])).toEqual(['1', '4']);
    expect((await subject.store.usage('a')).bytes).toMatchObject({ impression: 25, cell: 100 });
  });

  it('does not let one namespace push out the impressions of another within the total', async () => {
    await subject.openEmpty({ namespaceBytes: 20, totalBytes: 1000 });
    await subject.store.commit('b', [impression('1', 20)]);
    for (let n = 0; n < 20; n += 1) await subject.store.commit('a', [impression(`${n}`, 10)]);
    expect(await impressionsOf(subject.store, 'b', ['1'])).toEqual(['1']);
    expect(await impressionsOf(subject.store, 'a', ['17', '18', '19'])).toEqual(['18', '19']);
  });

  it('keeps all namespaces within the total, the oldest of any going first', async () => {
    await subject.openEmpty({ namespaceBytes: 100, totalBytes: 30 });
    await subject.store.commit('a', [impression('1', 10)]);
    await subject.store.commit('b', [impression('2', 10)]);
    await subject.store.commit('a', [impression('3', 10)]);
    await subject.store.commit('c', [impression('4', 10)]);
    expect(await impressionsOf(subject.store, 'a', ['1', '3'])).toEqual(['3']);
    await subject.store.drop('b');
    await subject.store.commit('b', [impression('5', 10)]);
    expect(await impressionsOf(subject.store, 'a', ['3'])).toEqual(['3']);
    expect(await impressionsOf(subject.store, 'c', ['4'])).toEqual(['4']);
  });

  it('takes the oldest of any in turn when several have to go', async () => {
    await subject.openEmpty({ namespaceBytes: 100, totalBytes: 50 });
    await subject.store.commit('a', [impression('1', 10)]);
    await subject.store.commit('b', [impression('2', 10)]);
    await subject.store.commit('a', [impression('3', 10)]);
    await subject.store.commit('b', [impression('4', 10)]);
    await subject.store.commit('c', [impression('5', 30)]);
    expect(await impressionsOf(subject.store, 'a', ['1', '3'])).toEqual(['3']);
    expect(await impressionsOf(subject.store, 'b', ['2', '4'])).toEqual(['4']);
    expect(await impressionsOf(subject.store, 'c', ['5'])).toEqual(['5']);
  });

  it('keeps no more impressions than their greatest number, whatever their size', async () => {
    await subject.openEmpty({ namespaceBytes: 1000, totalBytes: 1000, namespaceCount: 2 });
    await subject.store.commit('a', [impression('1', 0), impression('2', 0), impression('3', 0)]);
    expect(await impressionsOf(subject.store, 'a', ['1', '2', '3'])).toEqual(['2', '3']);
  });

  it('drops an impression that is over the bound by itself', async () => {
    await subject.openEmpty({ namespaceBytes: 30, totalBytes: 1000 });
    await subject.store.commit('a', [impression('1', 31)]);
    expect((await subject.store.usage('a')).rows.impression).toBe(0);
  });
}
