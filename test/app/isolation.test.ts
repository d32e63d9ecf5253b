import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppHome } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';

const NAMES = ['A', 'a', '__proto__', 'constructor', 'a.b', 'default'];
const QUERIES = ['boats on the water', 'the sky at night'];

/** Where every namespace has a memory of its own; each is fond of another document. */
let origin: AppHome;
let answers: unknown[];
let home: AppHome;

beforeAll(async () => {
  origin = new AppHome();
  const app = await origin.start();
  for (const [index, name] of NAMES.entries()) {
    for (const query of QUERIES) await app.teach(name, query, [`d${index + 3}`], 2);
  }
  answers = await answersOf(app, NAMES);
  await app.stop();
});
afterAll(() => origin.remove());
beforeEach(() => {
  home = origin.copy();
});
afterEach(() => home.remove());

/** All answers of some namespaces, by name and query. */
async function answersOf(app: RunningApp, names: readonly string[]): Promise<unknown[]> {
  const given: unknown[] = [];
  for (const name of names) for (const query of QUERIES) given.push([name, await app.look(name, query)]);
  return given;
}

/** All that is stored of some namespaces, raw and as the reader gives it. */
async function stored(from: AppHome, names: readonly string[]): Promise<unknown> {
  const raw = from.dump();
  return Promise.all(names.map(async (name) => [name, raw.get(name), await from.read(name)]));
}

/** Everything a caller can do in a namespace. */
async function actIn(app: RunningApp, name: string): Promise<void> {
  for (const query of QUERIES) await app.teach(name, query, ['d11', 'd2'], 3);
  await app.rank(name, QUERIES[0]!, { documents: DOCUMENTS.slice(2), explain: true });
  const headers = { 'X-NeuralCache-Namespace': name };
  const vectors = DOCUMENTS.map((document, index) => ({ ...document, embedding: [index, 1, 2] }));
  await app.rank(name, 'with vectors', { documents: vectors, query_embedding: [1, 1, 1] });
  const batch = QUERIES.map((query) => ({ query, documents: DOCUMENTS }));
  const ranked = await app.post('/rerank/batch', batch, headers);
  const ids = ranked.body.map(({ meta }: { meta: { request_id: string } }) => meta.request_id);
  const told = ids.map((request_id: string) => ({ request_id, selected_ids: ['d11'], success: 0.4 }));
  expect((await app.post('/feedback/batch', told, headers)).body).toEqual(ids.map(() => ({ status: 'ok' })));
}

describe('what is done in one namespace', () => {
  it.each(['A', '__proto__', 'a.b', 'default'])(
    'changes no stored row and no answer of any other: %s',
    async (actor) => {
      const others = NAMES.filter((name) => name !== actor);
      const theirs = answers.filter((answer) => (answer as [string])[0] !== actor);
      const rows = await stored(origin, others);

      // Two in memory, the default one among them: the others are evicted and restored all the while.
      const app = await home.start({ MAX_NAMESPACES: '2' });
      expect(await answersOf(app, others)).toEqual(theirs);
      await actIn(app, actor);
      expect(await answersOf(app, others)).toEqual(theirs);
      await app.stop();
      expect(await stored(home, others)).toEqual(rows);
      expect(await stored(home, [actor])).not.toEqual(await stored(origin, [actor]));

      const again = await home.start();
      expect(await answersOf(again, NAMES)).not.toEqual(answers);
      await again.services.drop(actor);
      expect(await answersOf(again, others)).toEqual(theirs);
      await again.stop();
      expect(await stored(home, others)).toEqual(rows);
      expect(home.dump().has(actor)).toBe(false);
    },
  );

  it('is known nowhere else: a namespace never used answers in base order and stores nothing', async () => {
    const app = await home.start();
    const untouched = await app.look('fresh', QUERIES[0]!);
    await app.teach('a', QUERIES[0]!, ['d9'], 4);
    expect((await app.rank('a', QUERIES[0]!)).ids[0]).toBe('d9');
    expect(await app.look('fresh', QUERIES[0]!)).toEqual(untouched);
    await app.stop();
    expect([...home.dump().keys()].sort()).toEqual([...NAMES].sort());
  });
});

describe('learn: false', () => {
  it('leaves not one stored byte, also where the memory speaks', async () => {
    home.clock.advance(3_600_000);
    const app = await home.start();
    await answersOf(app, NAMES);
    await app.look('fresh', QUERIES[0]!);
    await app.stop();
    expect(await stored(home, NAMES)).toEqual(await stored(origin, NAMES));
    expect(home.dump().has('fresh')).toBe(false);
  });
});
