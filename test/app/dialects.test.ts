import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppHome } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';

const QUERY = 'boats on the water';
const TEXTS = DOCUMENTS.map(({ text }) => text);
/** The longest dialect-free way to ask: by strings alone. */
const BODY = { model: 'm', query: QUERY, documents: TEXTS };

let home: AppHome;
let app: RunningApp;

beforeEach(async () => {
  home = new AppHome();
  app = await home.start({ MMR_LAMBDA_DEFAULT: '1', GATING_MODE: 'off', EPSILON: '0' });
});
afterEach(() => home.remove());

interface Row {
  readonly index: number;
  readonly relevance_score?: number;
  readonly score?: number;
}

/** Ranks in a dialect; its rows, best first, and the id that feedback names. */
async function rank(path: string, body: object = BODY, namespace = 'shop') {
  const response = await app.post(path, body, { 'X-NeuralCache-Namespace': namespace });
  if (response.status !== 200) throw new Error(`${response.status} ${response.text}`);
  const found = response.body;
  const rows: Row[] = Array.isArray(found) ? found : (found.results ?? found.data);
  return {
    id: String(response.headers['x-request-id']),
    bodyId: found.id as string | undefined,
    places: rows.map(({ index }) => index),
    scores: rows.map((row) => row.relevance_score ?? row.score ?? Number.NaN),
  };
}

/** Says some times over that a document helped; answers where it stands then. */
async function teach(path: string, body: object, told: object, namespace = 'shop', times = 4) {
  for (let visit = 0; visit < times; visit++) {
    const { id } = await rank(path, body, namespace);
    const { status, text } = await app.feedback(namespace, { request_id: id, ...told });
    expect([status, text]).toEqual([200, '{"status":"ok"}']);
  }
}

describe('drop-in clients', () => {
  it.each([
    ['/v1/rerank', BODY],
    ['/v2/rerank', BODY],
    ['/jina/v1/rerank', BODY],
    ['/voyage/v1/rerank', BODY],
    ['/rerank', { query: QUERY, texts: TEXTS }],
    ['/vllm/rerank', BODY],
    ['/infinity/rerank', BODY],
    ['/llama.cpp/v1/reranking', BODY],
    ['/litellm/rerank', BODY],
    ['/xinference/v1/rerank', BODY],
  ])('teach by places in the request, on %s', async (path, body) => {
    const before = await rank(path, body);
    const last = before.places.at(-1)!;
    await teach(path, body, { selected_indices: [last] });
    expect((await rank(path, body)).places.indexOf(last)).toBeLessThan(before.places.length - 1);
  });

  it('get scores in 0…1 that fall with rank, also once memory has moved something', async () => {
    await teach('/v1/rerank', BODY, { selected_indices: [11] });
    const { scores } = await rank('/v1/rerank');
    expect([...scores].sort((a, b) => b - a)).toEqual(scores);
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
  });

  it('have one memory, in whatever dialect they ask', async () => {
    await teach('/v1/rerank', BODY, { selected_indices: [11] });
    const { places } = await rank('/v2/rerank');
    for (const path of ['/voyage/v1/rerank', '/infinity/rerank', '/v1/rerank']) {
      expect((await rank(path)).places).toEqual(places);
    }
    expect((await rank('/rerank', { query: QUERY, texts: TEXTS })).places).toEqual(places);
  });

  it('find the id for feedback in the body where their dialect has one', async () => {
    for (const path of ['/v1/rerank', '/v2/rerank', '/vllm/rerank', '/infinity/rerank', '/litellm/rerank']) {
      const { id, bodyId } = await rank(path);
      expect([path, bodyId]).toEqual([path, id]);
    }
  });

  it('whose documents have ids teach by those, and share the memory with native callers', async () => {
    const documents = DOCUMENTS.map(({ id, text }) => ({ id, text }));
    const before = await rank('/v1/rerank', { query: QUERY, documents });
    const last = before.places.at(-1)!;
    await teach('/v1/rerank', { query: QUERY, documents }, { selected_ids: [`d${last}`] });
    const { ids } = await app.rank('shop', QUERY);
    expect(ids.indexOf(`d${last}`)).toBeLessThan(11);
  });

  it('teach nothing of another namespace', async () => {
    const untouched = await rank('/v1/rerank', BODY, 'other');
    await teach('/v1/rerank', BODY, { selected_indices: [untouched.places.at(-1)!] });
    expect(await rank('/v1/rerank', BODY, 'other')).toMatchObject({
      places: untouched.places,
      scores: untouched.scores,
    });
    const { id } = await rank('/v1/rerank');
    const stranger = await app.feedback('other', { request_id: id, selected_indices: [0] });
    expect(stranger.status).toBe(404);
  });
});

describe('selected_indices', () => {
  it('of equal texts count once, at the best rank', async () => {
    const twins = { ...BODY, documents: ['a boat', 'a harbour', 'a boat', 'bread'] };
    const { id, places } = await rank('/v1/rerank', twins);
    expect(places).toHaveLength(4);
    expect((await app.feedback('shop', { request_id: id, selected_indices: [0, 2] })).status).toBe(200);
    await app.stop();
    const [cell] = [...(home.dump().get('shop') ?? [])].filter(({ kind }) => kind === 'cell');
    const { documents } = JSON.parse(String(cell?.value)) as { documents: unknown };
    expect(Object.keys(documents as object)).toHaveLength(3);
  });

  it('that were not shown are 422, and nothing is used up', async () => {
    const { id } = await rank('/v1/rerank', { ...BODY, top_n: 2 });
    const { places } = await rank('/v1/rerank');
    for (const index of [places[5]!, 99]) {
      const { status, body } = await app.feedback('shop', { request_id: id, selected_indices: [index] });
      expect([status, body.error.detail[0].loc]).toEqual([422, ['selected_indices']]);
    }
    const good = await app.feedback('shop', { request_id: id, selected_indices: [places[0]!] });
    expect(good.status).toBe(200);
  });

  it('may stand beside ids, or be empty: nothing helped', async () => {
    const { requestId } = await app.rank('shop', QUERY);
    const both = { request_id: requestId, selected_ids: ['d1'], selected_indices: [2] };
    expect((await app.feedback('shop', both)).status).toBe(200);
    const { id } = await rank('/v1/rerank');
    expect((await app.feedback('shop', { request_id: id, selected_indices: [] })).status).toBe(200);
  });

  it('without a request id mean the newest answer to the query that showed them', async () => {
    await rank('/v1/rerank');
    await rank('/v1/rerank', { ...BODY, top_n: 1 });
    const told = { query: QUERY, selected_indices: [11, 3] };
    expect((await app.feedback('shop', told)).status).toBe(200);
    expect((await app.feedback('shop', told)).status).toBe(404);
  });

  it.each([[[-1]], [[1.5]], [['0']], ['0'], [{}]])('%j is 422', async (selected_indices) => {
    const { id } = await rank('/v1/rerank');
    const { status, body } = await app.feedback('shop', { request_id: id, selected_indices });
    expect([status, body.error.detail[0].loc[0]]).toEqual([422, 'selected_indices']);
  });
});
