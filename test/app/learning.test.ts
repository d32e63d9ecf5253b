import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppHome } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';

const QUERY = 'boats on the water';
/** Far down in the base order of `QUERY`. */
const LIKED = 'd10';

let home: AppHome;
let app: RunningApp;
/** One program serves all tests; each has a namespace of its own. */
let name: string;
let count = 0;
beforeAll(async () => {
  home = new AppHome();
  app = await home.start();
});
beforeEach(() => {
  count += 1;
  name = `n${count}`;
});
afterAll(() => home.remove());

async function restart(): Promise<void> {
  await app.stop();
  app = await home.start();
}

/** All that was learned, as it is stored: a feedback is on disk before it is acknowledged. */
function learned(): unknown {
  const rows = home.dump().get(name) ?? [];
  return rows
    .filter(({ kind }) => kind !== 'impression' && kind !== 'frequencies')
    .map(({ kind, key, value }) => [kind, key, value]);
}

function feedbackTotal(): number {
  const counters = home
    .dump()
    .get(name)
    ?.find(({ key }) => key === 'counters');
  return JSON.parse(counters?.value as string).feedback_total;
}

describe('feedback', () => {
  it('moves what was chosen to the front once it came twice, and that outlives a restart bit for bit', async () => {
    const base = await app.rank(name, QUERY, { learn: false });
    expect(base.ids.indexOf(LIKED)).toBeGreaterThan(5);
    await app.teach(name, QUERY, [LIKED], 1);
    expect((await app.rank(name, QUERY, { learn: false })).ids).toEqual(base.ids);
    await app.teach(name, QUERY, [LIKED], 1);
    const after = await app.rank(name, QUERY, { learn: false });
    expect(after.ids.indexOf(LIKED)).toBeLessThan(base.ids.indexOf(LIKED));
    await app.teach(name, QUERY, [LIKED], 4);
    expect((await app.rank(name, QUERY, { learn: false })).ids[0]).toBe(LIKED);

    const before = [await app.look(name, QUERY), await app.look(name, 'water with boats')];
    await restart();
    expect([await app.look(name, QUERY), await app.look(name, 'water with boats')]).toEqual(before);
  });

  it('deals the base scores along the new order', async () => {
    const base = await app.rank(name, QUERY, { learn: false });
    await app.teach(name, QUERY, [LIKED], 6);
    const after = await app.rank(name, QUERY, { learn: false });
    const scores = (answer: typeof base) => answer.body.results.map(({ score }: { score: number }) => score);
    expect(after.ids).not.toEqual(base.ids);
    const sorted = scores(after).toSorted((one: number, other: number) => other - one);
    expect(scores(after)).toEqual(sorted);
  });

  it('without a request id goes to the newest request of the query, each at most once', async () => {
    await app.rank(name, QUERY);
    await app.rank(name, `  ${QUERY.toUpperCase()} `);
    for (const _ of [1, 2]) {
      expect((await app.feedback(name, { query: QUERY, selected_ids: [LIKED] })).status).toBe(200);
    }
    const third = await app.feedback(name, { query: QUERY, selected_ids: [LIKED] });
    expect([third.status, third.body.error.code]).toEqual([404, 'NOT_FOUND']);
    expect((await app.rank(name, QUERY, { explain: true })).body.debug.explain.evidence).toBe(2);
  });

  it('of before a restart is still taken after it, by id and without', async () => {
    const { requestId } = await app.rank(name, QUERY);
    await app.rank(name, QUERY);
    await restart();
    const told = { selected_ids: [LIKED] };
    expect((await app.feedback(name, { ...told, request_id: requestId })).status).toBe(200);
    expect((await app.feedback(name, { ...told, query: QUERY })).status).toBe(200);
    expect((await app.rank(name, QUERY, { explain: true })).body.debug.explain.evidence).toBe(2);
  });

  it('twice for one request is answered alike and counts once, also after a restart and at the same moment', async () => {
    const { requestId } = await app.rank(name, QUERY);
    const body = { request_id: requestId, selected_ids: [LIKED] };
    const statuses = await Promise.all([1, 2, 3].map(async () => (await app.feedback(name, body)).status));
    expect(statuses).toEqual([200, 200, 200]);
    const before = learned();
    const repeated = await app.feedback(name, body);
    expect([repeated.status, repeated.body]).toEqual([200, { status: 'ok' }]);
    expect(learned()).toEqual(before);
    await restart();
    expect((await app.feedback(name, body)).body).toEqual({ status: 'ok' });
    expect(learned()).toEqual(before);
    expect(feedbackTotal()).toBe(1);
  });

  it('expires with its request', async () => {
    const { requestId } = await app.rank(name, QUERY);
    home.clock.advance(86_400_001);
    const late = await app.feedback(name, { request_id: requestId, selected_ids: [LIKED] });
    expect(late.status).toBe(404);
  });
});

describe('a feedback that cannot be right', () => {
  let requestId: string;
  let before: unknown;
  beforeEach(async () => {
    await app.teach(name, QUERY, [LIKED], 2);
    await app.rank('other', QUERY);
    ({ requestId } = await app.rank(name, QUERY, { top_k: 3 }));
    before = learned();
  });

  it.each<[string, string, number, () => object]>([
    ['another namespace’s id', 'other', 404, () => ({ request_id: requestId, selected_ids: [] })],
    ['an id nobody gave out', 'own', 404, () => ({ request_id: `${requestId}x`, selected_ids: [] })],
    ['a query nobody asked', 'own', 404, () => ({ query: 'never asked', selected_ids: ['d0'] })],
    [
      'an id that was cut off',
      'own',
      422,
      () => ({ request_id: requestId, selected_ids: [LIKED, 'd6', 'd7', 'd8'] }),
    ],
    [
      'an id that was not among the documents',
      'own',
      422,
      () => ({ request_id: requestId, selected_ids: ['x'] }),
    ],
    ['another query', 'own', 422, () => ({ request_id: requestId, query: 'other', selected_ids: [] })],
  ])('is refused and changes nothing: %s', async (_title, where, status, body) => {
    const answer = await app.feedback(where === 'own' ? name : where, body());
    expect([answer.status, answer.body.error.code]).toEqual([
      status,
      status === 404 ? 'NOT_FOUND' : 'VALIDATION_ERROR',
    ]);
    expect(learned()).toEqual(before);
    const proper = { request_id: requestId, query: ` ${QUERY.toUpperCase()}`, selected_ids: [] };
    expect((await app.feedback(name, proper)).status).toBe(200);
  });

  it('does not keep the rest of its batch from being learned', async () => {
    const good = { request_id: requestId, selected_ids: [] };
    const items = [{ ...good, query: 'other' }, good, good, { selected_ids: [] }, 7];
    const { status, body } = await app.post(`/ns/${name}/feedback/batch`, items);
    expect(status).toBe(200);
    expect(body.map((item: { status: string }) => item.status)).toEqual([
      'error',
      'ok',
      'ok',
      'error',
      'error',
    ]);
    expect(body[0].error).toMatchObject({ code: 'VALIDATION_ERROR', detail: [{ loc: [0, 'query'] }] });
    expect(feedbackTotal()).toBe(3);
  });
});

describe('a batch', () => {
  it('answers like its requests one by one, and each item takes a feedback of its own', async () => {
    const queries = [QUERY, 'the sky at night'];
    const batch = queries.map((query) => ({
      query,
      documents: DOCUMENTS,
      mmr_lambda: 1,
      gating_mode: 'off',
    }));
    const { status, body, headers } = await app.post(`/ns/${name}/rerank/batch`, batch);
    expect(status).toBe(200);
    const ids = body.map(({ meta }: { meta: { request_id: string } }) => meta.request_id);
    expect(new Set([...ids, headers['x-request-id']]).size).toBe(3);
    for (const [index, query] of queries.entries()) {
      const single = await app.rank('single', query, { top_k: 10 });
      expect(body[index].results.map(({ id }: { id: string }) => id)).toEqual(single.ids);
    }
    const told = ids.map((request_id: string) => ({ request_id, selected_ids: [body[0].results[0].id] }));
    expect((await app.post(`/ns/${name}/feedback/batch`, told)).body).toEqual([
      { status: 'ok' },
      { status: 'ok' },
    ]);
    const header = { request_id: headers['x-request-id'], selected_ids: [] };
    expect((await app.feedback(name, header)).status).toBe(404);
  });

  it('with one bad item records nothing of any', async () => {
    const batch = [{ query: QUERY, documents: DOCUMENTS }, { query: QUERY }];
    const { status, body } = await app.post(`/ns/${name}/rerank/batch`, batch);
    expect([status, body.error.detail[0].loc]).toEqual([422, [1, 'documents']]);
    await restart();
    expect(home.dump().has(name)).toBe(false);
  });
});
