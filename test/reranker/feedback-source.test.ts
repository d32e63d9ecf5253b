import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../fixtures/memory.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(6);
const sourced = (source?: string) => (source === undefined ? {} : { source });

async function visit(
  test: TestReranker,
  { asks, tells }: { asks?: string; tells?: string },
  query = 'some query',
) {
  const { requestId } = await test.ask(query, LIST, sourced(asks));
  const { outcome } = await test.tell(['d5'], { requestId, ...sourced(tells) });
  return { outcome, requestId };
}

describe('property 18: a source over its allowance', () => {
  it('changes nothing', async () => {
    const test = new TestReranker();
    expect((await visit(test, { tells: 'ann' })).outcome).toBe('applied');
    await (await test.namespace()).flush();
    const before = await test.rows();
    const { outcome, requestId } = await visit(test, { tells: 'ann' });
    expect(outcome).toBe('ignored_source');
    const learned = async () => (await test.rows()).filter(({ kind }) => kind !== 'meta');
    expect(await learned()).toEqual(before.filter(({ kind }) => kind !== 'meta'));
    expect((await test.namespace()).figures.counters.feedback_total).toBe(1);
    // nor is the request spent
    expect(await test.tell(['d5'], { requestId, source: 'bob' })).toEqual({ outcome: 'applied' });
  });

  it('has one for each query and each day (UTC), and others have their own', async () => {
    const test = new TestReranker();
    test.clock.advance(DAY_MS - (test.clock.now() % DAY_MS));
    expect((await visit(test, { tells: 'ann' })).outcome).toBe('applied');
    expect((await visit(test, { tells: 'ann' }, 'another query')).outcome).toBe('applied');
    expect((await visit(test, { tells: 'bob' })).outcome).toBe('applied');
    test.clock.advance(DAY_MS - 1);
    expect((await visit(test, { tells: 'ann' })).outcome).toBe('ignored_source');
    test.clock.advance(1);
    expect((await visit(test, { tells: 'ann' })).outcome).toBe('applied');
  });

  it('is as large as FEEDBACK_PER_SOURCE says', async () => {
    const test = new TestReranker({ settings: { feedbackPerSource: 2 } });
    const outcomes = [];
    for (let i = 0; i < 3; i++) outcomes.push((await visit(test, { tells: 'ann' })).outcome);
    expect(outcomes).toEqual(['applied', 'applied', 'ignored_source']);
  });

  it('is remembered across eviction and crash, as a hash', async () => {
    const test = new TestReranker();
    await visit(test, { tells: 'ann' });
    await test.evict();
    test.crash();
    expect((await visit(test, { tells: 'ann' })).outcome).toBe('ignored_source');
    const store = test.store as unknown as { commits: unknown };
    expect(JSON.stringify(store.commits)).not.toContain('ann"');
  });

  it('is the source of the request where the feedback names none', async () => {
    const test = new TestReranker();
    expect((await visit(test, { asks: 'ann' })).outcome).toBe('applied');
    expect((await visit(test, { asks: 'ann' })).outcome).toBe('ignored_source');
    expect((await visit(test, { asks: 'ann', tells: 'bob' })).outcome).toBe('applied');
    expect((await visit(test, { tells: 'ann' })).outcome).toBe('ignored_source');
  });

  it('needs a name: one backend is not one voter', async () => {
    const test = new TestReranker();
    for (let i = 0; i < 5; i++) expect((await visit(test, {})).outcome).toBe('applied');
  });
});
