import { describe, expect, it } from 'vitest';
import { FakeEncoder } from '../fixtures/fake-encoder.js';
import { Faults, frailEncoder } from '../fixtures/fake-models.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const QUERY = 'some query';
const LIST = documents(5);

function frail() {
  const faults = new Faults();
  const inner = new FakeEncoder();
  const encoder = frailEncoder(inner, faults);
  return { encoder, faults, test: new TestReranker({ namespace: { encoder } }) };
}

describe('a key encoder that gives no answer', () => {
  it('leaves the base order, says that memory was not whole, and counts it', async () => {
    const { faults, test } = frail();
    faults.refused = () => true;
    const { ids, degraded } = await test.ask(QUERY, LIST);
    expect([ids, degraded]).toEqual([LIST.map(({ id }) => id), ['memory']]);
    expect(test.events).toEqual(['one: encoder failed']);
  });

  it('is asked for texts and query at once, and never again for what it has given', async () => {
    const { encoder, faults, test } = frail();
    faults.refused = (text) => text === LIST[1]!.text;
    expect((await test.ask(QUERY, LIST)).degraded).toEqual(['memory']);
    expect(encoder.asked).toContain(QUERY);
    expect(test.events).toEqual(['one: encoder failed']);
    faults.refused = () => false;
    encoder.asked.length = 0;
    expect((await test.ask(QUERY, LIST)).degraded).toEqual([]);
    expect(encoder.asked).toEqual([LIST[1]!.text]);
  });

  it('costs no feedback: the same text is still recognised, now and later', async () => {
    const { faults, test } = frail();
    faults.refused = () => true;
    await test.visit(QUERY, LIST, ['d4'], { times: 3 });
    expect((await test.ask(QUERY, LIST)).ids[0]).toBe('d4');
    faults.refused = () => false;
    const { ids, degraded } = await test.ask(QUERY, LIST);
    expect([ids[0], degraded]).toEqual(['d4', []]);
  });

  it('is asked again for the next request, and the query is known by vector from then on', async () => {
    const { faults, test } = frail();
    faults.refused = () => true;
    await test.visit(QUERY, LIST, ['d4'], { times: 3 });
    faults.refused = () => false;
    await test.visit(QUERY, LIST, ['d4'], { times: 1 });
    const [neighbour] =
      (await test.ask(`${QUERY} again`, LIST, { explain: true })).debug.explanation?.neighbours ?? [];
    expect(neighbour?.same_text).toBe(false);
  });

  it('does not fail the feedback it should have made a vector for', async () => {
    const { faults, test } = frail();
    faults.refused = () => true;
    const { requestId } = await test.ask(QUERY, LIST);
    const told = await test.tell(['d4'], { requestId, bestDocumentText: 'what was good' });
    expect(told.outcome).toBe('applied');
  });
});
