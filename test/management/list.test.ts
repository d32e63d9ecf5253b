import { describe, expect, it } from 'vitest';
import type { ListQuery } from '../../src/management/namespace-admin.js';
import { BY, failing, Home } from './home.js';

async function ids(home: Home, query: ListQuery = {}): Promise<string[]> {
  return (await home.management.list(query)).namespaces.map(({ id }) => id);
}

/** All pages, joined. */
async function pages(home: Home, limit: number): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await home.management.list({ limit, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.namespaces.length).toBeLessThanOrEqual(limit);
    found.push(...page.namespaces.map(({ id }) => id));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

describe('listing namespaces', () => {
  it('covers those registered and those merely in use, by id, page by page', async () => {
    const home = await Home.open();
    for (const id of ['acme', 'acme.web', 'zoo']) await home.create(id);
    for (const id of ['Beta', 'acme.raw', 'middle']) await home.store(id, 1);
    await home.use('open-one');
    home.clock.advance(1000);
    const all = ['Beta', 'acme', 'acme.raw', 'acme.web', 'default', 'middle', 'open-one', 'zoo'];
    expect(await ids(home)).toEqual(all);
    for (const limit of [1, 2, 3, 7, 8, 9]) expect(await pages(home, limit)).toEqual(all);
    const { namespaces } = await home.management.list({});
    expect(namespaces.filter(({ registered }) => registered).map(({ id }) => id)).toEqual([
      'acme',
      'acme.web',
      'zoo',
    ]);
    expect(namespaces.find(({ id }) => id === 'acme.raw')).toMatchObject({
      parent_id: 'acme',
      tenant_id: 'acme',
      path: 'acme/raw',
      created_at: null,
      revision: 0,
    });
  });

  it('goes by prefix, parent, tenant, status and tag, together', async () => {
    const home = await Home.open({ isDegraded: (name) => name === 'sick' });
    await home.create('acme', { tags: ['prod'], tenant_id: 'big' });
    await home.create('acme.web', { tags: ['prod'] });
    await home.create('acme.web.eng');
    await home.create('sick');
    await home.store('acme.raw', 1);
    home.clock.advance(1000);
    await home.management.setStatus('acme.web', 'suspended', BY);
    expect(await ids(home, { prefix: 'acme.' })).toEqual(['acme.raw', 'acme.web', 'acme.web.eng']);
    expect(await ids(home, { parent: 'acme' })).toEqual(['acme.raw', 'acme.web']);
    expect(await ids(home, { tenant: 'big' })).toEqual(['acme', 'acme.raw', 'acme.web', 'acme.web.eng']);
    expect(await ids(home, { status: 'suspended' })).toEqual(['acme.web', 'acme.web.eng']);
    expect(await ids(home, { status: 'degraded' })).toEqual(['sick']);
    expect(await ids(home, { tag: 'prod' })).toEqual(['acme', 'acme.web']);
    expect(await ids(home, { tag: 'prod', status: 'active' })).toEqual(['acme']);
    expect(await ids(home, { prefix: 'nothing' })).toEqual([]);
  });

  it('keeps its place while names come and go', async () => {
    const home = await Home.open();
    for (const id of ['aaa', 'bbb', 'ccc', 'ddd']) await home.create(id);
    const first = await home.management.list({ limit: 2 });
    expect(first.namespaces.map(({ id }) => id)).toEqual(['aaa', 'bbb']);
    await home.purge('bbb');
    await home.create('abc');
    expect(await ids(home, { cursor: first.next_cursor! })).toEqual(['ccc', 'ddd', 'default']);
  });

  it('refuses bad queries', async () => {
    const { management } = await Home.open();
    for (const query of [{ limit: 0 }, { limit: 1001 }, { limit: 1.5 }, { cursor: '!' }, { status: 'gone' }])
      await expect(management.list(query as ListQuery)).rejects.toMatchObject(failing('VALIDATION_ERROR'));
  });

  it('asks the store for its names once a second at most, and again for a name nobody has met', async () => {
    const home = await Home.open();
    let asked = 0;
    const { namespaces } = home.state;
    home.state.namespaces = () => {
      asked++;
      return namespaces.call(home.state);
    };
    for (let i = 0; i < 5; i++) await ids(home);
    expect(asked).toBe(1);
    await home.store('fresh', 1);
    expect(await ids(home)).not.toContain('fresh');
    expect((await home.management.get('fresh')).registered).toBe(false);
    expect(asked).toBe(2);
    home.clock.advance(1000);
    expect(await ids(home)).toContain('fresh');
    expect(asked).toBe(3);
  });

  it('is unavailable where the store does not tell, while one that is registered can still be shown', async () => {
    const home = await Home.open();
    await home.create('acme');
    await home.state.close();
    home.clock.advance(1000);
    await expect(home.management.list({})).rejects.toMatchObject(failing('UNAVAILABLE'));
    expect(await home.management.get('acme')).toMatchObject({ id: 'acme', last_used_at: null });
  });

  it.each([
    [
      'alone',
      (home: Home) =>
        home.management.get('acme').then(
          () => 'found',
          ({ code }) => code,
        ),
      'NOT_FOUND',
    ],
    ['in a list', (home: Home) => ids(home), ['default']],
  ])('leaves out one that is purged while it is looked at, %s', async (_how, look, expected) => {
    const home = await Home.open();
    await home.create('acme');
    await home.store('acme', 1);
    home.clock.advance(1000);
    // From here on it is known that something is stored of it.
    await ids(home);
    home.clock.advance(120_000);
    const { usage } = home.state;
    home.state.usage = async (name) => {
      home.state.usage = usage;
      await home.purge('acme');
      return usage.call(home.state, name);
    };
    expect(await look(home)).toEqual(expected);
    expect(home.catalog.record('acme')).toBeUndefined();
  });

  it('shows nothing of one that was purged, while it was looked at, for the next that has its name', async () => {
    const home = await Home.open();
    await home.create('acme');
    await home.use('acme');
    await home.registry.evict('acme', 'idle');
    home.clock.advance(1000);
    await ids(home);
    home.clock.advance(120_000);
    const { usage } = home.state;
    home.state.usage = async (name) => {
      home.state.usage = usage;
      const before = await usage.call(home.state, name);
      await home.purge('acme');
      return before;
    };
    await expect(home.management.get('acme')).rejects.toMatchObject(failing('NOT_FOUND'));
    await home.create('acme');
    // Something is stored of it, but it has answered nobody yet.
    await home.store('acme', 1);
    home.clock.advance(1000);
    await ids(home);
    expect((await home.management.get('acme')).last_used_at).toBeNull();
  });
});
