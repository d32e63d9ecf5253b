import { describe, expect, it } from 'vitest';
import { FEEDBACK, listening, RANKING, setUpApp, TEXTS } from './admitted-app.js';
import { BODY, documents } from './harness.js';

describe('rates', () => {
  it.each(RANKING)(
    '%s over one is 429 with what holds and when to come again',
    async (path, body, messageOf) => {
      const { post, hold } = setUpApp();
      hold({ max_requests_per_second: 1 });
      const first = await post(path, body);
      expect([first.status, first.headers.ratelimit, first.headers['ratelimit-policy']]).toEqual([
        200,
        '"second";r=0;t=1',
        '"second";q=1;w=1',
      ]);
      const second = await post(path, body);
      expect([second.status, messageOf(second.body as never)]).toEqual([
        429,
        'Rate limit exceeded: 1 requests/second',
      ]);
      expect([second.headers.ratelimit, second.headers['retry-after']]).toEqual(['"second";r=0;t=1', '1']);
    },
  );

  it('hold for feedback too, and are shown once, also on errors', async () => {
    const { post, hold } = setUpApp();
    hold({ max_requests_per_second: 2 });
    const refused = await post('/rerank', { query: 'q' });
    expect([refused.status, refused.headers.ratelimit]).toEqual([422, '"second";r=1;t=1']);
    expect((await post('/feedback', FEEDBACK)).headers['x-neuralcache-quota-warning']).toBe(
      'max_requests_per_second;u=1',
    );
    const last = await post('/feedback', FEEDBACK);
    expect([last.status, last.body.error]).toEqual([
      429,
      {
        code: 'RATE_LIMITED',
        message: 'Rate limit exceeded: 2 requests/second',
        detail: { quota: 'max_requests_per_second', namespace: 'acme' },
      },
    ]);
  });

  it('count each item of a batch, all or none', async () => {
    const { services, post, hold } = setUpApp();
    hold({ max_requests_per_second: 5 });
    const three = [BODY, BODY, BODY];
    expect((await post('/rerank/batch', three)).headers.ratelimit).toBe('"second";r=2;t=1');
    const second = await post('/rerank/batch', three);
    expect([second.status, second.headers.ratelimit]).toEqual([429, '"second";r=1;t=1']);
    expect(services.ranked).toHaveLength(3);
    const pairs = { text_1: ['a', 'b'], text_2: ['c', 'd'] };
    expect((await post('/score', pairs)).status).toBe(429);
    services.clock.advance(1000);
    expect((await post('/feedback/batch', [FEEDBACK, FEEDBACK])).status).toBe(429);
    expect(services.feedbacks).toEqual([]);
  });

  it('of callers hold in all namespaces together', async () => {
    const { post } = setUpApp({ ratePerMinute: 2 });
    const statuses = [];
    for (const name of ['a', 'b', 'c']) statuses.push((await post('/rerank', BODY, name)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('of other namespaces are their own', async () => {
    const { post, hold } = setUpApp();
    hold({ max_requests_per_second: 1 });
    await post('/rerank', BODY);
    await post('/rerank', BODY);
    const other = await post('/rerank', BODY, 'other');
    expect([other.status, other.headers.ratelimit]).toEqual([200, undefined]);
  });
});

describe('sizes', () => {
  const EXCEEDED: readonly [string, object, string][] = [
    ['/rerank', { ...BODY, top_k: 6 }, 'Query limit exceeds maximum: 6 > 5'],
    ['/v1/rerank', { ...TEXTS, top_n: 6 }, 'Query limit exceeds maximum: 6 > 5'],
    [
      '/v1/rerank',
      { query: 'q', documents: ['1', '2', '3', '4', '5', '6'] },
      'Query limit exceeds maximum: 6 > 5',
    ],
    ['/score', { text_1: 'q', text_2: ['1', '2', '3', '4', '5', '6'] }, 'Query limit exceeds maximum: 6 > 5'],
    ['/rerank/batch', [BODY, BODY, BODY], 'Batch size exceeds limit: 3 > 2'],
    ['/rerank/batch', { requests: new Array(20).fill(BODY) }, 'Batch size exceeds limit: 20 > 2'],
    ['/feedback/batch', [FEEDBACK, FEEDBACK, FEEDBACK], 'Batch size exceeds limit: 3 > 2'],
    ['/score', { text_1: ['a', 'b', 'c'], text_2: ['a', 'b', 'c'] }, 'Batch size exceeds limit: 3 > 2'],
    [
      '/rerank',
      { query: 'q', query_embedding: [1, 0, 0], documents: [{ id: 'a', text: 'a', embedding: [1, 0, 0] }] },
      'Vector dimension exceeds limit: 3 > 2',
    ],
    ['/feedback', { ...FEEDBACK, best_doc_embedding: [1, 0, 0] }, 'Vector dimension exceeds limit: 3 > 2'],
  ];

  it.each(EXCEEDED)('%s with %o: %3$s', async (path, body, message) => {
    const { services, post, hold } = setUpApp();
    hold({ max_results_per_query: 5, max_batch_size: 2, max_dimension: 2 });
    const { status, body: answer } = await post(path, body);
    expect([status, answer.error?.message ?? answer.message]).toEqual([
      /^\/(rerank|feedback)/.test(path) ? 422 : 400,
      message,
    ]);
    expect([services.ranked, services.feedbacks]).toEqual([[], []]);
  });

  it('that are not said adapt to what is allowed', async () => {
    const { post, hold } = setUpApp();
    hold({ max_results_per_query: 2 });
    const { status, body } = await post('/rerank', { query: 'q', documents: documents(20) });
    expect([status, body.results.length]).toEqual([200, 2]);
  });

  it('native errors say where', async () => {
    const { post, hold } = setUpApp();
    hold({ max_results_per_query: 5 });
    const { body } = await post('/rerank/batch', [BODY, { ...BODY, top_k: 6 }]);
    expect(body.error.detail).toEqual([
      { loc: [1, 'top_k'], msg: 'must be at most 5, not 6', type: 'quota' },
    ]);
  });
});

describe('concurrent queries', () => {
  it('count what is scored at once of a call', async () => {
    const { services, post, hold, admission } = setUpApp();
    hold({ max_concurrent_queries: 3 });
    let inside = 0;
    services.onRank = () => {
      inside = admission.uses('acme')[0]!.used;
    };
    expect((await post('/rerank/batch', Array(5).fill(BODY))).status).toBe(200);
    expect([services.options.at(-1), inside]).toEqual([{ atOnce: 3 }, 3]);
    await post('/score', { text_1: ['red', 'blue'], text_2: ['red', 'blue'] });
    expect([services.options.at(-1), inside]).toEqual([{ oneScale: true, atOnce: 2 }, 2]);
    expect(admission.uses('acme')[0]!.used).toBe(0);
  });
});

describe('connections over the quota', () => {
  it('are refused and closed', async () => {
    const { catalog, services, hold } = setUpApp();
    hold({ max_connections: 0 });
    await using server = await listening(services);
    const { text } = await server.send('/rerank', BODY);
    expect(text).toContain('Connection limit exceeded: 0 / 0');
    expect(text.toLowerCase()).toContain('connection: close');
    expect(catalog.refused).toEqual(['max_connections']);
  });
});
