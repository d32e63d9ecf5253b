import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESCRIPTION, undescribed } from '../http/description/described-answer.js';
import { AppHome } from './app-home.js';
import type { RunningApp } from './running-app.js';

let home: AppHome;
let app: RunningApp;

beforeAll(async () => {
  home = new AppHome();
  app = await home.start({ ADMIN_TOKENS: 'root' });
});
afterAll(() => home.remove());

/** What manages namespaces needs some that exist: `life.test.ts` holds its answers to the description. */
const PATHS = Object.entries(DESCRIPTION.paths!).filter(
  ([path]) => !path.startsWith('/admin/') || path === '/admin/cache/purge',
);

/** The first example of each operation with a body, with names for what stands in braces. */
const EXAMPLES = PATHS.flatMap(([path, { post }]) => {
  if (post === undefined) return [];
  const { content } = post.requestBody as {
    content: Record<string, { example?: object; examples?: object }>;
  };
  const { example, examples = {} } = content['application/json']!;
  const [first] = Object.values(examples) as { $ref: string }[];
  const named = first && DESCRIPTION.components!.examples![first.$ref.split('/').at(-1)!];
  return [[path, example ?? (named as { value: object }).value] as const];
});

describe('the whole program', () => {
  it.each(EXAMPLES)('answers as described on %s', async (path, body) => {
    const url = path.replaceAll(/\{[^}]+\}/g, 'some');
    for (const sent of [body, Array.isArray(body) ? [7] : { ...body, query: 7, queries: 7, request_id: 7 }]) {
      const {
        status,
        headers,
        body: answer,
      } = await app.post(url, sent, {
        'X-NeuralCache-Explain': 'true',
        'x-api-key': 'root',
      });
      // Of a request that is not known here; and purging takes no mistake but its own.
      const isRight = sent === body && !path.endsWith('/feedback');
      expect([path, isRight ? status : 0]).toEqual([path, isRight ? 200 : 0]);
      expect(undescribed('POST', url, { status, headers, body: answer })).toEqual([]);
    }
  });

  it.each(PATHS.filter(([, { get }]) => get !== undefined))('answers as described on %s', async (path) => {
    const url = path.replaceAll(/\{[^}]+\}/g, 'some');
    const { status, headers, body, text } = await app.client.get(url);
    expect(status).toBe(200);
    const answer = { status, headers, body: path === '/docs' ? text : body };
    expect(undescribed('GET', url, answer)).toEqual([]);
  });

  it('explains itself as described once memory has something to say', async () => {
    await app.teach('described', 'boats on the water', ['d7'], 3);
    const { status, headers, body } = await app.post(
      '/rerank',
      {
        query: 'boats on the water',
        documents: [
          { id: 'd0', text: 'ships at sea' },
          { id: 'd7', text: 'songs of the harbour' },
        ],
        explain: true,
      },
      { 'X-NeuralCache-Namespace': 'described' },
    );
    expect(body.debug.explain.neighbours.length).toBeGreaterThan(0);
    expect(undescribed('POST', '/rerank', { status, headers, body })).toEqual([]);
  });
});
