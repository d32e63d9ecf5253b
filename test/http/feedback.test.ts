import { describe, expect, it } from 'vitest';
import { BOOM } from './fake-services.js';
import { harness } from './harness.js';

const FEEDBACK = { request_id: 'r', selected_ids: ['a'] };

describe('POST /feedback', () => {
  it('answers ok and hands everything on', async () => {
    const { client, services } = harness();
    const response = await client.post('/ns/shop/feedback').send({
      query: 'q',
      request_id: 'r',
      selected_ids: ['a', '__proto__'],
      success: 0.5,
      best_doc_text: 't',
      best_doc_embedding: [1, 2],
    });
    expect([response.status, response.text]).toEqual([200, '{"status":"ok"}']);
    expect(services.feedbacks).toEqual([
      {
        namespace: 'shop',
        request: {
          query: 'q',
          requestId: 'r',
          selectedIds: ['a', '__proto__'],
          success: 0.5,
          signal: expect.any(Function),
          bestDocumentText: 't',
          bestDocumentEmbedding: [1, 2],
          source: undefined,
        },
      },
    ]);
    expect(services.outcomes).toEqual(['applied']);
  });

  it('an empty selection is a statement, and success is 1 unless said', async () => {
    const { client, services } = harness();
    expect((await client.post('/v1/feedback').send({ query: 'q', selected_ids: [] })).status).toBe(200);
    expect(services.feedbacks[0]?.request).toMatchObject({
      selectedIds: [],
      success: 1,
      requestId: undefined,
    });
  });

  it.each([
    ['applied', 200, undefined],
    ['duplicate', 200, undefined],
    ['ignored_source', 200, undefined],
    ['unknown', 404, 'NOT_FOUND'],
    ['invalid', 422, 'VALIDATION_ERROR'],
    ['failed', 503, 'UNAVAILABLE'],
  ] as const)('outcome %s is answered %i', async (outcome, status, code) => {
    const { client, services } = harness();
    services.outcome = outcome;
    const response = await client.post('/feedback').send(FEEDBACK);
    expect(response.status).toBe(status);
    expect(response.body.error?.code).toBe(code);
    expect(response.headers['retry-after']).toBe(outcome === 'failed' ? '5' : undefined);
    expect(services.outcomes).toEqual([outcome]);
  });

  it.each([
    ['a list', [], [], 'dict_type'],
    ['no selected_ids', { query: 'q' }, ['selected_ids'], 'missing'],
    ['selected_ids a string', { query: 'q', selected_ids: 'a' }, ['selected_ids'], 'list_type'],
    ['a numeric id', { query: 'q', selected_ids: ['a', 3] }, ['selected_ids', 1], 'string_type'],
    ['an empty id', { query: 'q', selected_ids: [''] }, ['selected_ids', 0], 'string_too_short'],
    ['too many ids', { query: 'q', selected_ids: Array(2049).fill('a') }, ['selected_ids'], 'too_long'],
    ['neither query nor request_id', { selected_ids: ['a'] }, ['query'], 'missing'],
    ['request_id a number', { request_id: 1, selected_ids: [] }, ['request_id'], 'string_type'],
    [
      'request_id too long',
      { request_id: 'x'.repeat(513), selected_ids: [] },
      ['request_id'],
      'string_too_long',
    ],
    ['query a number', { query: 1, selected_ids: [] }, ['query'], 'string_type'],
    ['success above 1', { ...FEEDBACK, success: 1.1 }, ['success'], 'less_than_equal'],
    ['success below 0', { ...FEEDBACK, success: -1 }, ['success'], 'greater_than_equal'],
    ['success a boolean', { ...FEEDBACK, success: true }, ['success'], 'float_type'],
    [
      'best_doc_text too long',
      { ...FEEDBACK, best_doc_text: 'x'.repeat(8193) },
      ['best_doc_text'],
      'string_too_long',
    ],
    [
      'best_doc_embedding empty',
      { ...FEEDBACK, best_doc_embedding: [] },
      ['best_doc_embedding'],
      'too_short',
    ],
  ])('%s is a 422 that says where', async (_title, body, loc, type) => {
    const { client, services } = harness();
    const response = await client.post('/feedback').send(body);
    expect(response.status).toBe(422);
    expect(response.body.error.detail[0]).toMatchObject({ loc, type });
    expect(services.feedbacks).toEqual([]);
  });
});

describe('the source of a feedback', () => {
  it('is the caller with the header, and only where the header is sent', async () => {
    const { client, services } = harness({ apiTokens: ['first', 'second'] });
    for (const token of ['first', 'second', 'first']) {
      await client
        .post('/feedback')
        .auth(token, { type: 'bearer' })
        .set('X-NeuralCache-Source', 'u1')
        .send(FEEDBACK);
    }
    await client.post('/feedback').auth('first', { type: 'bearer' }).send(FEEDBACK);
    const [one, two, again, none] = services.feedbacks.map(({ request }) => request.source);
    expect(one).toMatch(/^token:[0-9a-f]{16}\/u1$/);
    expect(two).not.toBe(one);
    expect(again).toBe(one);
    expect(none).toBeUndefined();
  });

  it('cannot be taken from the body', async () => {
    const { client, services } = harness();
    await client.post('/feedback').send({ ...FEEDBACK, source: 'u1' });
    expect(services.feedbacks[0]?.request.source).toBeUndefined();
  });

  it('has a bounded length', async () => {
    const { client } = harness();
    const response = await client
      .post('/feedback')
      .set('X-NeuralCache-Source', 'u'.repeat(257))
      .send(FEEDBACK);
    expect(response.status).toBe(400);
  });
});

describe('POST /feedback/batch', () => {
  it('answers a status per item in order, one failure not stopping the rest', async () => {
    const { client, services } = harness();
    const response = await client
      .post('/feedback/batch')
      .send([
        FEEDBACK,
        { selected_ids: 1 },
        { ...FEEDBACK, request_id: 'gone' },
        { query: 'q', selected_ids: [] },
      ]);
    expect(response.status).toBe(200);
    expect(response.body.map(({ status }: { status: string }) => status)).toEqual([
      'ok',
      'error',
      'error',
      'ok',
    ]);
    expect(response.body[1].error.code).toBe('VALIDATION_ERROR');
    expect(response.body[1].error.detail[0].loc).toEqual([1, 'query']);
    expect(response.body[2].error).toMatchObject({ code: 'NOT_FOUND', detail: null });
    expect(services.feedbacks).toHaveLength(3);
  });

  it('a fault of ours in one item is logged and says nothing', async () => {
    const { client, services } = harness();
    const response = await client
      .post('/feedback/batch')
      .send([{ ...FEEDBACK, best_doc_text: BOOM }, FEEDBACK]);
    expect(response.body[0].error).toEqual({
      code: 'INTERNAL_ERROR',
      message: 'Internal error',
      detail: null,
    });
    expect(response.body[1]).toEqual({ status: 'ok' });
    expect(services.logged.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('too many items or no list refuse the whole', async () => {
    const { client, services } = harness({ maxBatchSize: 2 });
    expect((await client.post('/feedback/batch').send([FEEDBACK, FEEDBACK, FEEDBACK])).status).toBe(422);
    expect((await client.post('/feedback/batch').send(FEEDBACK)).status).toBe(422);
    expect(services.feedbacks).toEqual([]);
  });
});
