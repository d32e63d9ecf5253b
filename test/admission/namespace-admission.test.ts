import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Purpose } from '../../src/admission/admission.js';
import type { KeptStatus } from '../../src/catalog/status.js';
import { Asking, FakeCaller, FakeCatalog, FakeSocket, level } from './fake-catalog.js';

const MB = 2 ** 20;

function setUp() {
  const catalog = new FakeCatalog();
  /** Time goes by for clock and timers alike, and promises run out. */
  const pass = async (ms: number) => {
    catalog.clock.advance(ms);
    await vi.advanceTimersByTimeAsync(ms);
  };
  return { catalog, pass };
}

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => vi.useRealTimers());

describe('the life of a namespace', () => {
  it.each<[KeptStatus, Purpose, string]>([
    ['active', 'query', 'in'],
    ['active', 'feedback', 'in'],
    ['read_only', 'query', 'in'],
    ['read_only', 'feedback', 'CONFLICT: Namespace is read-only: acme'],
    ['provisioning', 'query', 'CONFLICT: Namespace is being provisioned: acme'],
    ['suspended', 'query', 'FORBIDDEN: Namespace is suspended: acme'],
    ['suspended', 'feedback', 'FORBIDDEN: Namespace is suspended: acme'],
    ['pending_deletion', 'query', 'CONFLICT: Namespace is being deleted: acme'],
    ['deleted', 'feedback', 'CONFLICT: Namespace is being deleted: acme'],
  ])('%s: a %s is %s', (status, purpose, outcome) => {
    const { catalog } = setUp();
    catalog.hold('acme', { status });
    expect(new Asking(catalog.admission(), 'acme', purpose).outcome).toBe(outcome);
  });

  it('lets a read-only one learn nothing', () => {
    const { catalog } = setUp();
    catalog.hold('acme', { status: 'read_only' });
    catalog.hold('other');
    const admission = catalog.admission();
    expect(new Asking(admission, 'acme').permit!.mayLearn).toBe(false);
    expect(new Asking(admission, 'other').permit!.mayLearn).toBe(true);
  });

  it('takes any name where namespaces come to be by use, else those that are known or registered', () => {
    const { catalog } = setUp();
    catalog.hold('registered');
    catalog.knownNames.add('stored');
    expect(new Asking(catalog.admission(), 'new').outcome).toBe('in');
    const admission = catalog.admission({ autoCreate: false });
    const outcomes = ['new', 'stored', 'registered'].map((name) => new Asking(admission, name).outcome);
    expect(outcomes).toEqual(['NOT_FOUND: Namespace not found: new', 'in', 'in']);
  });

  it('takes registered names alone below one that bounds how many there are', () => {
    const { catalog } = setUp();
    const levels = [level('acme', { max_namespaces: 2 })];
    catalog.hold('acme.a', { levels });
    catalog.hold('acme.x', { levels, isRegistered: false });
    catalog.knownNames.add('acme.x');
    const alerted = [level('acme', { max_namespaces: { limit: 2, action: 'alert' } })];
    catalog.hold('acme.y', { levels: alerted, isRegistered: false });
    const admission = catalog.admission();
    const outcomes = ['acme.a', 'acme.x', 'acme.y'].map((name) => new Asking(admission, name).outcome);
    expect(outcomes).toEqual(['in', 'NOT_FOUND: Namespace not found: acme.x', 'in']);
  });
});

describe('rates', () => {
  it('refuse what is over, with when to come again and what holds', async () => {
    const { catalog, pass } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_requests_per_second: 2 })] });
    const admission = catalog.admission();
    const outcomes = [1, 2, 3].map(() => new Asking(admission, 'acme'));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      'in',
      'in',
      'RATE_LIMITED: Rate limit exceeded: 2 requests/second',
    ]);
    const { error } = outcomes[2]!;
    expect([error!.retryAfterS, error!.headers]).toEqual([
      1,
      ['RateLimit-Policy', '"second";q=2;w=1', 'RateLimit', '"second";r=0;t=1'],
    ]);
    expect(catalog.refused).toEqual(['max_requests_per_second']);
    await pass(500);
    expect(new Asking(admission, 'acme').outcome).toBe('in');
  });

  it('count feedback as requests, not as queries', () => {
    const { catalog } = setUp();
    const levels = [level('acme', { max_requests_per_second: 3, max_queries_per_minute: 1 })];
    catalog.hold('acme', { levels });
    const admission = catalog.admission();
    const outcomes = (['query', 'feedback', 'query', 'feedback', 'feedback'] as const).map(
      (purpose) => new Asking(admission, 'acme', purpose).outcome,
    );
    expect(outcomes).toEqual([
      'in',
      'in',
      'RATE_LIMITED: Rate limit exceeded: 1 queries/minute',
      'in',
      'RATE_LIMITED: Rate limit exceeded: 3 requests/second',
    ]);
  });

  it('of a family are shared, and one that is refused takes from none of its pools', () => {
    const { catalog } = setUp();
    const family = level('acme', { max_requests_per_second: 3 });
    catalog.hold('acme.a', { levels: [level('acme.a', { max_requests_per_second: 1 }), family] });
    catalog.hold('acme.b', { levels: [family] });
    const admission = catalog.admission();
    const outcomes = ['acme.a', 'acme.a', 'acme.a', 'acme.b', 'acme.b', 'acme.b'].map(
      (name) => new Asking(admission, name).outcome,
    );
    // Of the family one went to a; what a was refused left two for b.
    const own = 'RATE_LIMITED: Rate limit exceeded: 1 requests/second';
    const shared = 'RATE_LIMITED: Rate limit exceeded: 3 requests/second';
    expect(outcomes).toEqual(['in', own, own, 'in', 'in', shared]);
  });

  it('that throttle make wait, in order, no longer than QUOTA_WAIT_MS', async () => {
    const { catalog, pass } = setUp();
    const throttled = { limit: 2, burst: 1, action: 'throttle' } as const;
    catalog.hold('acme', { levels: [level('acme', { max_requests_per_second: throttled })] });
    const admission = catalog.admission();
    const asked = [1, 2, 3, 4].map(() => new Asking(admission, 'acme'));
    const outcomes = () => asked.map(({ outcome }) => outcome);
    await pass(0);
    expect([outcomes(), admission.waiting]).toEqual([['in', 'waits', 'waits', 'waits'], 3]);
    await pass(499);
    expect(outcomes()).toEqual(['in', 'waits', 'waits', 'waits']);
    await pass(1);
    expect(outcomes()).toEqual(['in', 'in', 'waits', 'waits']);
    await pass(500);
    const refused = 'RATE_LIMITED: Rate limit exceeded: 2 requests/second';
    expect([outcomes(), admission.waiting]).toEqual([['in', 'in', 'in', refused], 0]);
    expect(catalog.waited.map(({ reason }) => reason)).toEqual(['rate', 'rate', 'rate']);
  });

  it('that only alert let pass, and tell', () => {
    const { catalog } = setUp();
    const alerting = { limit: 1, action: 'alert' } as const;
    catalog.hold('acme', { levels: [level('acme', { max_requests_per_second: alerting })] });
    const admission = catalog.admission();
    const [first, second] = [new Asking(admission, 'acme'), new Asking(admission, 'acme')];
    expect([first.outcome, second.outcome, catalog.warned]).toEqual([
      'in',
      'in',
      ['max_requests_per_second acme', 'max_requests_per_second acme'],
    ]);
    expect(second.permit!.headers()).toEqual([
      'RateLimit-Policy',
      '"second";q=1;w=1',
      'RateLimit',
      '"second";r=0;t=1',
      'X-NeuralCache-Quota-Warning',
      'max_requests_per_second;u=1',
    ]);
  });

  it('of the day outlive the process', async () => {
    const { catalog, pass } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_queries_per_day: 3 })] });
    const before = catalog.admission();
    const asked = [new Asking(before, 'acme'), new Asking(before, 'acme')];
    await pass(0);
    expect(asked.map(({ outcome }) => outcome)).toEqual(['in', 'in']);
    await before.close();
    const after = catalog.admission();
    expect(after.utilisation('acme').share).toBeCloseTo(2 / 3);
    const third = new Asking(after, 'acme');
    await pass(0);
    const fourth = new Asking(after, 'acme');
    await pass(0);
    expect([third.outcome, fourth.outcome]).toEqual([
      'in',
      'RATE_LIMITED: Rate limit exceeded: 3 queries/day',
    ]);
    // Eight hours until the next one.
    expect(fourth.error!.retryAfterS).toBe(28_800);
  });

  it('of callers hold per credential, and per address without', () => {
    const { catalog } = setUp();
    const admission = catalog.admission({ ratePerMinute: 1 });
    const ask = (socket: FakeSocket, identity?: string) =>
      new Asking(admission, 'any', 'query', new FakeCaller(socket, identity)).outcome;
    const refused = 'RATE_LIMITED: Rate limit exceeded: 1 requests/minute';
    const [here, there] = [new FakeSocket('192.0.2.1'), new FakeSocket('192.0.2.2')];
    expect([ask(here), ask(here), ask(there), ask(here, 'token:1'), ask(there, 'token:1')]).toEqual([
      'in',
      refused,
      'in',
      'in',
      refused,
    ]);
    expect(catalog.refused).toEqual(['rate_limit_per_minute', 'rate_limit_per_minute']);
  });
});

describe('a batch', () => {
  it('counts each item beyond the first, all of them or none', () => {
    const { catalog } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_requests_per_second: 10 })] });
    const admission = catalog.admission();
    const { permit } = new Asking(admission, 'acme');
    void permit!.charge(4);
    expect(admission.uses('acme')[0]!.used).toBe(4);
    expect(() => permit!.charge(8)).toThrow('Rate limit exceeded: 10 requests/second');
    expect(admission.uses('acme')[0]!.used).toBe(4);
    void permit!.charge(7);
    expect(admission.uses('acme')[0]!.used).toBe(10);
  });

  it('that can never fit is 422', () => {
    const { catalog } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_requests_per_second: 10 })] });
    const { permit } = new Asking(catalog.admission(), 'acme');
    expect(() => permit!.charge(11)).toThrow(
      expect.objectContaining({ code: 'VALIDATION_ERROR', message: 'Batch size exceeds limit: 11 > 10' }),
    );
  });

  it('waits until its count of the day is on disk', async () => {
    const { catalog, pass } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_queries_per_day: 100 })] });
    const admission = catalog.admission();
    const asking = new Asking(admission, 'acme');
    await pass(0);
    const charged = asking.permit!.charge(50);
    expect(charged).toBeInstanceOf(Promise);
    await charged;
    expect(catalog.usage.get('acme')!.level).toBeGreaterThanOrEqual(50);
  });
});

describe('concurrent queries', () => {
  const two = { max_concurrent_queries: 2 };

  it('wait for a place in the order they came, and not for ever', async () => {
    const { catalog, pass } = setUp();
    catalog.hold('acme', { levels: [level('acme', two)] });
    const admission = catalog.admission();
    const asked = [1, 2, 3, 4].map(() => new Asking(admission, 'acme'));
    const outcomes = () => asked.map(({ outcome }) => outcome);
    expect(outcomes()).toEqual(['in', 'in', 'waits', 'waits']);
    await pass(1);
    asked[1]!.permit!.leave();
    asked[1]!.permit!.leave();
    await pass(0);
    expect(outcomes()).toEqual(['in', 'in', 'in', 'waits']);
    await pass(999);
    expect([asked[3]!.outcome, asked[3]!.error!.retryAfterS]).toEqual([
      'QUOTA_EXCEEDED: Concurrent query limit exceeded: 2 / 2',
      1,
    ]);
    expect(catalog.waited).toEqual([
      { reason: 'concurrency', ms: 1 },
      { reason: 'concurrency', ms: 1000 },
    ]);
    asked[0]!.permit!.leave();
    asked[2]!.permit!.leave();
    expect(admission.uses('acme')[0]!.used).toBe(0);
  });

  it('are refused at once where nobody may wait', async () => {
    const { catalog, pass } = setUp();
    catalog.hold('acme', { levels: [level('acme', two)] });
    const admission = catalog.admission({ quotaWaitMs: 0 });
    const asked = [1, 2, 3].map(() => new Asking(admission, 'acme'));
    await pass(0);
    expect(asked[2]!.outcome).toBe('QUOTA_EXCEEDED: Concurrent query limit exceeded: 2 / 2');
    expect(new Asking(admission, 'acme', 'feedback').outcome).toBe('in');
  });

  it('of one who leaves while it waits take no place', async () => {
    const { catalog, pass } = setUp();
    catalog.hold('acme', { levels: [level('acme', two)] });
    const admission = catalog.admission();
    const asked = [1, 2, 3, 4].map(() => new Asking(admission, 'acme'));
    asked[2]!.caller.goAway();
    asked[0]!.permit!.leave();
    await pass(0);
    expect(asked.map(({ outcome }) => outcome)).toEqual([
      'in',
      'in',
      'UNAVAILABLE: The caller left while it waited',
      'in',
    ]);
  });

  it('take no rate while they wait, and have to wait for theirs afterwards', async () => {
    const { catalog, pass } = setUp();
    const levels = [level('acme', { max_concurrent_queries: 1, max_queries_per_minute: 2 })];
    catalog.hold('acme', { levels });
    const admission = catalog.admission();
    const asked = [1, 2, 3].map(() => new Asking(admission, 'acme'));
    expect(admission.uses('acme').map(({ used }) => used)).toEqual([1, 1]);
    asked[0]!.permit!.leave();
    await pass(0);
    asked[1]!.permit!.leave();
    await pass(0);
    expect(asked.map(({ outcome }) => outcome)).toEqual([
      'in',
      'in',
      'RATE_LIMITED: Rate limit exceeded: 2 queries/minute',
    ]);
  });

  it('that wait are judged by what holds when their turn comes', async () => {
    const { catalog, pass } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_concurrent_queries: 1 })] });
    const admission = catalog.admission();
    const asked = [1, 2, 3].map(() => new Asking(admission, 'acme'));
    catalog.hold('acme', { levels: [level('acme', two)] });
    admission.changed();
    await pass(0);
    expect(asked.map(({ outcome }) => outcome)).toEqual(['in', 'in', 'waits']);
    catalog.hold('acme', { status: 'suspended', levels: [level('acme', two)] });
    admission.changed();
    await pass(0);
    expect(asked[2]!.outcome).toBe('FORBIDDEN: Namespace is suspended: acme');
  });
});

describe('connections', () => {
  it('count while open, by where their last request went', () => {
    const { catalog } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_connections: 1 })] });
    const admission = catalog.admission();
    const [first, second] = [new FakeSocket(), new FakeSocket()];
    const ask = (name: string, socket: FakeSocket) =>
      new Asking(admission, name, 'query', new FakeCaller(socket));
    expect([ask('acme', first).outcome, ask('acme', first).outcome]).toEqual(['in', 'in']);
    const refused = ask('acme', second);
    expect([refused.outcome, refused.error]).toEqual([
      'QUOTA_EXCEEDED: Connection limit exceeded: 1 / 1',
      expect.objectContaining({ closesConnection: true }),
    ]);
    expect(ask('other', first).outcome).toBe('in');
    expect(ask('acme', second).outcome).toBe('in');
    second.close();
    expect(admission.uses('acme')[0]!.used).toBe(0);
    expect(ask('acme', second).outcome).toBe('in');
    expect(admission.uses('acme')[0]!.used).toBe(0);
  });
});

describe('stocks', () => {
  it.each([
    ['max_storage_bytes', 100 * MB, 100 * MB, 'Storage quota exceeded: 104857600 / 104857600 bytes'],
    ['max_memory_mb', 100, 100 * MB + 1, 'Memory quota exceeded: 104857601 / 104857600 bytes'],
  ] as const)('%s used up: feedback is refused, queries leave nothing', (quota, limit, used, message) => {
    const { catalog } = setUp();
    catalog.hold('acme', { levels: [level('acme', { [quota]: limit })] });
    const admission = catalog.admission();
    expect(new Asking(admission, 'acme').permit!.mayLearn).toBe(true);
    catalog.used.set(`acme ${quota}`, used);
    expect(new Asking(admission, 'acme').permit!.mayLearn).toBe(false);
    expect(new Asking(admission, 'acme', 'feedback').outcome).toBe(`QUOTA_EXCEEDED: ${message}`);
    catalog.hold('acme', { levels: [level('acme', { [quota]: { limit, action: 'alert' } })] });
    expect(new Asking(admission, 'acme').permit!.mayLearn).toBe(true);
    expect(new Asking(admission, 'acme', 'feedback').outcome).toBe('in');
  });
});

describe('sizes', () => {
  it('are the tightest of all pools, without those that only alert', () => {
    const { catalog } = setUp();
    catalog.hold('acme.a', {
      levels: [
        level('acme.a', { max_results_per_query: 10, max_batch_size: { limit: 1, action: 'alert' } }),
        level('acme', { max_results_per_query: 5, max_batch_size: 7 }),
      ],
    });
    const admission = catalog.admission();
    expect(new Asking(admission, 'acme.a').permit!.limits).toEqual({ maxResults: 5, maxBatch: 7 });
    expect(new Asking(admission, 'free').permit!.limits).toEqual({});
  });
});

describe('utilisation', () => {
  it('is the largest share used, with a sentence for each quota that is near', () => {
    const { catalog } = setUp();
    const levels = [level('acme.a', { max_concurrent_queries: 4 }), level('acme', { max_vectors: 100 })];
    catalog.hold('acme.a', { levels });
    catalog.used.set('acme max_vectors', 83);
    const admission = catalog.admission();
    new Asking(admission, 'acme.a');
    expect(admission.utilisation('acme.a')).toEqual({
      share: 0.83,
      warnings: ['max_vectors of acme is used to 83 %'],
    });
    expect(catalog.warned).toEqual(['max_vectors acme']);
    expect(admission.utilisation('other')).toEqual({ share: 0, warnings: [] });
  });

  it('costs no state, and pools at rest have none', async () => {
    const { catalog, pass } = setUp();
    const admission = catalog.admission();
    for (let i = 0; i < 3000; i++) {
      catalog.hold(`n${i}`, { levels: [level(`n${i}`, { max_requests_per_second: 5 })] });
      admission.utilisation(`n${i}`);
    }
    expect(admission.levelCount).toBe(0);
    for (let i = 0; i < 3000; i++) {
      new Asking(admission, `n${i}`).permit!.leave();
      if (i % 100 === 99) await pass(1000);
    }
    expect(admission.levelCount).toBeLessThanOrEqual(1100);
  });
});

describe('a drain', () => {
  it('ends once nobody is inside; those who wait are sent away at once', async () => {
    const { catalog, pass } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_concurrent_queries: 1 })] });
    const admission = catalog.admission();
    const [inside, waiting] = [new Asking(admission, 'acme'), new Asking(admission, 'acme')];
    catalog.hold('acme', { status: 'deleted' });
    let expelled: number | undefined;
    void admission.drain('acme', 5000).then((result) => {
      expelled = result.expelled;
    });
    await pass(0);
    expect([waiting.outcome, expelled]).toEqual(['CONFLICT: Namespace is being deleted: acme', undefined]);
    inside.permit!.leave();
    await pass(0);
    expect([expelled, admission.insideOf('acme')]).toEqual([0, 0]);
  });

  it('expels those inside after its time', async () => {
    const { catalog, pass } = setUp();
    catalog.hold('acme');
    const admission = catalog.admission();
    const [here, there] = [new Asking(admission, 'acme'), new Asking(admission, 'other')];
    const draining = admission.drain('acme', 5000);
    await pass(5000);
    expect(await draining).toEqual({ expelled: 1 });
    expect(here.caller.expelledWith).toEqual([
      expect.objectContaining({ code: 'CONFLICT', message: 'Namespace is being deleted: acme' }),
    ]);
    here.permit!.leave();
    expect([admission.insideOf('acme'), admission.insideOf('other')]).toEqual([0, 1]);
    expect(there.caller.expelledWith).toEqual([]);
    expect(await admission.drain('nobody', 0)).toEqual({ expelled: 0 });
  });

  it('is followed by nothing being known, or written, of the pool', async () => {
    const { catalog, pass } = setUp();
    catalog.hold('acme', { levels: [level('acme', { max_queries_per_day: 10 })] });
    const admission = catalog.admission();
    new Asking(admission, 'acme');
    await pass(0);
    await admission.forget('acme');
    catalog.usage.clear();
    expect(admission.uses('acme')[0]!.used).toBe(0);
    await admission.close();
    expect(catalog.usage.size).toBe(0);
  });
});
