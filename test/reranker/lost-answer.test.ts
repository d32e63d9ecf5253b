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
    expect(namespace.figures.counters.feedback_total).toBe(2);
    const [cell] = namespace.memory.cells.sorted();
    expect(cell?.feedbacks).toBe(2);
  });
});

describe('state that has to be read anew', () => {
  /** A namespace that knows three feedbacks, and whose writes wait until `goOn`. */
  async function hold() {
    const store = new TestStore();
    const test = new TestReranker({ store });
    await test.visit('some query', documents(4), ['d3'], { times: 3 });
    const { requestId } = await test.ask('some query', documents(4));
    const namespace = await test.namespace();
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const isHeld = new Promise<void>((resolve) => {
      void namespace.exclusive(() => {
        resolve();
        return held;
      });
    });
    await isHeld;
    /** Forgets the state, and cannot read it before the writes that wait had their turn. */
    const invalidate = (): void => {
      store.failing.add('load');
      namespace.invalidate();
      goOn();
    };
    const readAgain = async (): Promise<void> => {
      store.failing.clear();
      test.clock.advance(5000);
      await namespace.flush();
    };
    return { test, namespace, requestId, invalidate, readAgain };
  }

  it('is not replaced by what a feedback that waited meanwhile makes of nothing', async () => {
    const { test, namespace, requestId, invalidate, readAgain } = await hold();
    const told = test.tell(['d3'], { requestId });
    await Promise.resolve();
    invalidate();
    expect(await told).toEqual({ outcome: 'failed' });
    await readAgain();
    expect(namespace.memory.snapshot.feedbacks).toBe(3);
    expect(namespace.memory.cells.sorted()[0]?.feedbacks).toBe(3);
    expect(await test.tell(['d3'], { requestId })).toEqual({ outcome: 'applied' });
    expect(namespace.memory.snapshot.feedbacks).toBe(4);
  });

  it('is not replaced by a flush that waited meanwhile', async () => {
    const { namespace, invalidate, readAgain } = await hold();
    // A dimension that is to be written: its record holds the narrative too.
    namespace.record({ kind: 'impression', key: 'i', value: '{}' }, 5);
    const flushed = namespace.flush().catch((error: StorageError) => error.failure);
    await new Promise((resolve) => setImmediate(resolve));
    invalidate();
    expect(await flushed).toBe('io');
    await readAgain();
    expect(namespace.memory.snapshot.feedbacks).toBe(3);
    expect(namespace.memory.snapshot.wide.vector).not.toBeNull();
  });
});
