import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../../src/base/keyed-hash.js';
import { KINDS, type Kind } from '../../src/stores/store.js';
import type { TestStore } from '../fixtures/fake-stores.js';
import { DAY_MS } from '../fixtures/memory.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

/** Ids that are found nowhere by chance; the last is too long to be kept as it is. */
const LIST = documents(6).map((candidate, i) => ({
  ...candidate,
  id: i === 5 ? `patient-five-${'x'.repeat(300)}` : `patient-${i}-5550${i}`,
}));
const IDS = LIST.map(({ id }) => id);
const QUERY = 'some query';

/** The program over the same store, started anew with this setting. */
function start(before: TestReranker | null, hashIds: boolean, changes: object = {}): TestReranker {
  const state = before === null ? {} : { store: before.store, clock: before.clock };
  return new TestReranker({ ...state, namespace: { hashIds, ...changes } });
}

async function answers(test: TestReranker) {
  const found = [];
  for (const query of [QUERY, 'query some', 'nothing alike']) {
    const { results, debug } = await test.ask(query, LIST, { learn: false, explain: true });
    found.push({ results, debug });
  }
  return found;
}

/** Kinds of the stored rows in which an id can be read. */
async function readableIn(test: TestReranker): Promise<Kind[]> {
  const { rows } = await test.store.scan('one', 0, 10_000);
  const found = rows.filter(({ key, value }) => IDS.some((id) => key.includes(id) || value.includes(id)));
  return KINDS.filter((kind) => found.some((row) => row.kind === kind));
}

describe('hashed document ids', () => {
  it('are all that is stored where ids are hashed from the start', async () => {
    const test = start(null, true);
    await test.visit(QUERY, LIST, [IDS[3]!, IDS[5]!], { times: 2 });
    await test.ask('another', LIST);
    await test.evict();
    const { rows } = await test.store.usage('one');
    expect(rows).toMatchObject({ cell: 1, document: 6, impression: 3 });
    expect(await readableIn(test)).toEqual([]);
    const plain = start(null, false);
    await plain.visit(QUERY, LIST, [IDS[3]!]);
    await plain.evict();
    expect(await readableIn(plain)).toEqual(['cell', 'document', 'impression']);
  });

  it('change no answer, whenever they are switched on or off, also between an answer and its feedback', async () => {
    const step = fc.record({
      query: fc.constantFrom(QUERY, 'query some', 'a query 7'),
      selected: fc.subarray(IDS),
      hashIds: fc.boolean(),
      hashIdsAtFeedback: fc.boolean(),
      byRequestId: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const never = start(null, false);
        let switched = start(null, false);
        for (const { query, selected, hashIds, hashIdsAtFeedback, byRequestId } of steps) {
          for (const test of [never, switched]) test.clock.advance(1000);
          const plain = await never.ask(query, LIST);
          await switched.evict();
          switched = start(switched, hashIds);
          const hashed = await switched.ask(query, LIST);
          expect(hashed.results).toEqual(plain.results);
          await switched.evict();
          switched = start(switched, hashIdsAtFeedback);
          // Vectors of what was shown do not outlive the process: here they are to be the same in both.
          await never.evict();
          const outcomes = [];
          for (const [test, { requestId }] of [
            [never, plain],
            [switched, hashed],
          ] as const) {
            outcomes.push(await test.tell(selected, byRequestId ? { requestId } : { query }));
          }
          expect(outcomes).toEqual([{ outcome: 'applied' }, { outcome: 'applied' }]);
        }
        expect(await answers(switched)).toEqual(await answers(never));
        await switched.evict();
        expect(await answers(start(switched, true))).toEqual(await answers(never));
        expect(await answers(start(switched, false))).toEqual(await answers(never));
      }),
      { numRuns: 40 },
    );
  });

  it('take the place of what was stored before, once the namespace is used and saved', async () => {
    const before = start(null, false);
    await before.visit(QUERY, LIST, [IDS[3]!], { times: 2 });
    await before.evict();
    const expected = await answers(before);
    before.crash();
    const test = start(before, true);
    expect(await answers(test)).toEqual(expected);
    await test.evict();
    // An impression says which documents were shown until it expires.
    expect(await readableIn(test)).toEqual(['impression']);
    const { rows } = await test.store.usage('one');
    expect(rows).toMatchObject({ cell: 1, document: 6 });
    test.clock.advance(DAY_MS + 1);
    await test.store.sweep(test.clock.now(), 1000);
    expect(await readableIn(test)).toEqual([]);
    // Off again: the hashes cannot be turned back, and go on.
    const off = start(test, false);
    expect((await off.ask(QUERY, LIST, { learn: false })).ids).toEqual(
      expected[0]!.results.map(({ candidate }) => candidate.id),
    );
    await off.visit(QUERY, LIST, [IDS[2]!]);
    await off.evict();
    expect(await readableIn(off)).toEqual([]);
  });

  it('are written a part at each ordinary flush, and none is lost where the disk refuses', async () => {
    const before = start(null, false);
    for (let i = 0; i < 80; i++) await before.visit(`query ${i} alone${i}`, LIST, [IDS[i % 6]!]);
    await before.evict();
    const store = before.store as TestStore;
    const test = start(before, true);
    const namespace = await test.namespace();
    store.refused = 'cell';
    await expect(namespace.flush(false)).rejects.toThrow('no cell today');
    store.refused = null;
    await namespace.flush(false);
    expect(await readableIn(test)).toContain('cell');
    await namespace.flush(false);
    expect(await readableIn(test)).toEqual(['impression']);
    expect((await test.store.usage('one')).rows).toMatchObject({ cell: 80, document: 6 });
  });

  it('keep the newer evidence of a document that was stored under both keys', async () => {
    const before = start(null, false);
    await before.visit(QUERY, LIST, [IDS[3]!]);
    await before.evict();
    const test = start(before, true);
    const { memory, ids } = await test.namespace();
    test.clock.advance(DAY_MS);
    // Learned, but the old record is still there when the process dies.
    await test.visit(QUERY, LIST, [IDS[3]!]);
    const known = memory.wideDocument(ids.keys.ofId(IDS[3]!));
    test.crash();
    const again = await test.namespace();
    expect(again.memory.wideDocument(ids.keys.ofId(IDS[3]!))).toEqual(known);
    expect(again.memory.documentsKnown).toBe(6);
    await test.evict();
    expect((await test.store.usage('one')).rows.document).toBe(6);
  });

  it('are not written under another hash key than the state was', async () => {
    const before = start(null, false);
    await before.visit(QUERY, LIST, [IDS[3]!]);
    await before.evict();
    const test = start(before, true, { hash: new KeyedHash(new Uint8Array(32).fill(9)) });
    await test.namespace();
    await test.evict();
    expect(await readableIn(test)).toEqual(['cell', 'document', 'impression']);
    expect(test.events).toEqual(['one: hash key changed']);
  });

  it('are hashed anew once the lasting key is there', async () => {
    const before = start(null, false);
    await before.visit(QUERY, LIST, [IDS[3]!]);
    await before.evict();
    const expected = (await before.namespace()).memory.wideDocument(`i:${IDS[3]}`);
    const hash = new KeyedHash(new Uint8Array(32).fill(9));
    const test = start(before, true, { hash });
    const namespace = await test.namespace();
    hash.replaceKey(new Uint8Array(32).fill(7));
    namespace.forgetHashes();
    await namespace.flush();
    expect(namespace.memory.wideDocument(namespace.ids.keys.ofId(IDS[3]!))).toEqual(expected);
    expect(await readableIn(test)).toEqual(['impression']);
  });

  it('leave the vectors of another encoder in place', async () => {
    const before = start(null, false);
    await before.visit(QUERY, LIST, [IDS[3]!], { times: 2 });
    await before.evict();
    const expected = await answers(before);
    before.crash();
    const { encoder } = new TestReranker();
    const other = start(before, true, { encoder: Object.assign(encoder, { version: 'v2' }) });
    await other.namespace();
    await other.evict();
    expect(await readableIn(other)).toEqual(['impression']);
    expect(await answers(start(other, true))).toEqual(expected);
  });

  it('store nothing for a namespace that was only looked at', async () => {
    const test = start(null, true);
    await test.ask(QUERY, LIST, { learn: false });
    await test.evict();
    expect(await test.store.namespaces()).toEqual([]);
  });
});
