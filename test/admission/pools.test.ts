import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Asking, FakeCaller, FakeSocket, level, setUpAdmission, useFakeTimers } from './fake-catalog.js';

beforeEach(useFakeTimers);
afterEach(() => vi.useRealTimers());

const MB = 2 ** 20;

describe('concurrent queries', () => {
  const two = { max_concurrent_queries: 2 };

  it('of no size refuse at once', () => {
    const { catalog } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', { max_concurrent_queries: 0 })] });
    expect(new Asking(catalog.admission(), 'acme').outcome).toBe(
      'QUOTA_EXCEEDED: Concurrent query limit exceeded: 0 / 0',
    );
  });

  it('wait for a place in the order they came, and not for ever', async () => {
    const { catalog, pass } = setUpAdmission();
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

  it('are the items of a call too, as far as there are places, and nobody is overtaken for them', async () => {
    const { catalog, pass } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', { max_concurrent_queries: 3 })] });
    const admission = catalog.admission();
    const first = new Asking(admission, 'acme').permit!;
    expect([first.places(1), first.places(2)]).toEqual([1, 2]);
    const second = new Asking(admission, 'acme').permit!;
    expect([second.places(8), admission.uses('acme')[0]!.used]).toEqual([1, 3]);
    const waits = new Asking(admission, 'acme');
    first.leave();
    first.leave();
    await pass(0);
    expect([waits.outcome, admission.uses('acme')[0]!.used]).toEqual(['in', 2]);
    expect(waits.permit!.places(8)).toBe(2);
    for (const permit of [second, waits.permit!]) permit.leave();
    expect(admission.uses('acme')[0]!.used).toBe(0);
    expect(new Asking(catalog.admission(), 'free').permit!.places(8)).toBe(8);
  });

  it('are refused at once where nobody may wait', async () => {
    const { catalog, pass } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', two)] });
    const admission = catalog.admission({ quotaWaitMs: 0 });
    const asked = [1, 2, 3].map(() => new Asking(admission, 'acme'));
    await pass(0);
    expect(asked[2]!.outcome).toBe('QUOTA_EXCEEDED: Concurrent query limit exceeded: 2 / 2');
    expect(new Asking(admission, 'acme', 'feedback').outcome).toBe('in');
  });

  it('of one who leaves while it waits take no place', async () => {
    const { catalog, pass } = setUpAdmission();
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
    const { catalog, pass } = setUpAdmission();
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

  it('are not overtaken by one who comes when there is room again', async () => {
    const { catalog, pass } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', { max_concurrent_queries: 1 })] });
    const admission = catalog.admission();
    const asked = [1, 2].map(() => new Asking(admission, 'acme'));
    catalog.hold('acme', { levels: [level('acme', two)] });
    asked.push(new Asking(admission, 'acme'));
    admission.changed();
    await pass(0);
    expect(asked.map(({ outcome }) => outcome)).toEqual(['in', 'in', 'waits']);
  });

  it('that wait are judged by what holds when their turn comes', async () => {
    const { catalog, pass } = setUpAdmission();
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
    const { catalog } = setUpAdmission();
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
    const { catalog } = setUpAdmission();
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
