import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StorageError } from '../../src/stores/store.js';
import { TestStore } from '../fixtures/fake-stores.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(6);
const RELAXED = { consistency: 'relaxed' } as const;

function relaxed(store = new TestStore()) {
  return { store, test: new TestReranker({ store, policies: RELAXED }) };
}

describe('relaxed feedback', () => {
  it('is acknowledged and remembered before it is written, and written at the next flush in one transaction', async () => {
    const { store, test } = relaxed();
    await test.visit('a query', LIST, ['d4'], { times: 3 });
    expect(store.commits).toEqual([]);
    expect((await test.ask('a query', LIST, { learn: false })).ids[0]).toBe('d4');
    await (await test.namespace()).flush();
    const cells = store.commits.map(({ changes }) =>
      changes.map((change) => ('put' in change ? change.put.kind : '')).filter((kind) => kind === 'cell'),
    );
    expect(cells.filter((kinds) => kinds.length > 0)).toEqual([['cell']]);
    expect(store.commits[0]!.changes.filter((one) => 'put' in one && one.put.kind === 'used')).toHaveLength(
      3,
    );
    test.crash();
    expect((await test.ask('a query', LIST, { learn: false })).ids[0]).toBe('d4');
  });

  it('counts once, however often it comes before it is written and after', async () => {
    const { test } = relaxed();
    const { requestId } = await test.ask('a query', LIST);
    expect((await test.tell(['d1'], { requestId })).outcome).toBe('applied');
    expect((await test.tell(['d1'], { requestId })).outcome).toBe('duplicate');
    await (await test.namespace()).flush();
    expect((await test.tell(['d1'], { requestId })).outcome).toBe('duplicate');
    expect((await test.namespace()).figures.counters).toMatchObject({ feedback_total: 1, upsert_total: 1 });
  });

  it('without request id takes the newest impression that nobody used, written or not', async () => {
    const { test } = relaxed();
    await test.ask('a query', LIST);
    await test.ask('a query', LIST);
    const outcomes = [];
    for (let n = 0; n < 3; n++) outcomes.push((await test.tell(['d1'], { query: 'a query' })).outcome);
    expect(outcomes).toEqual(['applied', 'applied', 'unknown']);
  });

  it('of a source is held to its allowance before that is written', async () => {
    const { test } = relaxed();
    const outcomes = [];
    for (let n = 0; n < 2; n++) {
      const { requestId } = await test.ask('a query', LIST);
      outcomes.push((await test.tell(['d1'], { requestId, source: 'me' })).outcome);
    }
    expect(outcomes).toEqual(['applied', 'ignored_source']);
  });

  it('waits while the disk fails, and is written once it works, all of it or nothing', async () => {
    const { store, test } = relaxed();
    await test.visit('a query', LIST, ['d4'], { times: 3 });
    store.failing.add('commit');
    await expect((await test.namespace()).maintain()).rejects.toThrow('no space left');
    await test.visit('a query', LIST, ['d4']);
    expect(await test.rows()).toEqual([]);
    store.failing.clear();
    await (await test.namespace()).maintain();
    test.crash();
    expect((await test.namespace()).figures.counters.feedback_total).toBe(4);
  });

  it('comes to the same where a write went through and its answer was lost', async () => {
    class Forgetful extends TestStore {
      isLossy = false;
      override async commit(...call: Parameters<TestStore['commit']>) {
        await super.commit(...call);
        if (this.isLossy) throw new StorageError('io', 'the answer was lost');
      }
    }
    const store = new Forgetful();
    const { test } = relaxed(store);
    await test.visit('a query', LIST, ['d4'], { times: 2 });
    store.isLossy = true;
    await expect((await test.namespace()).flush()).rejects.toThrow('lost');
    store.isLossy = false;
    await test.visit('a query', LIST, ['d4']);
    await (await test.namespace()).flush();
    const before = (await test.namespace()).memory.cells.sorted();
    test.crash();
    expect((await test.namespace()).memory.cells.sorted()).toEqual(before);
    expect((await test.namespace()).figures.counters.feedback_total).toBe(3);
  });

  it('beyond a thousand is written before it is acknowledged, with all that waited before it', async () => {
    const { store, test } = relaxed();
    for (let n = 0; n < 1000; n++) await test.visit('a query', LIST, ['d4']);
    expect(store.commits).toEqual([]);
    store.failing.add('commit');
    const { requestId } = await test.ask('a query', LIST);
    expect((await test.tell(['d4'], { requestId })).outcome).toBe('failed');
    store.failing.clear();
    expect((await test.tell(['d4'], { requestId })).outcome).toBe('applied');
    test.crash();
    expect((await test.namespace()).figures.counters.feedback_total).toBe(1001);
  });

  it('is bounded over all namespaces together, too', async () => {
    const store = new TestStore();
    const unwrittenBudget = { count: 0, bytes: 0, maxBytes: 1 };
    const test = new TestReranker({ store, policies: RELAXED, namespace: { unwrittenBudget } });
    await test.visit('a query', LIST, ['d4']);
    expect([store.commits.length, unwrittenBudget.count]).toEqual([0, 1]);
    await test.visit('a query', LIST, ['d4'], { namespace: 'two' });
    expect(store.commits.map(({ namespace }) => namespace)).toEqual(['two']);
    await test.evict();
    expect(unwrittenBudget).toEqual({ count: 0, bytes: 0, maxBytes: 1 });
  });

  it('is written before strong feedback that comes after it', async () => {
    const { store, test } = relaxed();
    await test.visit('a query', LIST, ['d4']);
    test.policies.set('one', { consistency: 'strong' });
    await test.visit('another', LIST, ['d3']);
    const kinds = store.commits.map(({ changes }) =>
      changes.flatMap((one) => ('put' in one && one.put.kind === 'cell' ? 1 : [])),
    );
    expect(kinds).toEqual([[1], [1]]);
    test.crash();
    expect((await test.namespace()).memory.size).toBe(2);
  });

  it('is written when its namespace is evicted, and lost and told of where the stored state is another one', async () => {
    const { test } = relaxed();
    await test.visit('a query', LIST, ['d4'], { times: 2 });
    await test.evict();
    expect((await test.namespace()).memory.size).toBe(1);
    await test.visit('another', LIST, ['d3'], { times: 2 });
    (await test.namespace()).invalidate();
    expect(test.events).toContain('one: 2 feedbacks lost');
    await (await test.namespace()).flush();
    expect((await test.namespace()).memory.size).toBe(1);
  });

  it('goes nowhere once its namespace was dropped', async () => {
    const { store, test } = relaxed();
    await test.visit('a query', LIST, ['d4']);
    const namespace = await test.namespace();
    await namespace.close('dropped');
    await namespace.flush();
    const row = { kind: 'impression', key: 'late', value: '{}' } as const;
    namespace.record(row, null);
    const late = namespace.exclusive(async () => 1);
    await expect(late).rejects.toMatchObject({ failure: 'closed' });
    expect([store.commits, namespace.impressions.size, await store.namespaces()]).toEqual([[], 0, []]);
  });

  it('ends in the same state as strong feedback, whatever happens in between', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ query: fc.nat(4), selected: fc.nat(5), source: fc.nat(3) }) },
      { weight: 2, arbitrary: fc.constantFrom('flush', 'evict', 'repeat', 'age', 'toggle') },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const run = async (policies: object) => {
          const test = new TestReranker({ policies, memory: { cells: 3 } });
          const outcomes: string[] = [];
          let last = '';
          let id = 0;
          for (const one of steps) {
            const namespace = await test.namespace();
            test.clock.advance(3_600_000);
            if (one === 'flush') await namespace.flush(false);
            else if (one === 'evict') await test.evict();
            else if (one === 'repeat') outcomes.push((await test.tell(['d1'], { requestId: last })).outcome);
            else if (one === 'age') {
              const age = { now: test.clock.now(), cutoff: test.clock.now() - 4 * 3_600_000 };
              await namespace.removeAged(age, 2);
            } else if (one === 'toggle') {
              const isOn = test.policies.get('one') !== undefined;
              if (isOn) test.policies.delete('one');
              else test.policies.set('one', { consistency: 'strong' });
            } else {
              last = `request ${id++}`;
              await test.ask(`query${one.query} alone`, LIST, { requestId: last });
              const source = one.source === 0 ? {} : { source: `s${one.source}` };
              const told = await test.tell([`d${one.selected}`], { requestId: last, ...source });
              outcomes.push(told.outcome);
            }
          }
          await (await test.namespace()).flush();
          const rows = [];
          for (const { kind, key, value } of (await test.store.scan('one', 0, 10_000)).rows)
            rows.push(`${kind} ${key} ${value}`);
          return { outcomes, rows: rows.sort() };
        };
        expect(await run(RELAXED)).toEqual(await run({}));
      }),
      { numRuns: 60 },
    );
  });
});
