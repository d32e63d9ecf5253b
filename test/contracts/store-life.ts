import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ImpressionBounds, StorageError } from '../../src/stores/store.js';
import { NaiveStore, storeOperation } from './store-model.js';
import { contents, impression, impressionsOf, keys, put, type StoreSubject, sweep } from './store-subject.js';

/** Closing, opening anew, and all of the contract at once against a naive model. */
export function describeLife(subject: StoreSubject): void {
  it('refuses every call once it is closed, after answering those under way', async () => {
    const before = subject.store.commit('a', [put('meta', 'k')]);
    const closing = subject.store.close();
    await expect(before).resolves.toBeUndefined();
    await closing;
    await subject.store.close();
    const calls = [
      () => subject.store.namespaces(),
      () => subject.store.load('a'),
      () => subject.store.get('a', 'meta', 'k'),
      () => subject.store.find('a', 'meta', 'g', 1),
      () => subject.store.commit('a', [put('meta', 'k')]),
      () => subject.store.commit('a', []),
      () => subject.store.usage('a'),
      () => subject.store.drop('a'),
      () => subject.store.erase('a'),
      () => subject.store.sweep(1, 1),
      () => subject.store.scan('a', 0, 1),
      () => subject.store.release('a'),
    ];
    for (const call of calls) {
      const error = await call().catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(StorageError);
      expect((error as StorageError).failure).toBe('closed');
    }
  });

  it('lets go of a namespace and has all of it when it is asked again', async () => {
    await subject.store.release('never there');
    await subject.store.commit('a', [put('cell', 'k', '1', { group: 'g' }), impression('1', 10)]);
    await subject.store.commit('b', [put('used', 'u', '1', { expiresAt: 5 })]);
    const before = await contents(subject.store, 'a', ['k', '1']);
    await subject.store.release('a');
    await subject.store.release('b');
    expect(await subject.store.namespaces()).toEqual(['a', 'b']);
    expect(await contents(subject.store, 'a', ['k', '1'])).toEqual(before);
    await subject.store.release('a');
    await subject.store.commit('a', [put('cell', 'l')]);
    expect((await subject.store.usage('a')).rows.cell).toBe(2);
    await subject.store.release('b');
    expect(await sweep(subject.store, 5)).toBe(1);
    expect(await subject.store.namespaces()).toEqual(['a']);
  });

  it('erases a namespace, tells what it had, and leaves the others as they are', async () => {
    await subject.store.commit('a', [
      put('cell', 'k', '"ä"', { group: 'g' }),
      put('meta', 'm', '12'),
      impression('1', 10),
      put('used', 'u', '1', { expiresAt: 5 }),
    ]);
    await subject.store.commit('b', [put('cell', 'k', '2', { group: 'g' }), impression('1', 10)]);
    const other = await contents(subject.store, 'b', ['k', '1']);
    expect(await subject.store.erase('a')).toMatchObject({ rows: 4, bytes: 4 + 2 + 10 + 1, left: [] });
    expect(await subject.store.namespaces()).toEqual(['b']);
    expect(await subject.store.load('a')).toEqual([]);
    expect(await subject.store.find('a', 'cell', 'g', 5)).toEqual([]);
    expect(await subject.store.usage('a')).toEqual(await subject.store.usage('never there'));
    expect(await contents(subject.store, 'b', ['k', '1'])).toEqual(other);
    const nothing = { rows: 0, bytes: 0, files: [], left: [] };
    expect(await subject.store.erase('a')).toEqual(nothing);
    expect(await subject.store.erase('never there')).toEqual(nothing);
    await subject.store.commit('a', [put('cell', 'new')]);
    expect(keys(await subject.store.load('a'))).toEqual(['new']);
    expect(await sweep(subject.store, 5)).toBe(0);
  });

  it('has after reopening what it promised: everything if durable, nothing otherwise', async () => {
    await subject.store.commit('a', [
      put('cell', 'k', '"v"', { group: 'g' }),
      impression('1', 10),
      impression('2', 10),
    ]);
    await subject.store.commit('b', [put('used', 'u', '1', { expiresAt: 5 })]);
    const before = [
      await contents(subject.store, 'a', ['k', '1', '2']),
      await contents(subject.store, 'b', ['u']),
    ];
    const nothing = await contents(subject.store, 'none', ['k', '1', '2']);
    await subject.reopen({ namespaceBytes: 1000, totalBytes: 25 });
    if (!subject.store.durable) {
      expect(await subject.store.namespaces()).toEqual([]);
      expect(await contents(subject.store, 'a', ['k', '1', '2'])).toEqual(nothing);
      return;
    }
    expect([
      await contents(subject.store, 'a', ['k', '1', '2']),
      await contents(subject.store, 'b', ['u']),
    ]).toEqual(before);
    // The running total survived as well: 20 bytes were there, so 10 more push out the oldest.
    await subject.store.commit('b', [impression('3', 10)]);
    expect(await impressionsOf(subject.store, 'a', ['1', '2'])).toEqual(['2']);
    expect(await sweep(subject.store, 5)).toBe(1);
  });

  it('does what a naive model does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(storeOperation, { minLength: 1, maxLength: 40, size: '+1' }),
        fc.constantFrom<ImpressionBounds>(
          { namespaceBytes: 12, totalBytes: 20 },
          { namespaceBytes: 50, totalBytes: 50, namespaceCount: 2 },
        ),
        async (operations, bounds) => {
          await subject.openEmpty(bounds);
          const model = new NaiveStore(bounds);
          for (const operation of operations) {
            expect(await operation.ask(subject.store)).toEqual(operation.expect(model));
          }
        },
      ),
      { numRuns: subject.store.durable ? 25 : 100 },
    );
  });
}
