import { afterEach, beforeEach, expect, it } from 'vitest';
import { AppHome } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';

const QUERIES = ['boats on the water', 'the sky at night', ''];

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

/** The bytes of an answer to a request that learns, without what is new in each. */
async function bytes(app: RunningApp, query: string, more: object = {}): Promise<string> {
  const body = { query, documents: DOCUMENTS, explain: true, ...more };
  const { text, status } = await app.post('/ns/a/rerank', body);
  expect(status).toBe(200);
  return text.replace(/"request_id":"[^"]*"/, '').replace(/"cache":"[^"]*"/, '');
}

it('with DETERMINISTIC the same request gets the same bytes, before and after a restart and an eviction', async () => {
  const settings = { DETERMINISTIC: 'true', EPSILON: '1', MAX_NAMESPACES: '2' };
  const first = await home.start(settings);
  for (const query of QUERIES) await first.teach('a', query, ['d9', 'd4'], 3);
  const given = new Map<string, string>();
  for (const query of QUERIES) given.set(query, await bytes(first, query));
  expect(JSON.parse(given.get(QUERIES[0]!)!.replace(/,?"meta".*$/, '}')).debug).toMatchObject({
    deterministic: true,
    epsilon_used: 0,
  });
  for (let round = 0; round < 5; round += 1) {
    for (const query of QUERIES) expect(await bytes(first, query)).toBe(given.get(query));
    for (const other of ['b', 'default']) await first.rank(other, QUERIES[round % 3]!);
  }
  await first.stop();
  const second = await home.start(settings);
  for (const query of QUERIES) expect(await bytes(second, query)).toBe(given.get(query));
});

it('with DETERMINISTIC evidence fades in steps, so that moments between two requests leave no trace in the bytes', async () => {
  const app = await home.start({ DETERMINISTIC: 'true' });
  await app.teach('a', QUERIES[0]!, ['d9'], 3);
  home.clock.advance(10 * 3_600_000);
  const given = await bytes(app, QUERIES[0]!);
  // 1 700 000 000 s are 13 min 20 s after an hour began
  home.clock.advance(46 * 60_000);
  expect(await bytes(app, QUERIES[0]!)).toBe(given);
  home.clock.advance(60_000);
  expect(await bytes(app, QUERIES[0]!)).not.toBe(given);
});

it('without it, answers that leave no trace are the same bytes too', async () => {
  const app = await home.start({ EPSILON: '1' });
  await app.teach('a', QUERIES[0]!, ['d9'], 3);
  const before = await bytes(app, QUERIES[0]!, { learn: false });
  for (let round = 0; round < 10; round += 1)
    expect(await bytes(app, QUERIES[0]!, { learn: false })).toBe(before);
});

it('while nothing is known of a query, its answer is the base order bit for bit, whatever was learned elsewhere', async () => {
  const app = await home.start({ DETERMINISTIC: 'true' });
  const untouched = await app.look('fresh', 'letters about apples');
  await app.teach('a', QUERIES[0]!, ['d9'], 4);
  expect(await app.look('a', 'letters about apples')).toEqual({
    ...(untouched as object),
    body: { ...(untouched as { body: object }).body, meta: expect.objectContaining({ namespace: 'a' }) },
  });
});
