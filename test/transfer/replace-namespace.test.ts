import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stateForCommands } from '../../src/compose-state.js';
import { type Row, StorageError, type Store } from '../../src/stores/store.js';
import { isUnfinished, PAGE_ROWS } from '../../src/transfer/namespace-rows.js';
import { replaceNamespace } from '../../src/transfer/replace-namespace.js';
import { StorageHome } from '../commands/storage-home.js';
import { STORED_MODE_NAMES } from '../fixtures/stored-modes.js';
import { fill, row, rowsOf } from './store-rows.js';

let home: StorageHome;
beforeEach(() => {
  home = new StorageHome();
});
afterEach(() => home.remove());

const BEFORE = Array.from({ length: PAGE_ROWS + 1 }, (_, index) => row('cell', `old${index}`));
const AFTER = [
  row('cell', 'old0', '"new"'),
  row('meta', 'state', '{}'),
  row('impression', 'i', '{}', { group: 'g' }),
];
const PAGES = [AFTER.slice(0, 2), AFTER.slice(2)];

describe.each(STORED_MODE_NAMES)('rows in the place of others, in %s', (mode) => {
  it('are all there, or it can be told that they are not, whichever write the process ended before', async () => {
    const folder = home.newFolder();
    /** What a process finds that comes after. */
    const owning = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
      const store = await stateForCommands.openOwner(home.settings(mode, folder));
      try {
        return await work(store);
      } finally {
        await store.close();
      }
    };
    const found: string[] = [];
    for (let writes = 0; found.at(-1) !== 'after'; writes += 1) {
      await owning(async (store) => {
        await store.drop('shop');
        await fill(store, 'shop', BEFORE);
        await fill(store, 'blog', BEFORE);
        await replaceNamespace(mortal(store, writes), 'shop', PAGES).catch(() => {});
      });
      await owning(async (store) => {
        found.push(await stateOf(store));
        expect(await rowsOf(store, 'blog')).toHaveLength(BEFORE.length);
        if (found.at(-1) !== 'unfinished') return;
        expect(await store.namespaces()).toEqual(['blog', 'shop']);
        await replaceNamespace(store, 'shop', PAGES);
        expect(await stateOf(store)).toBe('after');
      });
    }
    // mark, two pages that go, two that come, unmark
    expect(found).toEqual(['before', ...Array(5).fill('unfinished'), 'after']);
  });
});

/** The store as a process has it that is killed, as it were, after so many writes. */
function mortal(store: Store, writes: number): Pick<Store, 'scan' | 'commit'> {
  let left = writes;
  return {
    scan: (...asked) => store.scan(...asked),
    async commit(...asked) {
      if (left === 0) throw new StorageError('io', 'killed');
      left -= 1;
      await store.commit(...asked);
    },
  };
}

async function stateOf(store: Store): Promise<string> {
  if (await isUnfinished(store, 'shop')) return 'unfinished';
  const keys = (rows: readonly Row[]) => JSON.stringify(rows.map(({ key, value }) => [key, value]));
  const held = keys(await rowsOf(store, 'shop'));
  if (held === keys(BEFORE)) return 'before';
  return held === keys(AFTER) ? 'after' : 'something else, unmarked';
}
