import { describe, expect, it } from 'vitest';
import { openHome, recordOf } from './home.js';

describe('durable counts', () => {
  it('are set by name; others stay', async () => {
    const { catalog, store, put, remove } = await openHome();
    await put(recordOf('a'));
    await catalog.putUsage([
      { id: 'a', counts: { queries: 1, requests: 2 } },
      { id: 'a', counts: { requests: 3 } },
    ]);
    expect(catalog.usage('a')).toEqual({ queries: 1, requests: 3 });
    await remove('a');
    expect(catalog.usage('a')).toEqual({});
    expect([...store.rows.keys()]).toEqual([]);
  });

  it('that wait for their turn are one commit, however many', async () => {
    const { catalog, store, put } = await openHome();
    await put(recordOf('a'), recordOf('b'));
    const before = store.commits.length;
    const change = put(recordOf('c'));
    const counted = Array.from({ length: 2000 }, (_, index) =>
      catalog.putUsage([{ id: index % 2 === 0 ? 'a' : 'b', counts: { queries: index } }]),
    );
    const after = put(recordOf('d'));
    await Promise.all([change, ...counted, after]);
    expect(store.commits.length - before).toBe(3);
    expect([catalog.usage('a'), catalog.usage('b')]).toEqual([{ queries: 1998 }, { queries: 1999 }]);
    await catalog.putUsage([{ id: 'a', counts: { queries: 1 } }]);
    expect(catalog.usage('a')).toEqual({ queries: 1 });
  });

  it('of what is not registered are left out', async () => {
    const { catalog, store } = await openHome();
    await catalog.putUsage([{ id: 'gone', counts: { queries: 1 } }]);
    expect([catalog.usage('gone'), store.commits]).toEqual([{}, []]);
  });

  it('that are no numbers are a fault', async () => {
    const { catalog, put } = await openHome();
    await put(recordOf('a'));
    await expect(catalog.putUsage([{ id: 'a', counts: { queries: Number.NaN } }])).rejects.toThrow(
      RangeError,
    );
    expect(catalog.usage('a')).toEqual({});
  });
});
