import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../http/raw-client.js';
import { AppHome } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';

const QUERY = 'boats on the water';
const KNOWN = 'known';

/** Where one namespace has learned something. */
let origin: AppHome;
let rows: unknown;
let answer: unknown;
let home: AppHome;
let app: RunningApp;

beforeAll(async () => {
  origin = new AppHome();
  const first = await origin.start();
  await first.teach(KNOWN, QUERY, ['d9'], 3);
  answer = await first.look(KNOWN, QUERY);
  await first.stop();
  rows = [...origin.dump()];
});
afterAll(() => origin.remove());
beforeEach(async () => {
  home = origin.copy();
  app = await home.start({
    BODY_LIMIT_BYTES: '100000',
    MAX_TEXT_LENGTH: '1000',
    REQUEST_TIMEOUT_MS: '300',
  });
});
afterEach(() => home.remove());

/** Nothing was stored, in no namespace, and nothing is remembered that would be. */
async function expectNothingChanged(): Promise<void> {
  expect(await app.look(KNOWN, QUERY)).toEqual(answer);
  expect(app.logged.filter(({ level }) => level === 'error')).toEqual([]);
  await app.stop();
  expect([...home.dump()]).toEqual(rows);
}

type Sent = readonly [title: string, status: number, body: object | string];

const one = (fields: object) => ({ query: 'q', documents: [{ id: 'a', text: 't', ...fields }] });
const vector = (length: number, value: unknown = 1) => new Array(length).fill(value);
/** A whole body with one number written as it is given. */
const literal = (number: string) =>
  `{"query":"q","query_embedding":[${number}],"documents":[{"id":"a","text":"t","embedding":[1]}]}`;

const RANKINGS: readonly Sent[] = [
  ['cut off', 400, '{"query":"q","documents":['],
  ['no JSON', 400, 'query=q'],
  ['NaN', 400, literal('NaN')],
  ['Infinity', 400, literal('Infinity')],
  ['empty', 400, ''],
  ['a list', 422, []],
  ['null', 422, 'null'],
  ['nothing in it', 422, {}],
  ['query missing', 422, { documents: DOCUMENTS }],
  ['query a number', 422, { query: 7, documents: DOCUMENTS }],
  ['documents missing', 422, { query: 'q' }],
  ['documents an object', 422, { query: 'q', documents: { length: 1 }, explain: true }],
  [
    'too many documents',
    422,
    { query: 'q', documents: Array.from({ length: 129 }, (_, i) => ({ id: `${i}`, text: 't' })) },
  ],
  ['id missing', 422, { query: 'q', documents: [...DOCUMENTS, { text: 't' }] }],
  ['id a number', 422, one({ id: 7 })],
  ['id empty', 422, one({ id: '' })],
  ['id twice', 422, { query: 'q', documents: [...DOCUMENTS, DOCUMENTS[0]] }],
  ['id half a surrogate pair', 422, '{"query":"q","documents":[{"id":"\\ud800","text":"t"}]}'],
  ['id too long', 422, one({ id: 'x'.repeat(513) })],
  ['text missing', 422, { query: 'q', documents: [{ id: 'a' }] }],
  ['text a list', 422, one({ text: ['t'] })],
  ['text too long', 422, one({ text: 'x'.repeat(1001) })],
  ['query too long', 422, { ...one({}), query: 'x'.repeat(1001) }],
  ['top_k 0', 422, { ...one({}), top_k: 0 }],
  ['top_k over the maximum', 422, { ...one({}), top_k: 101 }],
  ['top_k a text', 422, { ...one({}), top_k: '1' }],
  ['mmr_lambda above 1', 422, { ...one({}), mmr_lambda: 1.1 }],
  ['learn a text', 422, { ...one({}), learn: 'no' }],
  ['a number beyond any', 422, literal('1e999')],
  ['a huge number', 422, literal('1e300')],
  ['a huge score', 422, one({ score: 1e300 })],
  ['a vector for the query alone', 422, { ...one({}), query_embedding: [1] }],
  ['vectors of two dimensions', 422, { ...one({ embedding: vector(3) }), query_embedding: vector(4) }],
  ['a vector of nothing', 422, { ...one({ embedding: [] }), query_embedding: [] }],
  ['null in a vector', 422, { ...one({ embedding: [null] }), query_embedding: [1] }],
  [
    'nested too deeply',
    422,
    `{"query":"q","documents":[{"id":"a","text":"t","metadata":${'['.repeat(40)}${']'.repeat(40)}}]}`,
  ],
  ['nested beyond any stack', 422, `{"query":"q","documents":${'['.repeat(40_000)}${']'.repeat(40_000)}}`],
  ['too large', 413, one({ text: 'x'.repeat(100_000) })],
];

const FEEDBACKS: readonly Sent[] = [
  ['cut off', 400, '{"query":'],
  ['a list', 422, []],
  ['no query and no id', 422, { selected_ids: [] }],
  ['no selected_ids', 422, { query: QUERY }],
  ['selected_ids a text', 422, { query: QUERY, selected_ids: 'd1' }],
  ['a number among them', 422, { query: QUERY, selected_ids: [1] }],
  ['half a surrogate pair among them', 422, `{"query":"${QUERY}","selected_ids":["\\udfff"]}`],
  ['too many of them', 422, { query: QUERY, selected_ids: vector(2049, 'd1') }],
  ['success above 1', 422, { query: QUERY, selected_ids: ['d1'], success: 1.01 }],
  ['success NaN', 400, `{"query":"${QUERY}","selected_ids":["d1"],"success":NaN}`],
  ['an infinite vector', 422, `{"query":"${QUERY}","selected_ids":["d1"],"best_doc_embedding":[1e999]}`],
  ['a request id that is none', 404, { request_id: '__proto__', selected_ids: [] }],
  ['request id a number', 422, { request_id: 7, selected_ids: [] }],
];

const CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  404: 'NOT_FOUND',
  413: 'ENTITY_TOO_LARGE',
  422: 'VALIDATION_ERROR',
};

/** What came back for each, and what should have. */
async function answered(path: string, sent: readonly Sent[]): Promise<[unknown[], unknown[]]> {
  const got: unknown[] = [];
  for (const [title, , body] of sent) {
    const response = await app.post(path, body);
    const { code, message } = response.body.error ?? {};
    got.push([title, response.status, code, typeof message]);
  }
  return [got, sent.map(([title, status]) => [title, status, CODES[status], 'string'])];
}

describe('bad input gets its documented error and leaves no row', () => {
  it.each(['/rerank', `/ns/${KNOWN}/rerank`, '/ns/other/rerank'])('for ranking: %s', async (path) => {
    const [got, expected] = await answered(path, RANKINGS);
    expect(got).toEqual(expected);
    await expectNothingChanged();
  });

  it('for a batch, whichever item it is in', async () => {
    const good = { query: 'a good one', documents: DOCUMENTS };
    const items = RANKINGS.filter(([, status, body]) => status === 422 && typeof body === 'object');
    const sent = items.map(([title, status, body]): Sent => [title, status, [good, body]]);
    const [got, expected] = await answered(`/ns/${KNOWN}/rerank/batch`, [
      ...sent,
      ['too many', 422, vector(17, good)],
      ['no list', 422, { requests: 7 }],
    ]);
    expect(got).toEqual(expected);
    await expectNothingChanged();
  });

  it('for feedback', async () => {
    const [got, expected] = await answered(`/ns/${KNOWN}/feedback`, FEEDBACKS);
    expect(got).toEqual(expected);
    const items = FEEDBACKS.filter(([, , body]) => typeof body === 'object').map(([, , body]) => body);
    const { status, body } = await app.post(`/ns/${KNOWN}/feedback/batch`, items.slice(0, 16));
    expect([status, new Set(body.map((item: { status: string }) => item.status))]).toEqual([
      200,
      new Set(['error']),
    ]);
    await expectNothingChanged();
  });

  it('for namespaces, by header and by path', async () => {
    const good = JSON.stringify({ query: 'q', documents: DOCUMENTS });
    const names = [
      'a/b',
      'a b',
      '.',
      '..',
      'a,b',
      '%61',
      'a%00',
      '%c0%ae',
      'a'.repeat(65),
      'ä',
      '\u00ff',
      '*',
    ];
    const statuses: unknown[] = [];
    for (const name of names) {
      const { status, body } = await app.post('/rerank', good, { 'X-NeuralCache-Namespace': name });
      statuses.push([name, status, body.error?.message]);
    }
    expect(statuses).toEqual(names.map((name) => [name, 400, 'Invalid namespace']));
    const paths = ['%61', 'a%2Fb', '%c0%ae', '%zz', 'a;b', 'a'.repeat(65), ''];
    const byPath = await Promise.all(
      paths.map(async (name) => (await speak(`POST /ns/${name}/rerank`, good)).slice(0, 12)),
    );
    expect(byPath).toEqual(paths.map(() => 'HTTP/1.1 400'));
    const twice = 'X-NeuralCache-Namespace: a\r\nX-NeuralCache-Namespace: a\r\n';
    expect(await speak('POST /rerank', good, twice)).toContain('Invalid namespace');
    expect(await speak(`POST /ns/b/rerank`, good, 'X-NeuralCache-Namespace: a\r\n')).toContain(
      'Invalid namespace',
    );
    await expectNothingChanged();
  });

  it('for bytes that are no text, packed or without an end', async () => {
    const head = (length: number | string, more = '') =>
      `POST /ns/${KNOWN}/rerank HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}Connection: close\r\n\r\n`;
    const talk = async (...parts: (string | Buffer)[]) => {
      const client = await RawClient.connect(app.port);
      for (const part of parts) client.send(part);
      return (await client.all()).slice(0, 12);
    };
    const surrogate = Buffer.from([...Buffer.from('{"query":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]);
    expect(await talk(head(surrogate.length), surrogate)).toBe('HTTP/1.1 400');
    const bomb = gzipSync(Buffer.alloc(20_000_000, 32));
    expect(await talk(head(bomb.length, 'Content-Encoding: gzip\r\n'), bomb)).toBe('HTTP/1.1 413');
    expect(await talk(head(10, 'Content-Encoding: gzip\r\n'), '0123456789')).toBe('HTTP/1.1 400');
    expect(await talk(head(2, 'Content-Encoding: zip\r\n'), '{}')).toBe('HTTP/1.1 415');
    expect(await talk(head(50), '{"query":')).toBe('HTTP/1.1 408');
    expect(await talk(head(100_001))).toBe('HTTP/1.1 413');
    await expectNothingChanged();
  });
});

/** One request on a connection of its own, as it is written here. */
async function speak(target: string, body: string, headers = ''): Promise<string> {
  const client = await RawClient.connect(app.port);
  const length = Buffer.byteLength(body);
  client.send(
    `${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${headers}Connection: close\r\n\r\n${body}`,
  );
  return client.all();
}

describe('odd, but right', () => {
  const ODD = ['__proto__', 'constructor', 'toString', '😀', 'a\u0000b', ' ', '漢字'];

  it('ids are ids like any other, in answers, in feedback and after a restart', async () => {
    const documents = ODD.map((id, index) => ({ id, text: DOCUMENTS[index]!.text }));
    for (const id of ['constructor', 'constructor', 'constructor', 'constructor']) {
      const { requestId, ids } = await app.rank('constructor', QUERY, { documents });
      expect([...ids].sort()).toEqual([...ODD].sort());
      const body = { request_id: requestId, selected_ids: [id] };
      expect((await app.feedback('constructor', body)).status).toBe(200);
    }
    const learned = await app.look('constructor', QUERY, { documents });
    expect((learned as { ids: string[] }).ids[0]).toBe('constructor');
    await app.stop();
    app = await home.start();
    expect(await app.look('constructor', QUERY, { documents })).toEqual(learned);
    expect((await app.look('__proto__', QUERY, { documents })) as object).not.toEqual(learned);
  });

  it('keys reach nothing they should not, and metadata comes back as it was sent', async () => {
    const body =
      '{"query":"q","__proto__":{"top_k":1,"learn":false},"constructor":{"prototype":{"x":1}},"documents":[' +
      '{"id":"a","text":"t","metadata":{"__proto__":{"y":2},"constructor":1}},{"id":"b","text":"u"}]}';
    const { status, text } = await app.post('/ns/keys/rerank', body);
    expect(status).toBe(200);
    expect(text).toContain('"metadata":{"__proto__":{"y":2},"constructor":1}');
    expect(JSON.parse(text).results).toHaveLength(2);
    expect([({} as { y?: number }).y, ({} as { x?: number }).x]).toEqual([undefined, undefined]);
    expect((await app.feedback('keys', { query: 'q', selected_ids: ['b'] })).status).toBe(200);
  });

  it('texts of no words, of half characters or of nothing are ranked and learned like others', async () => {
    const texts = ['', ' \t\n', '\ud800', '…!?', '\u0000', '漢字', 'plain words'];
    const documents = texts.map((text, index) => ({ id: `t${index}`, text }));
    for (const query of ['', '\udfff\ud800', '!!', 'not']) {
      for (const _ of [1, 2, 3]) {
        const { requestId, ids } = await app.rank('odd', query, { documents, mmr_lambda: 0 });
        expect(ids).toHaveLength(texts.length);
        expect((await app.feedback('odd', { request_id: requestId, selected_ids: ['t6'] })).status).toBe(200);
      }
    }
    const { body } = await app.rank('odd', '', { documents, explain: true });
    const numbers = JSON.stringify(body).match(/null|NaN/g);
    expect(numbers).toBeNull();
  });

  it('no documents are an answer without results that records nothing', async () => {
    const response = await app.post('/ns/none/rerank', { query: 'q', documents: [] });
    expect([response.status, response.body.results]).toEqual([200, []]);
    expect((await app.feedback('none', { query: 'q', selected_ids: [] })).status).toBe(404);
  });

  it('vectors of another dimension than the namespace’s first are refused, also after a restart', async () => {
    const sent = (length: number) => ({
      query: 'q',
      query_embedding: vector(length),
      documents: DOCUMENTS.map((document) => ({ ...document, embedding: vector(length) })),
    });
    expect((await app.post('/ns/pinned/rerank', sent(3))).status).toBe(200);
    expect((await app.post('/ns/pinned/rerank', sent(4))).status).toBe(422);
    expect((await app.post('/ns/free/rerank', sent(4))).status).toBe(200);
    await app.stop();
    app = await home.start();
    const { status, body } = await app.post('/ns/pinned/rerank', sent(4));
    expect([status, body.error.detail[0].loc]).toEqual([422, ['query_embedding']]);
    expect((await app.post('/ns/pinned/rerank', sent(3))).status).toBe(200);
  });
});
