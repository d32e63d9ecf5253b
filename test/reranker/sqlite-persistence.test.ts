import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { documents, TestReranker } from '../fixtures/reranker.js';
import { makeFolder, openInline } from '../stores/sqlite-harness.js';

const LIST = documents(8);
const QUERIES = Array.from({ length: 12 }, (_, i) => `word${i} word${(i + 1) % 12} shared words here`);
const home = makeFolder();

afterEach(() => home.remove());

async function answers(test: TestReranker) {
  const found = [];
  for (const query of QUERIES) {
    const { results, debug } = await test.ask(query, LIST, { learn: false, explain: true });
    found.push({ results, debug });
  }
  return found;
}

describe('property 16: over SQLite', () => {
  it('a restart gives the same answers bit for bit, and learns on to the same last bit', async () => {
    const { clock } = new TestReranker();
    const open = async () => new TestReranker({ clock, store: await openInline({ path: home.path, clock }) });
    /** 210 visits, so that β is learned once; `restartAt` closes and opens everything in between. */
    async function run(namespace: string, restartAt: number) {
      let test = await open();
      const random = seededRandom(3);
      for (let visit = 0; visit < 210; visit++) {
        if (visit === restartAt) {
          await test.evict(namespace);
          await test.store.close();
          test = await open();
        }
        const query = QUERIES[Math.floor(random.next() * QUERIES.length)];
        await test.visit(query, LIST, [`d${Math.floor(random.next() * 8)}`], { namespace });
      }
      const { memory } = await test.namespace(namespace);
      const state = { beta: memory.beta, trust: memory.trust, cells: memory.cells.sorted() };
      await test.evict(namespace);
      await test.store.close();
      return state;
    }
    const straight = await run('straight', -1);
    const restarted = await run('restarted', 150);
    expect(straight.beta).not.toBe(4);
    expect([restarted.beta, restarted.trust]).toEqual([straight.beta, straight.trust]);
    expect(restarted.cells.map(({ documents: known }) => known)).toEqual(
      straight.cells.map(({ documents: known }) => known),
    );
    const after = await open();
    const before = await answers(after);
    await after.evict();
    expect(await answers(after)).toEqual(before);
    await after.store.close();
  });
});
