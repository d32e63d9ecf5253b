import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRow, CatalogChange, CatalogRow, CatalogStore } from '../../src/stores/catalog-store.js';

/** What a driver gives the suite. */
export interface CatalogHarness {
  /** An empty catalog, or, with `again`, the one of before opened anew. */
  open(again: boolean): Promise<CatalogStore>;
  cleanUp(): void;
}

export const record = (key: string, value = '{}'): CatalogChange => ({
  put: { kind: 'namespace', key, value },
});

export function entry(seq: number, more: Partial<AuditRow> = {}): AuditRow {
  return {
    seq,
    at: 1000 + seq,
    actor: 'system',
    action: 'namespace.create',
    namespace: 'a',
    requestId: `r${seq}`,
    values: `{"seq":${seq}}`,
    valuesHash: `v${seq}`,
    hash: `h${seq}`,
    ...more,
  };
}

export const append = (seq: number, more: Partial<AuditRow> = {}): CatalogChange => ({
  append: entry(seq, more),
});

/** By kind and key, in one order whatever the driver's. */
export async function rowsOf(store: Pick<CatalogStore, 'load'>): Promise<CatalogRow[]> {
  const place = ({ kind, key }: CatalogRow) => JSON.stringify([kind, key]);
  return [...(await store.load()).rows].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** What every driver of the catalog promises. */
export function catalogStoreContract(driver: string, makeHarness: () => CatalogHarness): void {
  describe(`the catalog store contract: ${driver}`, () => {
    let harness: CatalogHarness;
    let store: CatalogStore;
    beforeEach(async () => {
      harness = makeHarness();
      store = await harness.open(false);
    });
    afterEach(async () => {
      await store.close();
      harness.cleanUp();
    });

    it('is empty at first', async () => {
      expect(await store.load()).toEqual({ rows: [], lastAudit: undefined });
      expect(await store.get('namespace', 'a')).toBeUndefined();
      expect(await store.audit({}, 0, 10)).toEqual([]);
      expect(store.health()).toEqual({ status: 'ok' });
      await store.commit([]);
    });

    it('gives what was put last, and loads what lasts', async () => {
      await store.commit([record('a', '1'), { put: { kind: 'usage', key: 'a', value: '2' } }]);
      await store.commit([
        record('a', '3'),
        { put: { kind: 'answer', key: 'a', value: '4', expiresAt: 10.5 } },
        append(1),
      ]);
      expect(await rowsOf(store)).toEqual([
        { kind: 'namespace', key: 'a', value: '3' },
        { kind: 'usage', key: 'a', value: '2' },
      ]);
      expect((await store.load()).lastAudit).toEqual(entry(1));
      expect(await store.get('answer', 'a')).toEqual({
        kind: 'answer',
        key: 'a',
        value: '4',
        expiresAt: 10.5,
      });
      expect(await store.get('usage', 'b')).toBeUndefined();
    });

    it('removes', async () => {
      await store.commit([record('a'), record('b'), { remove: { kind: 'namespace', key: 'b' } }]);
      await store.commit([{ remove: { kind: 'usage', key: 'a' } }]);
      expect((await rowsOf(store)).map(({ key }) => key)).toEqual(['a']);
    });

    it('gives any text for any key', async () => {
      const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
      await fc.assert(
        fc.asyncProperty(key, fc.string({ unit: 'binary' }), async (name, value) => {
          await store.commit([record(name, value)]);
          expect(await store.get('namespace', name)).toEqual({ kind: 'namespace', key: name, value });
        }),
        { numRuns: 40 },
      );
    });

    it('appends without gaps, or nothing of the commit', async () => {
      await store.commit([append(1), append(2)]);
      const wrong: CatalogChange[][] = [
        [record('x'), append(2)],
        [record('x'), append(4)],
        [append(3), record('x'), append(3)],
        [append(3), { redact: 'a' }, append(5)],
      ];
      for (const changes of wrong) {
        await expect(store.commit(changes)).rejects.toMatchObject({ name: 'StorageError', failure: 'io' });
      }
      expect(await store.load()).toEqual({ rows: [], lastAudit: entry(2) });
      expect(await store.audit({}, 0, 10)).toEqual([entry(1), entry(2)]);
      await store.commit([append(3)]);
      expect((await store.load()).lastAudit).toEqual(entry(3));
    });

    it('appends to the log it was told of alone, or nothing of the commit', async () => {
      await store.commit([append(1), append(2)]);
      const following = (follows: string, seq = 3) => ({ append: entry(seq), follows });
      for (const changes of [
        [record('x'), following('h1')],
        [following('h2'), record('x'), following('h2', 4)],
      ])
        await expect(store.commit(changes)).rejects.toMatchObject({ name: 'StorageError', failure: 'io' });
      expect(await store.load()).toEqual({ rows: [], lastAudit: entry(2) });
      await store.commit([following('h2'), following('h3', 4)]);
      expect((await store.load()).lastAudit).toEqual(entry(4));
    });

    it('reads the log in pages, by every filter', async () => {
      const rows = Array.from({ length: 20 }, (_, index) =>
        entry(index + 1, {
          namespace: index % 2 === 0 ? 'a' : '',
          actor: index % 3 === 0 ? 'file' : 'system',
          action: index % 5 === 0 ? 'import' : 'namespace.update',
        }),
      );
      await store.commit(rows.map((row) => ({ append: row })));
      const seqs = async (...asked: Parameters<CatalogStore['audit']>) =>
        (await store.audit(...asked)).map(({ seq }) => seq);
      expect(await seqs({}, 0, 3)).toEqual([1, 2, 3]);
      expect(await seqs({}, 3, 3)).toEqual([4, 5, 6]);
      expect(await seqs({}, 18, 10)).toEqual([19, 20]);
      expect(await seqs({}, 99, 10)).toEqual([]);
      const fits = (test: (row: AuditRow) => boolean) => rows.filter(test).map(({ seq }) => seq);
      expect(await seqs({ namespace: 'a' }, 4, 100)).toEqual(
        fits((row) => row.namespace === 'a' && row.seq > 4),
      );
      expect(await seqs({ namespace: '' }, 0, 100)).toEqual(fits((row) => row.namespace === ''));
      expect(await seqs({ actor: 'file' }, 0, 100)).toEqual(fits((row) => row.actor === 'file'));
      expect(await seqs({ action: 'import' }, 0, 2)).toEqual([1, 6]);
      expect(await seqs({ since: 1015 }, 0, 100)).toEqual([15, 16, 17, 18, 19, 20]);
      expect(await seqs({ namespace: 'a', actor: 'file', action: 'import', since: 1001 }, 0, 100)).toEqual([
        1,
      ]);
      expect(await seqs({ namespace: 'b' }, 0, 100)).toEqual([]);
    });

    it('takes the values of one namespace away, and nothing else', async () => {
      await store.commit([append(1), append(2, { namespace: 'b' }), append(3)]);
      await store.commit([{ redact: 'a' }, append(4, { action: 'namespace.purged' })]);
      expect(await store.audit({}, 0, 10)).toEqual([
        entry(1, { values: null }),
        entry(2, { namespace: 'b' }),
        entry(3, { values: null }),
        entry(4, { action: 'namespace.purged' }),
      ]);
      await store.compact();
      expect(await store.audit({ namespace: 'a' }, 0, 1)).toEqual([entry(1, { values: null })]);
    });

    it('sweeps what expired, in bounded steps', async () => {
      const answers = [5, 10, 10, 11].map((expiresAt, index) => ({
        put: { kind: 'answer', key: `${index}`, value: '{}', expiresAt } as const,
      }));
      await store.commit([...answers, record('stays')]);
      expect(await store.sweep(10, 2)).toBe(true);
      while (await store.sweep(10, 2));
      const left = await Promise.all(['0', '1', '2', '3'].map((key) => store.get('answer', key)));
      expect(left.map((row) => row?.key)).toEqual([undefined, undefined, undefined, '3']);
      expect(await rowsOf(store)).toHaveLength(1);
    });

    it('hands out what nobody can change', async () => {
      const mine = { kind: 'namespace' as const, key: 'a', value: '1' };
      const line = entry(1);
      await store.commit([{ put: mine }, { append: line }]);
      mine.value = '2';
      (line as { actor: string }).actor = 'somebody';
      expect((await store.get('namespace', 'a'))!.value).toBe('1');
      expect((await store.load()).lastAudit!.actor).toBe('system');
    });

    it('has after reopening what it promised: everything if durable, nothing otherwise', async () => {
      await store.commit([record('a', '1'), append(1)]);
      await store.close();
      store = await harness.open(true);
      const kept = store.durable
        ? { rows: [{ kind: 'namespace', key: 'a', value: '1' }], lastAudit: entry(1) }
        : { rows: [], lastAudit: undefined };
      expect(await store.load()).toEqual(kept);
      await store.commit([append(store.durable ? 2 : 1)]);
    });

    it('refuses every call once it is closed, after answering those under way', async () => {
      const before = store.commit([record('a')]);
      const closing = store.close();
      await expect(before).resolves.toBeUndefined();
      await closing;
      await store.close();
      const calls = [
        () => store.load(),
        () => store.get('usage', 'a'),
        () => store.commit([]),
        () => store.audit({}, 0, 1),
        () => store.sweep(1, 1),
        () => store.compact(),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ failure: 'closed' });
    });
  });
}
