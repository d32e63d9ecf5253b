import type { Response } from 'supertest';
import { expect } from 'vitest';
import type { AppOptions } from '../../../src/http/options.js';
import type { RerankRequest } from '../../../src/reranker/request.js';
import { undescribed } from '../description/described-answer.js';
import type { FakeServices } from '../fake-services.js';
import { harness } from '../harness.js';

/** By words of the query, 2 matches best (.75), then 0 (.5), then 3 (.25), then 1 (0). */
export const QUERY = 'red ripe apple';
export const TEXTS = ['ripe apple', 'blue sky', 'red ripe apple', 'an apple'] as const;
export const ORDER = [2, 0, 3, 1] as const;
export const SCORES = [0.75, 0.5, 0.25, 0] as const;

export interface Asked {
  readonly response: Response;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many APIs
  readonly body: any;
  readonly status: number;
  readonly services: FakeServices;
  /** What reached the reranker. */
  readonly request: RerankRequest | undefined;
  readonly id: string;
}

/**
 * Sends a body to the real app over a ranker that gives a quarter for each word found. Whatever is answered has to be
 * described.
 */
export async function ask(
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  options: Partial<AppOptions> = {},
  prepare: (services: FakeServices) => void = () => {},
): Promise<Asked> {
  const { client, services } = harness(options);
  services.perWord = 0.25;
  prepare(services);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await client
    .post(path)
    .set({ 'Content-Type': 'application/json', ...headers })
    .send(text);
  const { status, headers: answered, body: answer } = response;
  expect(undescribed('POST', path, { status, headers: answered, body: answer })).toEqual([]);
  return {
    response,
    body: response.body,
    status: response.status,
    services,
    request: services.ranked[0]?.request,
    id: String(response.headers['x-request-id']),
  };
}

/** Rows as most dialects have them, with what else each is to carry. */
export function rows(more: (index: number) => object = () => ({}), key = 'relevance_score'): object[] {
  return ORDER.map((index, rank) => ({ index, [key]: SCORES[rank], ...more(index) }));
}
