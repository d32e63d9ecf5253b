import { describe, expect, it } from 'vitest';
import { type Change, StorageError } from '../../src/stores/store.js';
import { TestStore } from '../fixtures/fake-stores.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

/** Commits, but the answer to the next commit of a feedback gets lost on its way. */
class ForgetfulStore extends TestStore {
  losesAnswer = false;

  override async commit(namespace: string, changes: readonly Change[]): Promise<void> {
    await super.commit(namespace, changes);
    const isFeedback = changes.some((change) => 'put' in change && change.put.kind === 'used');
    if (!this.losesAnswer || !isFeedback) return;
    this.losesAnswer = false;
    throw new StorageError('io', 'the worker ended');
  }
}

describe('a feedback that was written although its answer was lost', () => {
  it('is refused once, then told as done, and memory knows it', async () => {
    const store = new ForgetfulStore();
    const test = new TestReranker({ store });
    const first = await test.ask('some query', documents(4));
    store.losesAnswer = true;
    expect(await test.tell(['d3'], { requestId: first.requestId })).toEqual({ outcome: 'failed' });
    expect(await test.tell(['d3'], { requestId: first.requestId })).toEqual({ outcome: 'duplicate' });
    const second = await test.ask('some query', documents(4));
    expect(await test.tell(['d3'], { requestId: second.requestId })).toEqual({ outcome: 'applied' });
    const namespace = await test.namespace();
    expect(namespace.feedbackTotal).toBe(2);
    const [cell] = namespace.memory.cells.sorted();
    expect(cell?.feedbacks).toBe(2);
  });
});
