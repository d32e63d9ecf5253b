import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeNamespace, gate, settle, setUp } from './registry-fixture.js';

describe('opening', () => {
  it('opens a namespace once, however many uses arrive together', async () => {
    const door = gate();
    let opened = 0;
    const { registry } = setUp({
      open: async (name) => {
        opened += 1;
        await door.promise;
        return new FakeNamespace(name, []);
      },
    });
    const uses = Array.from({ length: 50 }, () => registry.use('a', async (resident) => resident));
    door.open();
    expect(new Set(await Promise.all(uses)).size).toBe(1);
    expect(opened).toBe(1);
  });

  it('fails all who wait when it fails, leaves nothing behind, and tries again at the next use', async () => {
    let fails = true;
    const { registry, touch } = setUp({
      open: async (name) => {
        if (fails) throw new Error('no disk');
        return new FakeNamespace(name, []);
      },
    });
    const uses = await Promise.allSettled([touch('a'), touch('a'), touch('a')]);
    expect(uses.map((use) => use.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(registry.names()).toEqual([]);
    expect(registry.size).toEqual({ namespaces: 0, bytes: 0, cacheBytes: 0 });
    fails = false;
    expect((await touch('a')).name).toBe('a');
  });

  it('passes on what the work answers and what it throws, and lets go either way', async () => {
    const { registry, log } = setUp({ maxNamespaces: 1 });
    expect(await registry.use('a', async () => 7)).toBe(7);
    await expect(registry.use('b', async () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    await registry.maintain();
    expect(registry.names()).toHaveLength(1);
    expect(log.filter((line) => line.startsWith('evicted'))).toHaveLength(1);
  });

  it('lists the open ones by last use and looks at one without using it', async () => {
    const { registry, touch } = setUp();
    for (const name of ['default', 'a', 'b', '__proto__', 'a']) await touch(name);
    expect(registry.peek('b')?.name).toBe('b');
    expect(registry.peek('c')).toBeUndefined();
    expect(registry.names()).toEqual(['a', '__proto__', 'b', 'default']);
  });
});

describe('who is present', () => {
  it('are the open, those still being opened, and those on their way out, each under its name', async () => {
    const [opening, leaving] = [gate(), gate()];
    const { registry, touch } = setUp({
      open: async (name, onMade) => {
        const made = new FakeNamespace(name, []);
        onMade(made);
        if (name === 'opening') await opening.promise;
        if (name === 'leaving') made.flush = () => leaving.promise;
        return made;
      },
    });
    const present = (name: string | null) =>
      registry
        .present(name)
        .map((one) => one.name)
        .sort();
    await touch('open');
    await touch('leaving');
    const evicted = registry.evict('leaving', 'count');
    const opened = touch('opening');
    await settle();
    expect(registry.names()).toEqual(['open']);
    expect(present(null)).toEqual(['leaving', 'open', 'opening']);
    for (const name of ['leaving', 'open', 'opening']) expect(present(name)).toEqual([name]);
    expect(present('nobody')).toEqual([]);
    opening.open();
    leaving.open();
    await Promise.all([evicted, opened]);
    expect(present(null)).toEqual(['open', 'opening']);
  });
});

describe('caches', () => {
  it('are trimmed beyond their bound, by what is too much, those of the least recently used first, the default last', async () => {
    const { log, touch, registry } = setUp({ cacheMaxBytes: 100 });
    for (const name of ['default', 'a', 'b']) {
      await touch(name, (resident) => {
        resident.cacheBytes = 30;
      });
    }
    expect(log.some((line) => line.startsWith('trim'))).toBe(false);
    await touch('c', (resident) => {
      resident.cacheBytes = 70;
    });
    // 160: without a 130, without b 100.
    expect(log.filter((line) => line.startsWith('trim'))).toEqual(['trim a by 60', 'trim b by 30']);
    expect(registry.size.cacheBytes).toBe(100);
    await touch('c', (resident) => {
      resident.cacheBytes = 101;
    });
    expect(log.filter((line) => line.startsWith('trim')).slice(2)).toEqual(['trim c by 31']);
  });
});

describe('saving all', () => {
  it('saves each and answers those that failed', async () => {
    const { registry, touch } = setUp();
    const names = Array.from({ length: 40 }, (_, n) => `n${n}`);
    for (const name of names) await touch(name);
    registry.peek('n7')!.flushError = new Error('disk');
    const failures = await registry.flushAll();
    expect(failures.map(({ name }) => name)).toEqual(['n7']);
    expect(names.map((name) => registry.peek(name)?.flushes)).toEqual(names.map(() => 1));
  });
});

describe('closing', () => {
  it('refuses new uses, lets those inside end, then saves and closes everything', async () => {
    const { registry, log, touch } = setUp();
    await touch('default');
    const door = gate();
    const inside = registry.use('a', async () => {
      await door.promise;
      log.push('use ends');
    });
    await touch('b');
    const opening = touch('c');
    const closing = registry.close();
    await expect(touch('b')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(touch('new')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await opening).name).toBe('c');
    door.open();
    await Promise.all([inside, closing, registry.close()]);
    expect(log.indexOf('use ends')).toBeLessThan(log.indexOf('flush a'));
    for (const name of ['default', 'a', 'b', 'c']) {
      expect(log.filter((line) => line === `close ${name} shutdown`)).toHaveLength(1);
      expect(log.filter((line) => line === `flush ${name}`)).toHaveLength(1);
    }
    expect(registry.names()).toEqual([]);
  });

  it('waits no longer than the deadline for uses that do not end, and saves them all the same', async () => {
    const { registry, log } = setUp();
    const never = registry.use('a', () => new Promise<void>(() => {}));
    await registry.use('b', async () => {});
    const deadline = new AbortController();
    const closing = registry.close(deadline.signal);
    deadline.abort();
    await closing;
    expect(log).toContain('close a shutdown');
    expect(never).toBeInstanceOf(Promise);
  });

  it('does not wait for an opening that hangs, and closes what comes of it', async () => {
    const door = gate();
    const resident = new FakeNamespace('a', []);
    const { registry, touch } = setUp({
      open: async () => {
        await door.promise;
        return resident;
      },
    });
    const use = touch('a');
    await registry.close(AbortSignal.abort());
    door.open();
    await expect(use).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(resident.closedFor).toBe('shutdown');
  });

  it('closes also what an eviction under way could not save', async () => {
    const { registry, log, touch } = setUp();
    await touch('a', (resident) => {
      resident.flushError = new Error('disk full');
    });
    const evicted = registry.evict('a', 'idle');
    await registry.close();
    expect(await evicted).toBe(true);
    expect(registry.names()).toEqual([]);
    expect(log).toContain('close a idle');
  });

  it('closes what cannot be saved, and says that it is lost', async () => {
    const { registry, log, touch } = setUp();
    await touch('a', (resident) => {
      resident.flushError = new Error('disk full');
    });
    await registry.close();
    expect(log.slice(-3)).toEqual(['failed a lost', 'close a shutdown', 'evicted a shutdown']);
  });
});

/** One step of a random history. */
type Step =
  | { do: 'use'; name: string; bytes: number; cacheBytes: number }
  | { do: 'end'; which: number }
  | { do: 'maintain' }
  | { do: 'evict'; name: string }
  | { do: 'flush'; fails: boolean }
  | { do: 'wait'; ms: number };

const name = fc.constantFrom('default', 'a', 'b', 'c', 'd');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      name,
      bytes: fc.nat(40),
      cacheBytes: fc.nat(40),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'maintain' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('evict' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const), fails: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2000) }) },
);

it('in any history opens no name twice at once, evicts none in use, and the default only when told to', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { minLength: 5, maxLength: 60 }),
      async (scheduler, steps) => {
        const open = new Set<string>();
        const inside = new Map<string, number>();
        const problems: string[] = [];
        let flushFails = false;
        let toldToEvictDefault = false;

        const makeResident = (residentName: string): FakeNamespace => {
          const resident = new FakeNamespace(residentName, []);
          resident.flush = async () => {
            await scheduler.schedule(Promise.resolve(), `flush ${residentName}`);
            if (flushFails) throw new Error('disk');
          };
          resident.close = async (reason) => {
            if (!open.has(residentName)) problems.push(`${residentName} closed without being open`);
            if ((inside.get(residentName) ?? 0) > 0) problems.push(`${residentName} closed in use`);
            if (residentName === 'default' && reason !== 'shutdown' && !toldToEvictDefault)
              problems.push('default evicted');
            await scheduler.schedule(Promise.resolve(), `close ${residentName}`);
            open.delete(residentName);
          };
          return resident;
        };
        const { registry, clock } = setUp({
          maxNamespaces: 3,
          maxBytes: 80,
          cacheMaxBytes: 60,
          idleTtlMs: 1000,
          open: async (opened) => {
            if (open.has(opened)) problems.push(`${opened} opened twice`);
            open.add(opened);
            await scheduler.schedule(Promise.resolve(), `open ${opened}`);
            return makeResident(opened);
          },
          onEvicted: () => {},
          onFlushFailed: () => {},
        });

        const doors: (() => void)[] = [];
        const pending: Promise<unknown>[] = [];
        for (const next of steps) {
          if (next.do === 'use') {
            const door = gate();
            doors.push(door.open);
            pending.push(
              registry.use(next.name, async (resident) => {
                inside.set(next.name, (inside.get(next.name) ?? 0) + 1);
                resident.bytes = next.bytes;
                resident.cacheBytes = next.cacheBytes;
                await door.promise;
                inside.set(next.name, inside.get(next.name)! - 1);
              }),
            );
          } else if (next.do === 'end') doors.splice(next.which % Math.max(1, doors.length), 1)[0]?.();
          else if (next.do === 'maintain') pending.push(registry.maintain());
          else if (next.do === 'evict') {
            toldToEvictDefault ||= next.name === 'default';
            pending.push(registry.evict(next.name, 'dropped'));
          } else if (next.do === 'flush') {
            flushFails = next.fails;
            pending.push(registry.flushAll());
          } else clock.advance(next.ms);
          if (scheduler.count() > 0) await scheduler.waitNext(1);
        }
        flushFails = false;
        for (const end of doors) end();
        await scheduler.waitFor(Promise.all(pending));
        clock.advance(1000);
        await scheduler.waitFor(registry.maintain());
        const { namespaces, bytes, cacheBytes } = registry.size;
        const residents = registry.names().map((resident) => registry.peek(resident)!);
        expect(bytes).toBe(residents.reduce((total, resident) => total + resident.bytes, 0));
        expect(cacheBytes).toBe(residents.reduce((total, resident) => total + resident.cacheBytes, 0));
        expect(namespaces).toBeLessThanOrEqual(3);
        expect(cacheBytes).toBeLessThanOrEqual(60);
        await scheduler.waitFor(registry.close());
        expect([...open]).toEqual([]);
        expect(problems).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});
