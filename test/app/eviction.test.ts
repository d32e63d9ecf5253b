import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppHome, until } from './app-home.js';
import type { RunningApp } from './running-app.js';

const QUERY = 'boats on the water';
const QUICKLY = { STORAGE_FLUSH_INTERVAL_MS: '10' };

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

async function resident(app: RunningApp): Promise<number | undefined> {
  return (await app.metrics()).get('neuralcache_namespaces_resident');
}

async function evictions(app: RunningApp, reason: string): Promise<number> {
  return (await app.metrics()).get(`neuralcache_namespace_evictions_total{reason="${reason}"}`) ?? 0;
}

describe('beyond MAX_NAMESPACES', () => {
  it('the least recently used is saved, evicted and found again; the default one stays', async () => {
    const app = await home.start({ MAX_NAMESPACES: '3' });
    await app.teach('default', QUERY, ['d9'], 3);
    for (const [index, name] of ['a', 'b', 'c', 'd'].entries())
      await app.teach(name, QUERY, [`d${index}`], 3);
    await until('two are evicted', async () => (await evictions(app, 'count')) === 2);
    expect(await resident(app)).toBe(3);
    expect(app.logged.filter(({ msg }) => msg === 'namespace evicted')).toMatchObject([
      { namespace: 'a', reason: 'count' },
      { namespace: 'b', reason: 'count' },
    ]);
    expect((await app.rank('a', QUERY)).ids[0]).toBe('d0');
    expect((await app.rank('default', QUERY)).ids[0]).toBe('d9');
  });

  it('feedback finds the request of before the eviction', async () => {
    const app = await home.start({ MAX_NAMESPACES: '2' });
    const { requestId } = await app.rank('a', QUERY);
    for (const other of ['b', 'c']) await app.rank(other, QUERY);
    await until('a is evicted', async () => (await evictions(app, 'count')) === 1);
    expect((await app.feedback('a', { request_id: requestId, selected_ids: ['d3'] })).status).toBe(200);
  });

  it('requests for many namespaces at once are all answered, and each keeps what it learned', async () => {
    const app = await home.start({ MAX_NAMESPACES: '2' });
    const names = Array.from({ length: 12 }, (_, index) => `n${index}`);
    for (const _ of [1, 2, 3]) {
      await Promise.all(names.map((name, index) => app.teach(name, QUERY, [`d${index}`], 1)));
    }
    await until('the surplus is gone', async () => (await resident(app))! <= 2);
    const firsts = await Promise.all(names.map(async (name) => (await app.rank(name, QUERY)).ids[0]));
    expect(firsts).toEqual(names.map((_, index) => `d${index}`));
  });
});

describe('beyond NAMESPACE_IDLE_TTL_S', () => {
  it('namespaces nobody used are saved and evicted by themselves, but not the default one', async () => {
    const app = await home.start({ ...QUICKLY, NAMESPACE_IDLE_TTL_S: '60' });
    await app.teach('default', QUERY, ['d9'], 2);
    await app.teach('idle', QUERY, ['d4'], 3);
    home.clock.advance(59_000);
    await app.rank('busy', QUERY);
    home.clock.advance(1_000);
    await until('the idle one is evicted', async () => (await evictions(app, 'idle')) === 1);
    expect(await resident(app)).toBe(2);
    expect(app.logged).toContainEqual(expect.objectContaining({ namespace: 'idle', reason: 'idle' }));
    expect((await app.rank('idle', QUERY)).ids[0]).toBe('d4');
  });
});

describe('what is written behind', () => {
  it('is in the database without anybody asking for it', async () => {
    const app = await home.start(QUICKLY);
    const { requestId } = await app.rank('a', QUERY);
    const keys = () =>
      home
        .dump()
        .get('a')
        ?.map(({ kind, key }) => (kind === 'impression' ? key : kind));
    await until('the impression is stored', () => keys()?.includes(requestId) ?? false);
    await until('what its texts taught is stored', () => keys()?.includes('frequencies') ?? false);
  });
});

describe('STORAGE_BACKEND=memory', () => {
  it('learns until the namespace is evicted, then says that its state is lost', async () => {
    const app = await home.start({ STORAGE_BACKEND: 'memory', MAX_NAMESPACES: '2' });
    const base = await app.look('a', QUERY);
    await app.teach('a', QUERY, ['d9'], 4);
    expect((await app.rank('a', QUERY)).ids[0]).toBe('d9');
    for (const other of ['b', 'c']) await app.rank(other, QUERY);
    await until('a is evicted', async () => (await evictions(app, 'count')) === 1);
    expect(await app.look('a', QUERY)).toEqual(base);
    expect((await app.metrics()).get('neuralcache_namespace_state_dropped_total')).toBeGreaterThanOrEqual(1);
    expect(app.logged).toContainEqual(expect.objectContaining({ level: 'warn', namespace: 'a' }));
  });
});
