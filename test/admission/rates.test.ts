import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Asking, FakeCaller, FakeSocket, level, setUpAdmission, useFakeTimers } from './fake-catalog.js';

beforeEach(useFakeTimers);
afterEach(() => vi.useRealTimers());

describe('rates', () => {
  it('refuse what is over, with when to come again and what holds', async () => {
    const { catalog, pass } = setUpAdmission();
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

  it('that are over together say when the last of them lets go', async () => {
    const { catalog, pass } = setUpAdmission();
    const quotas = { max_requests_per_second: 1, max_queries_per_minute: 1 };
    catalog.hold('acme', { levels: [level('acme', quotas)] });
    const admission = catalog.admission({ ratePerMinute: 1 });
    const caller = () => new FakeCaller(new FakeSocket(), 'somebody');
    expect(new Asking(admission, 'acme', 'query', caller()).outcome).toBe('in');
    expect(
      new Asking(admission, 'acme', 'query', new FakeCaller(new FakeSocket(), 'other')).error!.retryAfterS,
    ).toBe(60);
    await pass(30_000);
    expect(new Asking(admission, 'acme', 'query', caller()).error!.retryAfterS).toBe(30);
    expect(new Asking(admission, 'acme', 'feedback', caller()).error!.retryAfterS).toBe(30);
  });

  it('count the items of a call together and say how long all of them wait', () => {
    const { catalog } = setUpAdmission();
    const levels = [level('acme', { max_requests_per_second: 2, max_queries_per_minute: 2 })];
    catalog.hold('acme', { levels });
    const admission = catalog.admission();
    const asked = [1, 2].map(() => new Asking(admission, 'acme'));
    expect(() => void asked[1]!.permit!.charge(2)).toThrow(expect.objectContaining({ retryAfterS: 30 }));
  });

  it('count feedback as requests, not as queries', () => {
    const { catalog } = setUpAdmission();
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
    const { catalog } = setUpAdmission();
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
    const { catalog, pass } = setUpAdmission();
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
    const { catalog } = setUpAdmission();
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

  it('of a caller count whatever it asks for, also what is refused for another reason', () => {
    const { catalog } = setUpAdmission();
    catalog.hold('away', { status: 'suspended' });
    const admission = catalog.admission({ ratePerMinute: 2 });
    const asked = Array.from({ length: 3 }, () => new Asking(admission, 'away'));
    expect(asked.map(({ error }) => error?.code)).toEqual(['FORBIDDEN', 'FORBIDDEN', 'RATE_LIMITED']);
  });

  it('of the day outlive the process', async () => {
    const { catalog, pass } = setUpAdmission();
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
    const { catalog } = setUpAdmission();
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
    const { catalog } = setUpAdmission();
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
    const { catalog } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', { max_requests_per_second: 10 })] });
    const { permit } = new Asking(catalog.admission(), 'acme');
    expect(() => permit!.charge(11)).toThrow(
      expect.objectContaining({ code: 'VALIDATION_ERROR', message: 'Batch size exceeds limit: 11 > 10' }),
    );
  });

  it('waits until its count of the day is on disk', async () => {
    const { catalog, pass } = setUpAdmission();
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
