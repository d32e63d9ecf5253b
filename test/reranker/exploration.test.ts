import { describe, expect, it } from 'vitest';
import { documents, TestReranker } from '../fixtures/reranker.js';

// 21 documents a step of 1/20 apart on [0, 1]: all ten pairs from rank 2 on are within the doubt of unseen documents
const LIST = documents(21, 0.01);
const IDS = LIST.map(({ id }) => id);
const EPSILON = 0.3;

/** A namespace with a cell for `some query` that has too little evidence to move anything. */
async function withCell(settings = {}, seed = 1) {
  const test = new TestReranker({ settings: { epsilon: EPSILON, ...settings }, seed });
  const { requestId } = await test.ask('some query', LIST, { topK: 21 });
  await test.tell([], { requestId });
  return test;
}

describe('property 14: exploration', () => {
  it('alters a share of ε of the answers, within 4 standard deviations; rank 1 stays, nobody moves more than one', async () => {
    const test = await withCell();
    const rounds = 3000;
    let altered = 0;
    for (let round = 0; round < rounds; round++) {
      const { ids, adapted, debug } = await test.ask('some query', LIST, { topK: 21 });
      if (ids.some((id, rank) => id !== IDS[rank])) altered++;
      expect(ids[0]).toBe('d0');
      for (const [rank, id] of ids.entries()) expect(Math.abs(rank - IDS.indexOf(id))).toBeLessThanOrEqual(1);
      expect([adapted, debug.epsilon_used]).toEqual([false, EPSILON]);
    }
    // of ten coins one at least falls
    const share = EPSILON * (1 - 2 ** -10);
    expect(Math.abs(altered - rounds * share)).toBeLessThanOrEqual(
      4 * Math.sqrt(rounds * share * (1 - share)),
    );
  });

  it('logs the ranks that were really shown', async () => {
    const test = await withCell({ epsilon: 1 });
    const { ids, requestId } = await test.ask('some query', LIST, { topK: 21 });
    expect(ids).not.toEqual(IDS);
    await test.tell([], { requestId });
    const rows = (await test.rows()).filter(({ kind }) => kind === 'document');
    const W = new Map(rows.map(({ key, value }) => [key, (JSON.parse(value) as { W: number }).W]));
    for (const [rank, id] of ids.entries()) {
      const first = Math.max(0.1, 1 / (IDS.indexOf(id) + 1));
      expect(W.get(`i:${id}`)).toBeCloseTo(first + Math.max(0.1, 1 / (rank + 1)), 6);
    }
  });

  it('leaves a query without a cell of its own alone, also one with neighbours', async () => {
    const test = await withCell({ epsilon: 1 });
    for (const query of ['query some', 'nothing alike']) {
      const { ids, debug } = await test.ask(query, LIST, { topK: 21, explain: true });
      expect([ids, debug.epsilon_used]).toEqual([IDS, 0]);
      expect(debug.explanation?.neighbours).toHaveLength(query === 'query some' ? 1 : 0);
    }
  });

  it('is off with DETERMINISTIC, and repeats with its seed', async () => {
    const still = await withCell({ epsilon: 1, deterministic: true });
    expect((await still.ask('some query', LIST, { topK: 21 })).ids).toEqual(IDS);
    const run = async (seed: number) => {
      const test = await withCell({ epsilon: 1 }, seed);
      const first = await test.ask('some query', LIST, { topK: 21 });
      return [first.ids, (await test.ask('some query', LIST, { topK: 21 })).ids];
    };
    expect(await run(5)).toEqual(await run(5));
    expect(await run(5)).not.toEqual(await run(6));
  });

  it('is not for a request that leaves no trace: nothing could be learned from the swap', async () => {
    const test = await withCell({ epsilon: 1 });
    const { ids, debug } = await test.ask('some query', LIST, { topK: 21, learn: false });
    expect([ids, debug.epsilon_used]).toEqual([IDS, 0]);
  });

  it('happens among the shown alone: what was cut stays cut', async () => {
    const test = await withCell({ epsilon: 1 });
    for (let round = 0; round < 20; round++) {
      const { ids } = await test.ask('some query', LIST, { topK: 6 });
      expect([...ids].sort()).toEqual(IDS.slice(0, 6).sort());
    }
  });
});

describe('the holdout', () => {
  it('answers its share in base order, and counts it apart', async () => {
    const test = new TestReranker({ settings: { holdout: 0.5 }, seed: 3 });
    const few = documents(6);
    let based = 0;
    for (let i = 0; i < 60; i++) {
      const { ids, adapted, requestId } = await test.ask('some query', few);
      if (i > 10 && !adapted) {
        based++;
        expect(ids).toEqual(few.map(({ id }) => id));
      }
      await test.tell(['d5'], { requestId });
    }
    // 49 answers, half of them: 24.5 ± 4 · 3.5
    expect(based).toBeGreaterThan(10);
    expect(based).toBeLessThan(39);
    const late = test.events.slice(-20);
    expect(new Set(late)).toEqual(new Set(['one: base 0.16666666666666666', 'one: memory 1']));
  });
});
