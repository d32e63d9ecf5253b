import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import {
  type EvictionReason,
  NamespaceRegistry,
  type NamespaceRegistryOptions,
  type Resident,
} from '../../src/namespaces/registry.js';

/** A namespace that notes what is done to it. */
class FakeNamespace implements Resident {
  bytes = 10;
  cacheBytes = 0;
  flushes = 0;
  closedFor: EvictionReason | undefined;
  flushError: Error | undefined;

  constructor(
    readonly name: string,
    private readonly log: string[],
  ) {}

  trimCaches(): void {
    this.log.push(`trim ${this.name}`);
    this.cacheBytes = 0;
  }

  async flush(): Promise<void> {
    this.flushes += 1;
    this.log.push(`flush ${this.name}`);
    if (this.flushError) throw this.flushError;
  }

  async close(reason: EvictionReason): Promise<void> {
    if (this.closedFor) throw new Error('closed twice');
    this.closedFor = reason;
    this.log.push(`close ${this.name} ${reason}`);
  }
}

function setUp(options: Partial<NamespaceRegistryOptions<FakeNamespace>> = {}) {
  const log: string[] = [];
  const clock = new ManualClock();
  const registry = new NamespaceRegistry<FakeNamespace>({
    open: async (name) => {
      log.push(`open ${name}`);
      return new FakeNamespace(name, log);
    },
    defaultName: 'default',
    maxBytes: 1e9,
    cacheMaxBytes: 1e9,
    clock,
    onEvicted: (name, reason) => log.push(`evicted ${name} ${reason}`),
    onFlushFailed: (name, _, kept) => log.push(`failed ${name} ${kept ? 'kept' : 'lost'}`),
    ...options,
  });
  const touch = (name: string, change?: (resident: FakeNamespace) => void) =>
    registry.use(name, async (resident) => {
      change?.(resident);
      return resident;
    });
  return { registry, log, clock, touch };
}

/** A promise and the means to settle it. */
function gate() {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** Lets everything happen that waits for nothing. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

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

describe('caches', () => {
  it('are emptied beyond their bound, those of the least recently used first, the default last', async () => {
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
    expect(log.filter((line) => line.startsWith('trim'))).toEqual(['trim a', 'trim b']);
    expect(registry.size.cacheBytes).toBe(100);
    await touch('c', (resident) => {
      resident.cacheBytes = 101;
    });
    expect(log.filter((line) => line.startsWith('trim')).slice(2)).toEqual(['trim c']);
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
