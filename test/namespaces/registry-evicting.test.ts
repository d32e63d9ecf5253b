import { describe, expect, it } from 'vitest';
import { gate, settle, setUp } from './registry-fixture.js';

describe('evicting', () => {
  it('takes the least recently used beyond the number, flushes it, closes it and says why', async () => {
    const { registry, log, touch } = setUp({ maxNamespaces: 2 });
    for (const name of ['a', 'b', 'a', 'c']) await touch(name);
    await registry.maintain();
    await settle();
    expect(registry.names()).toEqual(['c', 'a']);
    expect(log.slice(-3)).toEqual(['flush b', 'close b count', 'evicted b count']);
  });

  it('goes by bytes as they are after each use', async () => {
    const { registry, log, touch } = setUp({ maxBytes: 100 });
    for (const name of ['a', 'b', 'c']) await touch(name);
    await touch('c', (resident) => {
      resident.bytes = 85;
    });
    await registry.maintain();
    await settle();
    // 10 + 10 + 85 are 5 too many: a goes, b may stay.
    expect(registry.names()).toEqual(['c', 'b']);
    expect(log.at(-1)).toBe('evicted a bytes');
    expect(registry.size.bytes).toBe(95);
  });

  it('notices at maintenance what grew by itself', async () => {
    const { registry, touch } = setUp({ maxBytes: 100 });
    const a = await touch('a');
    await touch('b');
    a.bytes = 500;
    expect(registry.size.bytes).toBe(20);
    await registry.maintain();
    await settle();
    expect(registry.names()).toEqual(['b']);
  });

  it('counts the default and never takes it', async () => {
    const { registry, clock, touch } = setUp({ maxNamespaces: 1, maxBytes: 1, idleTtlMs: 1 });
    for (const name of ['default', 'a', 'b']) await touch(name);
    clock.advance(1000);
    await registry.maintain();
    await settle();
    expect(registry.names()).toEqual(['default']);
  });

  it('takes what was not used for the idle time', async () => {
    const { registry, clock, log, touch } = setUp({ idleTtlMs: 1000 });
    await touch('a');
    clock.advance(600);
    await touch('b');
    clock.advance(400);
    await registry.maintain();
    await settle();
    expect(registry.names()).toEqual(['b']);
    expect(log.at(-1)).toBe('evicted a idle');
    clock.advance(500);
    await touch('b');
    clock.advance(500);
    await registry.maintain();
    expect(registry.names()).toEqual(['b']);
  });

  it('leaves those in use, and makes up for it when they are not', async () => {
    const { registry, log } = setUp({ maxNamespaces: 1 });
    const door = gate();
    const uses = ['a', 'b', 'c'].map((name) => registry.use(name, () => door.promise));
    await settle();
    await registry.maintain();
    await settle();
    expect(registry.names()).toHaveLength(3);
    expect(log.some((line) => line.startsWith('flush'))).toBe(false);
    door.open();
    await Promise.all(uses);
    await registry.maintain();
    await settle();
    expect(registry.names()).toHaveLength(1);
  });

  it('waits for the uses inside, keeps new ones out until it is closed, then opens it again', async () => {
    const { registry, log } = setUp();
    const door = gate();
    const inside = registry.use('a', async () => {
      await door.promise;
      log.push('use ends');
    });
    await registry.use('other', async () => {});
    const evicted = registry.evict('a', 'idle');
    const later = registry.use('a', async () => log.push('used again'));
    await registry.maintain();
    await settle();
    expect(log.filter((line) => line.endsWith(' a'))).toEqual(['open a']);
    door.open();
    await Promise.all([inside, later]);
    expect(await evicted).toBe(true);
    expect(log.filter((line) => !line.includes('other'))).toEqual([
      'open a',
      'use ends',
      'flush a',
      'close a idle',
      'evicted a idle',
      'open a',
      'used again',
    ]);
  });

  it('drops without saving, and does what must be done before anyone opens it again', async () => {
    const { registry, log, touch } = setUp();
    await touch('a');
    const dropped = registry.evict('a', 'dropped', async () => {
      await Promise.resolve();
      log.push('rows removed');
    });
    await Promise.all([dropped, touch('a')]);
    expect(log).toEqual(['open a', 'close a dropped', 'evicted a dropped', 'rows removed', 'open a']);
  });

  it('keeps a name out also while it is not open, and lets go if that fails', async () => {
    const { registry, log, touch } = setUp();
    const dropped = registry.evict('a', 'dropped', async () => {
      await Promise.resolve();
      log.push('fails');
      throw new Error('disk');
    });
    const used = touch('a');
    await expect(dropped).rejects.toThrow('disk');
    await used;
    expect(log).toEqual(['fails', 'open a']);
    await expect(
      registry.evict('a', 'dropped', async () => Promise.reject(new Error('disk'))),
    ).rejects.toThrow('disk');
    expect((await touch('a')).name).toBe('a');
  });

  it('waits for an opening before it evicts', async () => {
    const { registry, log, touch } = setUp();
    const opening = touch('a');
    expect(await registry.evict('a', 'idle')).toBe(true);
    await opening;
    expect(log).toEqual(['open a', 'flush a', 'close a idle', 'evicted a idle']);
  });

  it('keeps what could not be saved, tries others first, and it again a second later', async () => {
    const { registry, log, clock, touch } = setUp({ maxNamespaces: 2 });
    await touch('a', (resident) => {
      resident.flushError = new Error('disk full');
    });
    await touch('b');
    await touch('c');
    await registry.maintain();
    await settle();
    expect(log).toContain('failed a kept');
    expect(registry.peek('a')!.flushes).toBe(1);
    clock.advance(999);
    await touch('b');
    await settle();
    expect(registry.peek('a')!.flushes).toBe(1);
    await registry.maintain();
    await settle();
    expect(registry.names()).toContain('a');
    expect(log).toContain('evicted b count');
    registry.peek('a')!.flushError = undefined;
    await touch('d');
    clock.advance(1000);
    await touch('c');
    await registry.maintain();
    await settle();
    expect(registry.names()).not.toContain('b');
    expect(registry.size.namespaces).toBeLessThanOrEqual(2);
  });

  it('waits a second before it tries again to save what it could not', async () => {
    const { registry, clock, touch } = setUp({ idleTtlMs: 10 });
    const a = await touch('a', (resident) => {
      resident.flushError = new Error('disk full');
    });
    const flushesAfter = async (ms: number) => {
      clock.advance(ms);
      await registry.maintain();
      return a.flushes;
    };
    expect([await flushesAfter(10), await flushesAfter(999), await flushesAfter(1)]).toEqual([1, 1, 2]);
  });

  it('does not let a disk that fails fill the memory: beyond twice the bound it lets go', async () => {
    const { registry, log, clock, touch } = setUp({ maxNamespaces: 2 });
    for (let n = 0; n < 12; n += 1) {
      await touch(`n${n}`, (resident) => {
        resident.flushError = new Error('disk full');
      });
      await settle();
      expect(registry.size.namespaces).toBeLessThanOrEqual(4);
      clock.advance(1000);
    }
    await registry.maintain();
    await settle();
    expect(registry.size.namespaces).toBeLessThanOrEqual(4);
    expect(log.some((line) => line.endsWith('lost'))).toBe(true);
    expect(log.some((line) => line.endsWith('kept'))).toBe(true);
  });
});

describe('working on a namespace that is away', () => {
  it('keeps everyone out of it until the work ends, however it does', async () => {
    const { registry, log, touch } = setUp();
    let finish: () => void = () => undefined;
    const work = registry.whileAway('a', async () => {
      log.push('work begins');
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      log.push('work ends');
    });
    const used = touch('a');
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    expect(await work).toBe(true);
    await used;
    expect(log).toEqual(['work begins', 'work ends', 'open a']);
    await expect(registry.whileAway('b', () => Promise.reject(new Error('disk')))).rejects.toThrow('disk');
    await touch('b');
    expect(log.at(-1)).toBe('open b');
  });

  it('does nothing where it is open, or being opened', async () => {
    const { registry, log, touch } = setUp();
    const opening = touch('a');
    expect(await registry.whileAway('a', async () => void log.push('work'))).toBe(false);
    await opening;
    expect(await registry.whileAway('a', async () => void log.push('work'))).toBe(false);
    expect(log).toEqual(['open a']);
  });

  it('begins once it was evicted, and never after the end', async () => {
    const { registry, log, touch } = setUp();
    await touch('a');
    const evicted = registry.evict('a', 'idle');
    expect(await registry.whileAway('a', async () => void log.push('work'))).toBe(true);
    await evicted;
    expect(log).toEqual(['open a', 'flush a', 'close a idle', 'evicted a idle', 'work']);
    await registry.close();
    await expect(registry.whileAway('a', async () => void log.push('late'))).rejects.toThrow('shutting down');
    expect(log).not.toContain('late');
  });
});

describe('evicting with patience', () => {
  it('waits for the uses inside no longer than that, and a use that ends later changes nothing', async () => {
    const { registry, log } = setUp();
    const [inside, patience] = [gate(), gate()];
    const use = registry.use('a', () => inside.promise);
    await settle();
    const evicted = registry.evict('a', 'dropped', async () => void log.push('gone'), patience.promise);
    await settle();
    expect(log).toEqual(['open a']);
    patience.open();
    expect(await evicted).toBe(true);
    expect(log).toEqual(['open a', 'close a dropped', 'evicted a dropped', 'gone']);
    inside.open();
    await use;
    expect(registry.names()).toEqual([]);
  });
});

it('opens nothing anew for a caller who left while the name was on its way out', async () => {
  const { registry, log, touch } = setUp();
  await touch('a');
  const erased = gate();
  const gone = registry.evict('a', 'dropped', () => erased.promise, Promise.resolve());
  const left = new AbortController();
  let ran = 0;
  const work = async () => ran++;
  const straggler = registry.use('a', work, () => left.signal);
  const waiting = registry.use('b', work, () => left.signal);
  left.abort();
  erased.open();
  await gone;
  await expect(straggler).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await waiting;
  expect([ran, registry.names()]).toEqual([1, ['b']]);
  expect(log.filter((line) => line === 'open a')).toHaveLength(1);
});
