import { describe, expect, it } from 'vitest';
import type { KnownQuery } from '../../src/namespaces/query-memo.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(12);

/** All buffers that are held by something. */
function buffersOf(held: unknown, found = new Set<unknown>()): Set<unknown> {
  if (ArrayBuffer.isView(held)) found.add(held.buffer);
  else if (typeof held === 'object' && held !== null)
    for (const part of Object.values(held)) buffersOf(part, found);
  return found;
}

async function afterAsking(...lists: (typeof LIST)[]) {
  const test = new TestReranker();
  const known: KnownQuery[] = [];
  const keys: KnownQuery['keyed'][] = [];
  for (const list of lists) {
    await test.reranker.rerank('one', [{ ...test.request('some query', list), mmrLambda: 0.5 }]);
    const query = (await test.namespace()).queries.get('some query')!;
    known.push(query);
    keys.push(query.keyed);
  }
  return { known, keys };
}

describe('a query that is remembered', () => {
  it('holds its own vector and its key’s, and those of no text', async () => {
    const { known } = await afterAsking(LIST);
    const [query] = known;
    expect(query!.keyed?.similarities).not.toBeNull();
    expect(query!.keyed?.best).toHaveLength(10);
    expect(buffersOf(query)).toEqual(new Set([query!.embedding.buffer, query!.keyed!.key!.buffer]));
    expect(buffersOf(query).size).toBe(2);
  });

  it('keeps its key while its best texts are the same, though their vectors are made anew', async () => {
    const { keys } = await afterAsking(LIST, LIST, LIST, LIST.slice(1));
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).toBe(keys[0]);
    expect(keys[3]).not.toBe(keys[0]);
  });
});
