import { describe, expect, it } from 'vitest';
import { keepFamiliesWithin } from '../../src/namespaces/memory-families.js';
import type { StockQuota } from '../../src/namespaces/stock.js';
import { setUp } from './registry-fixture.js';

const QUOTA: StockQuota = { pool: 'acme', quota: 'max_memory_mb', limit: 100, isRefusing: true };

function family(quota = QUOTA) {
  const memory = new Map<string, number>();
  const stock = {
    quotasOf: (name: string) => (name.startsWith('acme') ? [quota] : []),
    setMemory: (pool: string, bytes: number) => void memory.set(pool, bytes),
  };
  return { stock, memory };
}

/** Opens namespaces, the first used longest ago, with so many bytes and so many of caches. */
async function opened(sizes: Readonly<Record<string, readonly [bytes: number, cacheBytes: number]>>) {
  const home = setUp();
  for (const [name, [bytes, cacheBytes]] of Object.entries(sizes))
    await home.touch(name, (one) => Object.assign(one, { bytes, cacheBytes }));
  home.log.length = 0;
  return home;
}

describe('the memory of a family', () => {
  it('comes from its caches first, those used longest ago before others', async () => {
    const { registry, log } = await opened({ 'acme.a': [20, 30], other: [500, 500], 'acme.b': [20, 60] });
    const { stock, memory } = family();
    expect(registry.bytesOf((name) => name.startsWith('acme'))).toBe(130);
    await keepFamiliesWithin(registry, stock);
    expect(log).toEqual(['trim acme.a by 30']);
    expect([...memory]).toEqual([['acme', 100]]);
  });

  it('then from whole namespaces nobody is in, and is told what is left', async () => {
    const { registry, log, touch } = await opened({
      'acme.a': [90, 1],
      'acme.b': [80, 1],
      'acme.c': [70, 1],
    });
    const { stock, memory } = family();
    let end = () => {};
    const inside = registry.use('acme.a', () => new Promise<void>((resolve) => (end = resolve)));
    await keepFamiliesWithin(registry, stock);
    expect(log.filter((line) => line.startsWith('evicted'))).toEqual([
      'evicted acme.b quota',
      'evicted acme.c quota',
    ]);
    expect([memory.get('acme'), registry.names()]).toEqual([90, ['acme.a']]);
    end();
    await inside;
    await touch('acme.a');
  });

  it('is left alone where the quota only tells, and where there is none', async () => {
    const { registry, log } = await opened({ 'acme.a': [900, 900], default: [900, 900] });
    const { stock, memory } = family({ ...QUOTA, isRefusing: false });
    await keepFamiliesWithin(registry, stock);
    expect([log, [...memory]]).toEqual([[], [['acme', 1800]]]);
  });

  it('never costs the default namespace more than its caches', async () => {
    const { registry, log } = await opened({ default: [900, 900] });
    await registry.trimFamily(() => true, 100);
    expect([log, registry.names()]).toEqual([['trim default by 1700'], ['default']]);
  });
});
