import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_RESIDENTS } from '../../src/management/management-options.js';
import { gate } from '../namespaces/registry-fixture.js';
import { DRIVERS, type Stores } from './drivers.js';
import { BY, failing, GRACE_S, Home } from './home.js';
import { Killed, Mortal } from './mortal.js';

const SECRET = 'a-secret-nobody-else-has';

describe.each(DRIVERS)('deleting a namespace (%s)', (_name, open) => {
  let stores: Stores;
  let home: Home;
  /** Newest audit entry when the catalog was last compacted. */
  let compactedTo: number | undefined;
  beforeEach(async () => {
    stores = await open();
    const { kept } = stores;
    const compact = kept.compact.bind(kept);
    kept.compact = async () => {
      compactedTo = (await kept.load()).lastAudit?.seq;
      await compact();
    };
    home = await Home.open(stores);
  });
  afterEach(() => stores.close());

  /** Everything the catalog holds, as text. */
  async function catalogText(): Promise<string> {
    const { rows } = await home.kept.load();
    return JSON.stringify([rows, await home.auditRows(), await home.kept.get('answer', 'of/acme')]);
  }

  it('makes it wait for its purge, from which it can be brought back as it was', async () => {
    await home.create('acme');
    await home.management.setStatus('acme', 'read_only', BY);
    await home.use('acme');
    const gone = await home.management.remove('acme', { force: false }, BY);
    const at = new Date(home.clock.now() + GRACE_S * 1000).toISOString();
    expect(gone).toMatchObject({ status: 'pending_deletion', purge_at: at, revision: 3 });
    for (const change of [
      () => home.management.update('acme', { owner: 'x' }, BY),
      () => home.management.setQuotas('acme', {}, BY),
      () => home.management.setStatus('acme', 'active', BY),
      () => home.management.setStatus('acme', 'read_only', BY),
    ])
      await expect(change()).rejects.toMatchObject(failing('CONFLICT', 'Namespace is being deleted: acme'));
    home.clock.advance(GRACE_S * 1000 - 1);
    await home.management.sweep();
    const back = await home.management.restore('acme', BY);
    expect(back).toMatchObject({ status: 'read_only', purge_at: null });
    await expect(home.management.restore('acme', BY)).rejects.toMatchObject(failing('CONFLICT'));
    expect(home.registry.peek('acme')!.figures.cells).toBe(1);
    expect(await home.actions('acme')).toEqual([
      'namespace.create',
      'namespace.set_status',
      'namespace.delete',
      'namespace.restore',
    ]);
  });

  it('again changes nothing, or the time of the purge', async () => {
    await home.create('acme');
    const first = await home.management.remove('acme', { force: false }, BY);
    home.clock.advance(1000);
    expect(await home.management.remove('acme', { force: false }, BY)).toEqual(first);
    const moved = await home.management.remove('acme', { force: false, graceS: 5 }, BY);
    expect(moved).toMatchObject({ purge_at: new Date(home.clock.now() + 5000).toISOString() });
    await home.management.restore('acme', BY);
    expect(await home.management.get('acme')).toMatchObject({ status: 'active' });
  });

  it('purges it once the grace is over, and nothing of it is left but who did what when', async () => {
    await home.management.create(
      { id: 'acme', metadata: { note: SECRET }, tags: [SECRET] },
      { ...BY, idempotencyKey: 'k-1' },
    );
    await home.management.update('acme', { owner: SECRET }, BY);
    await home.use('acme');
    await home.registry.peek('acme')!.flush();
    await home.catalog.putUsage([{ id: 'acme', counts: { day: 3 } }]);
    await home.management.remove('acme', { force: false }, BY);
    home.clock.advance(GRACE_S * 1000);
    expect(await catalogText()).toContain(SECRET);
    const answer = JSON.parse((await home.kept.get('answer', 'of/acme'))!.value) as string;
    expect((await home.kept.get('answer', answer))?.value).toContain(SECRET);
    await home.management.sweep();
    expect(await home.kept.get('answer', answer)).toBeUndefined();
    expect(home.failures).toEqual([]);
    expect(home.purged).toEqual(['acme']);
    expect(home.catalog.record('acme')).toBeUndefined();
    expect(await home.state.namespaces()).toEqual([]);
    expect(home.registry.peek('acme')).toBeUndefined();
    expect(await catalogText()).not.toContain(SECRET);
    expect((await home.kept.load()).rows).toEqual([]);
    expect(await home.kept.get('answer', 'compaction')).toBeUndefined();
    await expect(home.management.get('acme')).rejects.toMatchObject(failing('NOT_FOUND'));
    const { entries } = await home.management.audit({ namespace: 'acme' });
    expect(entries.map(({ action, redacted }) => [action, redacted])).toEqual([
      ['namespace.create', true],
      ['namespace.update', true],
      ['namespace.delete', true],
      ['namespace.purge_begun', true],
      ['namespace.purged', false],
    ]);
    expect(entries.at(-1)).toMatchObject({ actor: 'system', after: { rows: expect.any(Number), files: 0 } });
    expect((entries.at(-1)!.after as { rows: number }).rows).toBeGreaterThan(2);
    expect(await home.chainProblem()).toBeNull();
  });

  it('purges it at once where that is forced, and tells what that erased', async () => {
    await home.create('acme');
    await home.store('acme', 5);
    await home.store('other', 5);
    expect(await home.purge('acme')).toEqual({
      id: 'acme',
      status: 'deleted',
      erased: { rows: 5, bytes: 10, cached_pairs: 0, files: [] },
      verified: true,
      left: [],
    });
    expect(await home.state.namespaces()).toEqual(['other']);
    await expect(home.management.remove('other', { force: true, graceS: 1 }, BY)).rejects.toMatchObject(
      failing('VALIDATION_ERROR'),
    );
    for (const graceS of [-1, Number.NaN, 1e12])
      await expect(home.management.remove('other', { force: false, graceS }, BY)).rejects.toMatchObject(
        failing('VALIDATION_ERROR'),
      );
  });

  it('takes one that was merely used, and one that was used again after it was purged', async () => {
    for (let i = 0; i < 2; i++) {
      await home.use('used');
      expect((await home.purge('used')).erased.rows).toBeGreaterThan(2);
    }
    expect(await home.state.namespaces()).toEqual([]);
    expect(await home.chainProblem()).toBeNull();
  });

  it('refuses a second purge while one is under way, whoever asks', async () => {
    await home.create('acme');
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = await home.again({
      admission: {
        drain: () => held,
        forget: () => undefined,
        utilisation: () => ({ share: 0, warnings: [] }),
        uses: () => [],
      },
    });
    const first = slow.purge('acme');
    await expect.poll(() => slow.catalog.record('acme')?.status).toBe('deleted');
    const refused = failing('CONFLICT', 'Namespace is being deleted: acme');
    await expect(slow.purge('acme')).rejects.toMatchObject(refused);
    await expect(slow.management.remove('acme', { force: false }, BY)).rejects.toMatchObject(refused);
    await expect(slow.management.restore('acme', BY)).rejects.toMatchObject(failing('CONFLICT'));
    await expect(slow.create('acme')).rejects.toMatchObject(failing('CONFLICT'));
    await slow.management.sweep();
    release();
    expect((await first).verified).toBe(true);
    expect(await slow.actions('acme')).toEqual([
      'namespace.create',
      'namespace.purge_begun',
      'namespace.purged',
    ]);
  });

  it('goes on by itself where the disk did not let go at first', async () => {
    await home.create('acme');
    await home.store('acme', 2);
    let isBroken = true;
    const failingHome = await home.again({
      cache: {
        erase: async () => {
          if (isBroken) throw new Error('the disk is away');
          return { rows: 3, bytes: 7, files: ['cache.damaged-1'], left: ['shared.damaged-1'] };
        },
        count: async () => 0,
      },
      pairs: { forget: () => 4 },
    });
    await expect(failingHome.purge('acme')).rejects.toThrow('the disk is away');
    expect((await failingHome.management.get('acme')).status).toBe('deleted');
    await failingHome.management.sweep();
    expect(failingHome.failures).toEqual(['purge acme: the disk is away']);
    isBroken = false;
    await failingHome.management.sweep();
    expect(failingHome.catalog.record('acme')).toBeUndefined();
    await failingHome.create('bolt');
    expect(await failingHome.purge('bolt')).toMatchObject({ verified: false, left: ['shared.damaged-1'] });
    const purged = (await failingHome.management.audit({ action: 'namespace.purged' })).entries[0];
    expect(purged!.after).toEqual({ rows: 0, bytes: 7, cached_pairs: 7, files: 1, left: 1 });
    expect(await failingHome.chainProblem()).toBeNull();
  });

  it('does not count as done while something is still stored', async () => {
    await home.create('acme');
    await home.store('acme', 2);
    const store = Object.assign(Object.create(home.state), {
      erase: async () => ({ rows: 2, bytes: 4, files: [], left: [] }),
    });
    const lying = await home.again({ store });
    await expect(lying.purge('acme')).rejects.toMatchObject(failing('UNAVAILABLE'));
    expect((await lying.management.get('acme')).status).toBe('deleted');
    expect(lying.purged).toEqual([]);
  });

  it('works on a folder alone, where nothing is open', async () => {
    const alone = await home.again({ residents: NO_RESIDENTS });
    await alone.create('acme');
    await alone.store('acme', 3);
    expect(await alone.management.stats('acme')).toMatchObject({ cells: 3, total_requests: 0 });
    expect(await alone.purge('acme')).toMatchObject({ erased: { rows: 3 }, verified: true });
    expect((await alone.management.totals()).resident_namespaces).toBe(0);
    expect(await alone.state.namespaces()).toEqual([]);
  });

  it('is not undone by a request that is still inside, whatever that does', async () => {
    await home.use('acme');
    const inside = gate();
    const straggler = home.registry.use('acme', async (namespace) => {
      await inside.promise;
      return namespace;
    });
    const open = home.registry.peek('acme')!;
    expect((await home.purge('acme')).verified).toBe(true);
    inside.open();
    expect(await straggler).toBe(open);
    const learned = open.exclusive(() =>
      open.commitFeedback(
        { changes: [], state: open.memory.snapshot, addedCells: 0, addedBytes: 0, apply: () => undefined },
        [],
      ),
    );
    await expect(learned).rejects.toMatchObject({ failure: 'closed' });
    await open.flush();
    expect(await home.state.namespaces()).not.toContain('acme');
  });

  it('is finished or undone after a crash at any step', async () => {
    let points = 0;
    for (const takesEffect of [false, true]) {
      for (let lastCall = 1; ; lastCall++) {
        const id = `acme-${takesEffect}-${lastCall}`;
        const maker = await home.again();
        await maker.management.create(
          { id, metadata: { note: SECRET } },
          { ...BY, idempotencyKey: `k-${id}` },
        );
        await home.store(id, 3);
        const process = new Mortal(lastCall, takesEffect);
        const dying = await home.again(process.options(home));
        const outcome = await dying.purge(id).catch((error) => error);
        const restarted = await home.again();
        const wasBegun = restarted.catalog.record(id)?.status !== 'active';
        await restarted.management.sweep();
        expect(restarted.failures).toEqual([]);
        expect(await restarted.chainProblem()).toBeNull();
        if (wasBegun) {
          expect(await restarted.state.namespaces()).not.toContain(id);
          expect(restarted.catalog.record(id)).toBeUndefined();
          expect(await home.kept.get('answer', 'compaction')).toBeUndefined();
          expect(await home.kept.get('answer', `of/${id}`)).toBeUndefined();
          expect(await restarted.actions(id)).toEqual([
            'namespace.create',
            'namespace.purge_begun',
            'namespace.purged',
          ]);
          expect(await catalogText()).not.toContain(SECRET);
          expect(compactedTo).toBe((await home.kept.load()).lastAudit!.seq);
        } else {
          expect(restarted.catalog.record(id)?.status).toBe('active');
          expect((await restarted.state.usage(id)).rows.cell).toBe(3);
          await restarted.purge(id);
        }
        if (!process.isDead) {
          expect(outcome).toMatchObject({ id, verified: true });
          break;
        }
        // Once its last commit is there the purge is done, though not all of it could be looked for.
        if (!(outcome instanceof Killed)) expect(outcome).toMatchObject({ id, verified: false });
        points++;
      }
    }
    // Names twice, 3 commits, drain, 2 erasures, what is left cached, usage, forgetting, compaction; before and after each.
    expect(points).toBe(24);
  });
});
