import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Holdings, QuotaError, type StockQuota } from '../../src/namespaces/stock.js';
import { Stocks } from '../../src/namespaces/stocks.js';

const VECTORS: StockQuota = { pool: 'acme', quota: 'max_vectors', limit: 10, isRefusing: true };
const STORAGE: StockQuota = { pool: 'acme', quota: 'max_storage_bytes', limit: 1000, isRefusing: true };
const cells = (count: number): Holdings => ({ cells: count, storedBytes: 0 });
const bytes = (count: number): Holdings => ({ cells: 0, storedBytes: count });

let quotas: StockQuota[];
let stored: Map<string, Holdings>;
let measured: string[];
let told: string[];
let stocks: Stocks;
beforeEach(() => {
  quotas = [VECTORS, STORAGE];
  stored = new Map();
  measured = [];
  told = [];
  stocks = new Stocks({
    quotasOf: (name) => (name.startsWith('acme') ? quotas : []),
    names: async () => [...stored.keys()],
    async measure(name) {
      measured.push(name);
      return stored.get(name) ?? cells(0);
    },
    onExceeded: (name, { quota }, message) => told.push(`${name} ${quota}: ${message}`),
  });
});

describe('stock', () => {
  it('counts what the whole family holds, open or stored, and nobody else', async () => {
    stored.set('acme.a', cells(5)).set('acme.b', cells(3)).set('other', cells(99));
    const release = await stocks.take('acme.c', cells(1), cells(1));
    release(cells(2));
    expect(stocks.use('acme')).toMatchObject({ cells: 10 });
    expect(measured).toEqual(['acme.a', 'acme.b']);
    await expect(stocks.take('acme.c', cells(2), cells(1))).rejects.toThrow(
      'Upsert would exceed vector quota: 10 + 1 > 10',
    );
    await expect(stocks.take('acme.c', cells(2), cells(0))).resolves.toBeDefined();
  });

  it('refuses bytes beyond the quota of storage, and has none for what queries leave from then on', async () => {
    const release = await stocks.take('acme', bytes(600), bytes(400));
    expect(stocks.isFull('acme')).toBe(false);
    release(bytes(1000));
    expect(stocks.isFull('acme')).toBe(true);
    await expect(stocks.take('acme', bytes(1000), bytes(1))).rejects.toEqual(
      new QuotaError({
        ...{ pool: 'acme', quota: 'max_storage_bytes', needed: 1001 },
        message: 'Storage quota exceeded: 1001 / 1000 bytes',
      }),
    );
    stocks.note('acme', bytes(10));
    expect(stocks.isFull('acme')).toBe(false);
  });

  it('lets pass and tells where the action is to alert', async () => {
    quotas = [{ ...VECTORS, isRefusing: false }];
    stored.set('acme', cells(10));
    await stocks.take('acme', cells(10), cells(1));
    expect(told).toEqual(['acme max_vectors: Upsert would exceed vector quota: 10 + 1 > 10']);
  });

  it('refuses while the family takes more memory than it may', async () => {
    quotas = [{ pool: 'acme', quota: 'max_memory_mb', limit: 100, isRefusing: true }];
    await stocks.take('acme', cells(1), cells(1));
    stocks.setMemory('acme', 101);
    expect(stocks.isFull('acme')).toBe(true);
    await expect(stocks.take('acme', cells(1), cells(1))).rejects.toThrow(
      'Memory quota exceeded: 101 / 100 bytes',
    );
    stocks.setMemory('acme', 100);
    expect(stocks.isFull('acme')).toBe(false);
  });

  it('measures anew what was changed by others, and sums anew where quotas are others', async () => {
    stored.set('acme', cells(9));
    await stocks.take('acme.b', cells(0), cells(0));
    stored.set('acme', cells(2));
    stocks.forget('acme');
    await stocks.take('acme.b', cells(0), cells(8));
    expect(measured.filter((name) => name === 'acme')).toHaveLength(2);
    quotas = [{ ...VECTORS, limit: 1 }];
    stocks.reset();
    await expect(stocks.take('acme.b', cells(0), cells(1))).rejects.toThrow('10 + 1 > 1');
  });

  it('sums up when it is told to, and holds to the sum until there is a new one', async () => {
    stored.set('acme.a', bytes(1000));
    stocks.note('acme', bytes(0));
    expect([stocks.isKnown('acme'), stocks.isFull('acme')]).toEqual([false, false]);
    await stocks.settle('acme');
    expect([stocks.isKnown('acme'), stocks.isFull('acme'), stocks.use('acme')?.storedBytes]).toEqual([
      true,
      true,
      1000,
    ]);
    stocks.reset();
    expect([stocks.isKnown('acme'), stocks.isFull('acme'), stocks.use('acme')?.storedBytes]).toEqual([
      true,
      true,
      1000,
    ]);
    stored.set('acme.a', bytes(10));
    stocks.forget('acme.a');
    expect(stocks.isFull('acme')).toBe(false);
    await stocks.settle('acme');
    expect(stocks.use('acme')?.storedBytes).toBe(10);
    quotas = [];
    stocks.reset();
    quotas = [{ ...STORAGE, pool: 'other' }];
    await stocks.settle('acme');
    expect([stocks.use('acme'), stocks.use('other')?.storedBytes]).toEqual([undefined, 10]);
  });

  it('rejects where the family cannot be measured, and tries again', async () => {
    let isBroken = true;
    stocks = new Stocks({
      quotasOf: () => quotas,
      async names() {
        if (isBroken) throw new Error('no disk');
        return [];
      },
      measure: async () => cells(0),
      onExceeded: () => undefined,
    });
    await expect(stocks.take('acme', cells(0), cells(1))).rejects.toThrow('no disk');
    isBroken = false;
    await stocks.take('acme', cells(0), cells(1));
  });

  it('costs nobody without quotas a measurement', async () => {
    await stocks.take('other', cells(1), cells(1));
    expect([measured, stocks.isFull('other'), stocks.use('other')]).toEqual([[], false, undefined]);
  });

  it('is never exceeded by a family whose members take at the same time', async () => {
    const step = fc.record({
      name: fc.constantFrom('acme', 'acme.a', 'acme.b', 'acme.c'),
      added: fc.nat(3),
      ends: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.scheduler(), async (steps, scheduler) => {
        const held = new Map<string, number>();
        const family = new Stocks({
          quotasOf: () => [VECTORS],
          names: () => scheduler.schedule(Promise.resolve(['acme.a'])),
          measure: () => scheduler.schedule(Promise.resolve(cells(2))),
          onExceeded: () => undefined,
        });
        held.set('acme.a', 2);
        const write = async ({ name, added, ends }: (typeof steps)[number]) => {
          const release = await family
            .take(name, cells(held.get(name) ?? 0), cells(added))
            .catch(() => undefined);
          await scheduler.schedule(Promise.resolve());
          if (release !== undefined && ends) held.set(name, (held.get(name) ?? 0) + added);
          release?.(cells(held.get(name) ?? 0));
          const total = [...held.values()].reduce((sum, count) => sum + count, 0);
          expect(total).toBeLessThanOrEqual(10);
        };
        // Feedbacks of one namespace come one after the other.
        const runs = ['acme', 'acme.a', 'acme.b', 'acme.c'].map(async (lane) => {
          for (const one of steps) if (one.name === lane) await write(one);
        });
        await scheduler.waitFor(Promise.all(runs));
        const total = [...held.values()].reduce((sum, count) => sum + count, 0);
        expect(family.use('acme')?.cells ?? total).toBe(total);
      }),
      { numRuns: 200 },
    );
  });
});
