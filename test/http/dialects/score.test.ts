import { describe, expect, it } from 'vitest';
import { ask, QUERY, TEXTS } from './asking.js';

describe('vLLM’s score API', () => {
  it.each([
    ['/score', { text_1: QUERY, text_2: TEXTS }],
    ['/v1/score', { queries: QUERY, documents: TEXTS }],
    ['/x/v2/score', { queries: QUERY, documents: TEXTS }],
    ['/vllm/score', { queries: [QUERY], items: TEXTS }],
    ['/score', { data_1: { content: [{ type: 'text', text: QUERY }] }, data_2: TEXTS }],
  ])('%s %j scores in the order that came', async (path, body) => {
    const asked = await ask(path, { model: 'm', ...body });
    expect(asked.body).toEqual({
      id: asked.id,
      object: 'list',
      created: 1_700_000_000,
      model: 'm',
      data: [0.5, 0, 0.75, 0.25].map((score, index) => ({ index, object: 'score', score })),
      usage: { prompt_tokens: 27, total_tokens: 27 },
    });
    expect(asked.request).toMatchObject({ learn: true, requestId: asked.id });
    expect(asked.services.counted[0]?.endpoint).toBe('/score');
  });

  it('many against many go pair by pair, a request for each query, without impressions', async () => {
    const { body, services, id } = await ask('/score', {
      text_1: ['red', 'sky', 'red'],
      text_2: ['red', 'red', 'sky'],
    });
    expect(body.data.map(({ score }: { score: number }) => score)).toEqual([0.25, 0, 0]);
    const asked = services.ranked.map(({ request }) => [
      request.query,
      request.candidates.length,
      request.learn,
    ]);
    expect(asked).toEqual([
      ['red', 2, false],
      ['sky', 1, false],
    ]);
    // Their scores stand in one list.
    expect(services.options).toEqual([{ oneScale: true, atOnce: 2 }]);
    expect(new Set([id, ...services.ranked.map(({ request }) => request.requestId)]).size).toBe(3);
  });

  it.each([
    [
      { text_1: ['a', 'b'], text_2: ['a', 'b', 'c'] },
      'queries must be one, or as many as the other side (3)',
    ],
    [{ text_1: 'a' }, 'documents is required'],
    [{ text_1: 'a', text_2: [] }, 'text_2 must not be empty'],
    [{ text_1: 'a', text_2: [1] }, 'text_2[0] must be a string or an object'],
    [{ text_1: 'a', text_2: ['a', 'b', 'c', 'd'] }, 'text_2 must have at most 3 items, not 4'],
    [[], 'the body must be an object'],
  ])('%j is refused', async (body, message) => {
    const asked = await ask('/score', body, {}, { dialectMaxDocuments: 3 });
    expect([asked.status, asked.body]).toEqual([
      400,
      { error: { message, type: 'BadRequestError', param: null, code: 400 } },
    ]);
  });
});
