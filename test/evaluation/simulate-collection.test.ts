import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { simulateCollection } from '../../src/evaluation/simulate-collection.js';
import type { UserKind } from '../../src/evaluation/simulated-users.js';
import { syntheticCollection } from '../fixtures/collection.js';
import { TallyingService } from '../fixtures/tallying-service.js';

const COLLECTION = syntheticCollection({ needs: 8, wordings: 4 });
const DAY_MS = 86_400_000;

function options(kind: UserKind = 'informative', changes: { rounds?: number; reportEmpty?: boolean } = {}) {
  const users = { kind, eta: 1, noise: 0.1 };
  return { users, rounds: 10, seeds: 2, firstSeed: 1, reportEmpty: false, ...changes };
}

function run(service: TallyingService, asked = options(), clock = new ManualClock()) {
  return simulateCollection(COLLECTION, asked, { service, clock });
}

describe('simulateCollection', () => {
  it('shows the gain on repeated queries, and none where the memory goes by the exact text', async () => {
    const { sets } = await run(new TallyingService());
    expect(sets.repeated.gain).toBeGreaterThan(0.1);
    expect(sets.repeated.gain).toBeCloseTo(sets.repeated.after - sets.repeated.before, 12);
    expect(sets.reworded.gain).toBe(0);
    expect(sets.unseen.gain).toBe(0);
    // 8 needs of 4 wordings: 4 visited with 2 wordings each, 4 unseen with 4
    expect([sets.repeated.queries, sets.reworded.queries, sets.unseen.queries]).toEqual([8, 8, 16]);
  });

  it('compares with a base that learned from the same requests, so that a drifting base is no gain', async () => {
    const { sets } = await run(new TallyingService({ reversedAfter: 1, outcome: 'ignored_source' }));
    const still = await run(new TallyingService({ outcome: 'ignored_source' }));
    expect(sets.repeated.gain).toBe(0);
    expect(sets.unseen.gain).toBe(0);
    expect(sets.unseen.before).not.toBeCloseTo(still.sets.unseen.before, 3);
  });

  it('never tells the twin anything, nor learns while it measures', async () => {
    const service = new TallyingService();
    await run(service);
    expect(new Set(service.told.map(({ namespace }) => namespace))).toEqual(
      new Set(['simulate-1', 'simulate-2']),
    );
    const learnedFrom = (namespace: string) =>
      service.asked.filter((each) => each.namespace === namespace && each.request.learn);
    expect(learnedFrom('simulate-1').map(({ request }) => request)).toEqual(
      learnedFrom('simulate-1-twin').map(({ request }) => request),
    );
    expect(learnedFrom('simulate-1')).toHaveLength(8 * 10);
    expect(service.asked.filter(({ request }) => !request.learn)).toHaveLength(2 * 2 * (8 + 8 + 16));
  });

  it('asks with lambda 1 and the gate as configured', async () => {
    const service = new TallyingService();
    await run(service);
    for (const { request } of service.asked) {
      expect(request).toMatchObject({ topK: 10, mmrLambda: 1, gate: { mode: 'auto' } });
    }
  });

  it('reports only visits with a selection, unless clients report all', async () => {
    const some = new TallyingService();
    await run(some, options('informative', { reportEmpty: false }));
    expect(some.told.some(({ request }) => request.selectedIds.length === 0)).toBe(false);
    const all = new TallyingService();
    await run(all, options('informative', { reportEmpty: true }));
    expect(all.told).toHaveLength(2 * 8 * 10);
    expect(all.told.some(({ request }) => request.selectedIds.length === 0)).toBe(true);
    expect(some.told.length).toBeLessThan(all.told.length);
  });

  it('selects only what was shown, with success 1, and counts how feedbacks ended', async () => {
    const service = new TallyingService();
    const report = await run(service, options('poisoned'));
    expect(report.feedback).toEqual({ applied: service.told.length });
    expect(service.told.every(({ request }) => request.success === 1)).toBe(true);
    expect(new Set(service.told.map(({ request }) => request.source))).toContain('hostile');
  });

  it('lets hostile feedback undo what honest feedback gains', async () => {
    const honest = await run(new TallyingService());
    const poisoned = await run(new TallyingService(), options('poisoned'));
    expect(poisoned.sets.repeated.gain).toBeLessThan(honest.sets.repeated.gain - 0.05);
  });

  it('gives the same report for the same seeds', async () => {
    expect(await run(new TallyingService())).toEqual(await run(new TallyingService()));
  });

  it('starts each run at midnight and moves the clock a second a visit, within one day', async () => {
    const clock = new ManualClock();
    const times: number[] = [];
    const service = new TallyingService();
    const rerank = service.rerank.bind(service);
    service.rerank = (namespace, requests) => {
      if (namespace === 'simulate-2') times.push(clock.now());
      return rerank(namespace, requests);
    };
    await run(service, options(), clock);
    expect(times[0]! % DAY_MS).toBe(1000);
    expect(times[1]! - times[0]!).toBe(1000);
    expect(Math.floor(times.at(-1)! / DAY_MS)).toBe(Math.floor(times[0]! / DAY_MS));
  });

  it('drops its namespaces, also when the service fails', async () => {
    const service = new TallyingService();
    service.feedback = () => Promise.reject(new Error('disk full'));
    await expect(run(service)).rejects.toThrow('disk full');
    expect(service.dropped).toEqual(['simulate-1', 'simulate-1-twin']);
  });

  it('counts queries without candidates as 0, before and after, and asks nothing for them', async () => {
    const queries = COLLECTION.queries.map((query) => ({ ...query, candidates: [] }));
    const service = new TallyingService();
    const tools = { service, clock: new ManualClock() };
    const { sets } = await simulateCollection({ name: 'empty', queries }, options(), tools);
    expect(sets.repeated).toMatchObject({ queries: 8, before: 0, after: 0 });
    expect(service.asked).toEqual([]);
  });

  it('leaves out queries nobody judged and has no figure for an empty set', async () => {
    const [judged, other] = COLLECTION.queries;
    const queries = [judged!, { ...other!, judgements: new Map<string, number>() }];
    const tools = { service: new TallyingService(), clock: new ManualClock() };
    const report = await simulateCollection({ name: 'two', queries }, options(), tools);
    expect(report.unjudged).toBe(1);
    expect(report.sets.unseen).toEqual({
      queries: 0,
      before: Number.NaN,
      after: Number.NaN,
      gain: Number.NaN,
    });
  });

  it('tells how far it is, rising to 1', async () => {
    const shares: number[] = [];
    const tools = { service: new TallyingService(), clock: new ManualClock() };
    await simulateCollection(COLLECTION, options(), { ...tools, onProgress: (share) => shares.push(share) });
    expect(shares).toEqual(shares.toSorted((left, right) => left - right));
    expect(shares.at(-1)).toBe(1);
  });
});
