import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Metrics } from '../../src/base/metrics.js';
import { loadSettings } from '../../src/base/settings/load-settings.js';
import { openAdmission } from '../../src/compose-admission.js';
import { Asking, FakeCatalog, level, useFakeTimers } from './fake-catalog.js';

function setUp(env: Record<string, string> = {}) {
  const catalog = new FakeCatalog();
  const rows = new Map<string, Readonly<Record<string, number>>>();
  const logged: object[] = [];
  const note = (fields: object, message: string) => void logged.push({ ...fields, message });
  const metrics = new Metrics({
    registry: new Registry(),
    namespaceLabel: false,
    namespaceMax: 1,
    processMetrics: false,
  });
  let isFailing = false;
  const admission = openAdmission(loadSettings({ env, cwd: '/srv', readFile: noFile }).settings, {
    catalog: {
      effective: (name) => catalog.effective(name),
      usage: (id) => rows.get(id) ?? {},
      async putUsage(given) {
        if (isFailing) throw new Error('disk full');
        for (const { id, counts } of given) rows.set(id, counts);
      },
    },
    clock: catalog.clock,
    metrics,
    logger: { warn: note, error: note } as unknown as Logger,
    known: () => false,
    measure: () => undefined,
  });
  const lines = async (name: string) =>
    (await metrics.text()).text.split('\n').filter((line) => line.startsWith(name));
  const fail = () => {
    isFailing = true;
  };
  return { catalog, admission, rows, logged, lines, fail };
}

function noFile(path: string): string {
  throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
}

describe('admission as composed', () => {
  beforeEach(useFakeTimers);
  afterEach(() => vi.useRealTimers());

  it('counts refusals and warnings, and logs them from time to time', async () => {
    const { catalog, admission, logged, lines } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_requests_per_second: 1 })] });
    for (let i = 0; i < 3; i++) new Asking(admission, 'acme');
    expect(await lines('neuralcache_quota_refusals_total')).toEqual([
      'neuralcache_quota_refusals_total{quota="max_requests_per_second"} 2',
    ]);
    expect(await lines('neuralcache_quota_warnings_total')).toEqual([
      'neuralcache_quota_warnings_total{quota="max_requests_per_second"} 1',
    ]);
    expect(logged).toEqual([
      expect.objectContaining({ namespace: 'acme', used: 1, limit: 1, message: 'a quota is nearly used up' }),
      expect.objectContaining({ namespace: 'acme', message: 'requests over a quota are refused' }),
    ]);
  });

  it('waits as configured, and shows who waits and for how long', async () => {
    const { catalog, admission, lines } = setUp({ NEURALCACHE_QUOTA_WAIT_MS: '500' });
    catalog.hold('acme', { levels: [level('acme', { max_concurrent_queries: 1 })] });
    new Asking(admission, 'acme');
    const waiting = new Asking(admission, 'acme');
    expect(await lines('neuralcache_admission_waiting')).toEqual(['neuralcache_admission_waiting 1']);
    catalog.clock.advance(500);
    await vi.advanceTimersByTimeAsync(500);
    expect(waiting.outcome).toBe('QUOTA_EXCEEDED: Concurrent query limit exceeded: 1 / 1');
    expect(await lines('neuralcache_admission_wait_seconds_sum')).toEqual([
      'neuralcache_admission_wait_seconds_sum{reason="concurrency"} 0.5',
    ]);
  });

  it('keeps the count of a day in the catalog, and goes on where that fails', async () => {
    const { catalog, admission, rows, logged, lines, fail } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_queries_per_day: 1000 })] });
    const first = new Asking(admission, 'acme');
    await vi.advanceTimersByTimeAsync(0);
    const kept = { day_level: expect.closeTo(11, 1), day_at: catalog.clock.now() };
    expect([first.outcome, rows.get('acme')]).toEqual(['in', kept]);
    fail();
    const more = Array.from({ length: 20 }, () => new Asking(admission, 'acme'));
    await vi.advanceTimersByTimeAsync(0);
    expect(new Set(more.map(({ outcome }) => outcome))).toEqual(new Set(['in']));
    expect(await lines('neuralcache_storage_errors_total')).toEqual([
      'neuralcache_storage_errors_total{operation="usage"} 1',
    ]);
    expect(logged).toHaveLength(1);
  });

  it('asks who is known where namespaces do not come to be by use', () => {
    const { admission } = setUp({ NEURALCACHE_NAMESPACE_AUTO_CREATE: 'false' });
    expect(new Asking(admission, 'new').outcome).toBe('NOT_FOUND: Namespace not found: new');
  });
});
