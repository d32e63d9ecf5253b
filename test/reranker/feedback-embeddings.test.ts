import { describe, expect, it } from 'vitest';
import type { FeedbackRequest } from '../../src/reranker/request.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(6);

/** The narrative after a feedback on d1 given once the shown texts are forgotten. */
async function narrativeAfter(told: Partial<FeedbackRequest>, selected = ['d1']) {
  const test = new TestReranker({ memory: { narrativeAlpha: 1 } });
  const { requestId } = await test.ask('some query', LIST);
  await test.evict();
  expect(await test.tell(selected, { requestId, ...told })).toEqual({ outcome: 'applied' });
  return { narrative: (await test.namespace()).memory.narrative, encoder: test.encoder };
}

describe('embeddings at feedback', () => {
  it('are those of the shown texts while they are known', async () => {
    const test = new TestReranker({ memory: { narrativeAlpha: 1 } });
    await test.visit('some query', LIST, ['d1']);
    const [expected] = await test.encoder.encode([LIST[1].text]);
    expect((await test.namespace()).memory.narrative).toEqual(expected);
  });

  it('are missing after a restart: the evidence counts, the narrative learns nothing', async () => {
    expect((await narrativeAfter({})).narrative).toBeNull();
  });

  it('may be told as the best document’s text', async () => {
    const { narrative, encoder } = await narrativeAfter({ bestDocumentText: 'what was good' });
    expect(narrative).toEqual((await encoder.encode(['what was good']))[0]);
  });

  it('may be told as a vector of the key encoder’s dimension, of any length', async () => {
    const vector = new Array(32).fill(0).map((_, i) => (i === 3 ? 5 : 0));
    const { narrative } = await narrativeAfter({ bestDocumentEmbedding: vector });
    expect([...(narrative ?? [])].indexOf(1)).toBe(3);
    expect((await narrativeAfter({ bestDocumentEmbedding: [1, 2, 3] })).narrative).toBeNull();
  });

  it('are none for a text or vector that says nothing, or is beyond all bounds', async () => {
    expect((await narrativeAfter({ bestDocumentText: '!?' })).narrative).toBeNull();
    expect((await narrativeAfter({ bestDocumentEmbedding: new Array(32).fill(0) })).narrative).toBeNull();
    expect((await narrativeAfter({ bestDocumentEmbedding: new Array(32).fill(1e300) })).narrative).toBeNull();
  });

  it('only stand in: a known text wins over what is told', async () => {
    const test = new TestReranker({ memory: { narrativeAlpha: 1 } });
    const { requestId } = await test.ask('some query', LIST);
    await test.tell(['d1'], { requestId, bestDocumentText: 'a lie' });
    expect((await test.namespace()).memory.narrative).toEqual((await test.encoder.encode([LIST[1].text]))[0]);
  });

  it('are not asked for where nothing was selected', async () => {
    expect((await narrativeAfter({ bestDocumentText: 'what was good' }, [])).narrative).toBeNull();
  });
});
