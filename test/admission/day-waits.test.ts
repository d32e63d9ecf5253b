import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NamespaceAdmission } from '../../src/admission/namespace-admission.js';
import { Asking, type FakeCatalog, level, setUpAdmission, useFakeTimers } from './fake-catalog.js';

/** Admission over a disk that takes its time; `writes` are those begun. */
function withSlowDisk(catalog: FakeCatalog, diskMs: number, quotaWaitMs = 1000) {
  const writes: string[] = [];
  // One after the other, as the catalog does it.
  let tail = Promise.resolve();
  const admission = catalog.admission({
    quotaWaitMs,
    days: {
      read: (id) => catalog.usage.get(id),
      patienceMs: 1000,
      write: (id, kept) => {
        writes.push(id);
        tail = tail.then(async () => {
          await new Promise((resolve) => setTimeout(resolve, diskMs));
          catalog.usage.set(id, { ...kept });
        });
        return tail;
      },
    },
  });
  return { admission, writes };
}

const many = (admission: NamespaceAdmission, count: number) =>
  Array.from({ length: count }, () => new Asking(admission, 'acme'));
const count = (asked: readonly Asking[], outcome: string) =>
  asked.filter((asking) => asking.outcome.startsWith(outcome)).length;

describe('requests that wait for the count of a day to be on disk', () => {
  beforeEach(useFakeTimers);
  afterEach(() => vi.useRealTimers());

  it.each([50, 100, 199, 200, 100_000])('are let in with %i a day', async (limit) => {
    const { catalog, pass } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', { max_queries_per_day: limit })] });
    const { admission } = withSlowDisk(catalog, 5);
    const asking = new Asking(admission, 'acme');
    for (let i = 0; i < 3; i++) await pass(5);
    expect(asking.outcome).toBe('in');
    let charged = false;
    void Promise.resolve(asking.permit!.charge(20)).then(() => {
      charged = true;
    });
    for (let i = 0; i < 3; i++) await pass(5);
    expect(charged).toBe(true);
  });

  it('wait for one write together, however many they are', async () => {
    const { catalog, pass } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', { max_queries_per_day: 1000 })] });
    const { admission, writes } = withSlowDisk(catalog, 400);
    const asked = many(admission, 900);
    await pass(400);
    expect(count(asked, 'in')).toBeGreaterThan(0);
    await pass(400);
    expect([count(asked, 'in'), writes.length <= 3]).toEqual([900, true]);
    expect(catalog.usage.get('acme')!.level).toBeGreaterThanOrEqual(900 - 1);
  });

  it('come in as they came, none overtaken by who comes later', async () => {
    const { catalog, pass } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', { max_queries_per_day: 20 })] });
    const { admission } = withSlowDisk(catalog, 100);
    const asked = many(admission, 25);
    await pass(100);
    await pass(100);
    expect(asked.map(({ outcome }) => outcome.slice(0, 2))).toEqual([
      ...Array(20).fill('in'),
      ...Array(5).fill('RA'),
    ]);
  });

  it('are bounded in number', async () => {
    const { catalog } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', { max_queries_per_day: 100_000 })] });
    const { admission } = withSlowDisk(catalog, 100);
    const asked = many(admission, 1001);
    await vi.advanceTimersByTimeAsync(0);
    expect([admission.waiting, asked.at(-1)!.outcome]).toEqual([
      1000,
      'UNAVAILABLE: Too many requests wait for the count of the day; try again',
    ]);
  });

  it('go on without the disk once their own time is over, however many pools they draw from', async () => {
    const { catalog, pass } = setUpAdmission();
    const ids = ['a.b.c.d', 'a.b.c', 'a.b', 'a'];
    const levels = ids.map((id) => level(id, { max_queries_per_day: 100_000 }));
    catalog.hold('acme', { levels });
    // Each write is in time, all of them together are not.
    const { admission } = withSlowDisk(catalog, 900, 0);
    const asking = new Asking(admission, 'acme');
    await pass(900);
    expect(asking.outcome).toBe('waits');
    await pass(101);
    expect([asking.outcome, catalog.unsaved.length]).toEqual(['in', 3]);
  });
});
