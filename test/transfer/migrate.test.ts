import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/stores/memory.js';
import { type Change, StorageError } from '../../src/stores/store.js';
import { migrateNamespaces } from '../../src/transfer/migrate.js';
import { digestNamespace, isUnfinished, PAGE_ROWS } from '../../src/transfer/namespace-rows.js';
import { TransferError } from '../../src/transfer/transfer-error.js';
import { everything, fill, row } from './store-rows.js';

const bounds = { namespaceBytes: 1e9, totalBytes: 1e9 };

/** A store that is killed, as it were, at its n-th write. */
class MortalStore extends MemoryStore {
  writesLeft = Number.POSITIVE_INFINITY;

  override async commit(namespace: string, changes: readonly Change[]): Promise<void> {
    this.live();
    await super.commit(namespace, changes);
  }

  override async drop(namespace: string): Promise<void> {
    this.live();
    await super.drop(namespace);
  }

  private live(): void {
    if (this.writesLeft <= 0) throw new StorageError('io', 'killed');
    this.writesLeft -= 1;
  }
}

let source: MemoryStore;
let target: MortalStore;
beforeEach(async () => {
  source = new MemoryStore(bounds);
  target = new MortalStore(bounds);
  await fill(
    source,
    'large',
    Array.from({ length: 2 * PAGE_ROWS + 1 }, (_, index) => row('cell', `c${index}`, `[${index}]`)),
  );
  await fill(source, 'shop', [
    row('used', 'r', '{}', { expiresAt: 5 }),
    row('impression', 'i', '{}', { group: 'g' }),
  ]);
});

describe('migrating', () => {
  it('copies every namespace, and tells count and checksum of each', async () => {
    const shares: number[] = [];
    const { namespaces, dropped } = await migrateNamespaces(
      { source, target, written: target },
      {
        replace: false,
        onProgress: (share) => shares.push(share),
      },
    );
    expect(await everything(target)).toEqual(await everything(source));
    expect(dropped).toEqual([]);
    expect(namespaces).toEqual([
      { namespace: 'large', outcome: 'copied', ...(await digestNamespace(source, 'large')) },
      { namespace: 'shop', outcome: 'copied', ...(await digestNamespace(source, 'shop')) },
    ]);
    expect(shares).toEqual([0.5, 1]);
  });

  it('goes on where it was killed, whichever write that was before', async () => {
    const before = await everything(source);
    let kills = 0;
    for (let writes = 0; ; writes += 1) {
      target = new MortalStore(bounds);
      target.writesLeft = writes;
      const run = migrateNamespaces({ source, target, written: target }, { replace: false });
      const isKilled = await run.then(
        () => false,
        () => true,
      );
      if (!isKilled) break;
      kills += 1;
      for (const name of await target.namespaces()) {
        // What is there is either all of it, or marked.
        const isWhole =
          JSON.stringify(await digestNamespace(target, name)) ===
          JSON.stringify(await digestNamespace(source, name));
        expect(isWhole || (await isUnfinished(target, name))).toBe(true);
      }
      target.writesLeft = Number.POSITIVE_INFINITY;
      await migrateNamespaces({ source, target, written: target }, { replace: false });
      expect(await everything(target)).toEqual(before);
      expect(await isUnfinished(target, 'large')).toBe(false);
    }
    // large: mark, 3 pages, unmark; shop: mark, 1 page, unmark
    expect(kills).toBe(8);
    expect(await everything(source)).toEqual(before);
  });

  it('leaves alone what is there already and equal', async () => {
    await migrateNamespaces({ source, target, written: target }, { replace: false });
    target.writesLeft = 0;
    const again = await migrateNamespaces({ source, target, written: target }, { replace: false });
    expect(again.namespaces.map(({ outcome }) => outcome)).toEqual(['already there', 'already there']);
  });

  it('stops at a namespace that the target has with other rows, unless told to replace it', async () => {
    await fill(target, 'shop', [row('cell', 'other')]);
    await expect(migrateNamespaces({ source, target, written: target }, { replace: false })).rejects.toThrow(
      'shop is in the target with other rows',
    );
    await migrateNamespaces({ source, target, written: target }, { replace: true });
    expect(await everything(target)).toEqual(await everything(source));
  });

  it('does not bring back what the source dropped since: refuses before it writes, or drops it from the target', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await fill(target, name, [row('cell', 'kept')]);
    await migrateNamespaces({ source, target, written: target }, { replace: true });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await fill(target, name, [row('cell', 'again')]);
    await source.drop('large');
    await fill(source, 'new', [row('cell', 'c')]);
    const [before, kept] = [await everything(target), await everything(source)];
    target.writesLeft = 0;
    const run = migrateNamespaces({ source, target, written: target }, { replace: false });
    await expect(run).rejects.toThrow(
      new TransferError(
        'The target has 6 namespaces that the source has not (a, b, c, …); --force drops them there',
      ),
    );
    expect(await everything(target)).toEqual(before);
    target.writesLeft = Number.POSITIVE_INFINITY;
    const { dropped } = await migrateNamespaces({ source, target, written: target }, { replace: true });
    expect(dropped).toEqual(['a', 'b', 'c', 'd', 'e', 'large']);
    expect(await everything(target)).toEqual(kept);
    expect(await everything(source)).toEqual(kept);
  });

  it('counts half a copy of what the source dropped since among what only the target has', async () => {
    target.writesLeft = 2;
    await migrateNamespaces({ source, target, written: target }, { replace: false }).catch(() => {});
    target.writesLeft = Number.POSITIVE_INFINITY;
    await source.drop('large');
    await expect(migrateNamespaces({ source, target, written: target }, { replace: false })).rejects.toThrow(
      'The target has 1 namespace that the source has not (large); --force drops it there',
    );
  });

  it('takes no copy for done that reads back otherwise', async () => {
    const forgetful = Object.assign(new MemoryStore(bounds), {
      commit: (namespace: string, changes: readonly Change[]) =>
        MemoryStore.prototype.commit.call(
          forgetful,
          namespace,
          changes.filter((change) => !('put' in change && change.put.key === 'c7')),
        ),
    });
    await expect(
      migrateNamespaces({ source, target: forgetful, written: forgetful }, { replace: false }),
    ).rejects.toThrow('large did not arrive whole');
    expect(await isUnfinished(forgetful, 'large')).toBe(true);
  });
});
