import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchQueue, type Queued } from '../../src/inference/batch-queue.js';

interface Item extends Queued {
  readonly name: string;
}

const item = (name: string, { namespace = 'a', model = 'm', tokens = 8 } = {}): Item => ({
  name,
  namespace,
  model,
  tokens,
});

function queueOf(items: readonly Item[], maxInputs = 1000): BatchQueue<Item> {
  const queue = new BatchQueue<Item>(maxInputs);
  for (const one of items) expect(queue.add(one)).toBe(true);
  return queue;
}

/** All batches, as names. */
function drain(queue: BatchQueue<Item>, most = 100, maxTokens = 32): string[][] {
  const batches: string[][] = [];
  while (queue.size > 0) batches.push(queue.take(most, () => maxTokens).map(({ name }) => name));
  return batches;
}

describe('batches', () => {
  it('hold as many inputs as have room, padding counted, oldest first', () => {
    const queue = queueOf(['1', '2', '3', '4', '5'].map((name) => item(name)));
    expect(drain(queue)).toEqual([['1', '2', '3', '4'], ['5']]);
  });

  it('pad to the longest of them', () => {
    // Two of 7 tokens and one of 8: 3 · 8 = 24.
    const queue = queueOf([item('1', { tokens: 7 }), item('2', { tokens: 7 }), item('3', { tokens: 8 })]);
    expect(drain(queue, 100, 23)).toEqual([['1', '2'], ['3']]);
  });

  it('have no more inputs than are asked for', () => {
    expect(drain(queueOf([item('1'), item('2'), item('3')]), 2)).toEqual([['1', '2'], ['3']]);
  });

  it('are of like length, the oldest text first', () => {
    const queue = queueOf([item('long', { tokens: 31 }), item('short'), item('long too', { tokens: 30 })]);
    expect(drain(queue, 100, 64)).toEqual([['long', 'long too'], ['short']]);
  });

  it('begin with the oldest text, whatever was taken before', () => {
    const queue = queueOf([item('1'), item('long', { tokens: 31 }), item('3')]);
    expect(drain(queue, 1)).toEqual([['1'], ['long'], ['3']]);
  });

  it('are of one model', () => {
    const queue = queueOf([item('1'), item('2', { model: 'n' }), item('3')]);
    expect(drain(queue)).toEqual([['1', '3'], ['2']]);
  });

  it('hold an input that is longer than a batch alone', () => {
    const queue = queueOf([item('1', { tokens: 100 }), item('2', { tokens: 100 })]);
    expect(drain(queue)).toEqual([['1'], ['2']]);
  });

  it('are none where nothing waits', () => {
    expect(queueOf([]).take(1, () => 32)).toEqual([]);
  });
});

describe('namespaces', () => {
  it('take turns, however many one has brought', () => {
    const flood = Array.from({ length: 6 }, (_, index) => item(`a${index}`, { tokens: 32 }));
    const queue = queueOf([
      ...flood,
      item('b', { namespace: 'b' }),
      item('c', { namespace: 'c', tokens: 16 }),
    ]);
    expect(drain(queue).map((batch) => batch.join())).toEqual(['a0', 'b', 'c', 'a1', 'a2', 'a3', 'a4', 'a5']);
  });

  it('share a batch evenly', () => {
    const queue = queueOf([
      ...['a1', 'a2', 'a3'].map((name) => item(name)),
      ...['b1', 'b2', 'b3'].map((name) => item(name, { namespace: 'b' })),
    ]);
    expect(drain(queue)).toEqual([
      ['a1', 'b1', 'a2', 'b2'],
      ['b3', 'a3'],
    ]);
  });

  it('may each have as many waiting as there are places left', () => {
    const queue = new BatchQueue<Item>(12);
    const fill = (namespace: string) => {
      let count = 0;
      while (queue.add(item('x', { namespace }))) count += 1;
      return count;
    };
    // 6 + 6 free; then 3 + 3 free; then 2 (1 free); and the first, which has 6, gets none.
    expect([fill('a'), fill('b'), fill('c'), fill('a')]).toEqual([6, 3, 2, 0]);
  });
});

describe('inputs', () => {
  it('that were taken out free their place', () => {
    const gone = item('gone');
    const queue = queueOf([gone, item('2')], 4);
    expect(queue.add(item('3'))).toBe(false);
    expect(queue.remove(gone)).toBe(true);
    expect(queue.remove(gone)).toBe(false);
    expect(queue.add(item('3'))).toBe(true);
    expect(drain(queue)).toEqual([['2', '3']]);
  });

  it('that were put back come first, as they were', () => {
    const [first, second, third] = [item('1', { tokens: 32 }), item('2'), item('3')];
    const queue = queueOf([item('later')]);
    queue.putBack([first, second]);
    queue.putBack([third]);
    expect(queue.size).toBe(4);
    queue.remove(second);
    expect(drain(queue)).toEqual([['1'], ['3'], ['later']]);
    queue.putBack([third]);
    queue.remove(third);
    expect(drain(queue)).toEqual([]);
  });

  it('come out all at once when the queue is cleared', () => {
    const queue = queueOf([item('1'), item('2', { namespace: 'b' })]);
    queue.putBack([item('0')]);
    expect(queue.clear().map(({ name }) => name)).toEqual(['1', '2', '0']);
    expect(drain(queue)).toEqual([]);
  });

  it('come out once each, whatever is added, taken and removed, within every bound', () => {
    const command = fc.record({
      what: fc.constantFrom('add', 'add', 'add', 'take', 'remove', 'putBack'),
      namespace: fc.constantFrom('a', 'b', 'c'),
      model: fc.constantFrom('m', 'n'),
      tokens: fc.integer({ min: 1, max: 40 }),
      place: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const queue = new BatchQueue<Item>(16);
        const waiting = new Set<Item>();
        let taken: Item[] = [];
        const take = () => {
          taken = queue.take(5, () => 48);
          const longest = Math.max(0, ...taken.map(({ tokens }) => tokens));
          expect(taken.length).toBeLessThanOrEqual(5);
          if (taken.length > 1) expect(taken.length * longest).toBeLessThanOrEqual(48);
          expect(new Set(taken.map(({ model }) => model)).size).toBeLessThanOrEqual(1);
          for (const one of taken) expect(waiting.delete(one)).toBe(true);
        };
        for (const { what, place, ...rest } of commands) {
          const one = item('x', rest);
          if (what === 'add' && queue.add(one)) waiting.add(one);
          else if (what === 'take') take();
          else if (what === 'remove' && waiting.size > 0) {
            const victim = [...waiting][place % waiting.size]!;
            expect(queue.remove(victim)).toBe(true);
            waiting.delete(victim);
          } else if (what === 'putBack' && taken.length > 0) {
            queue.putBack(taken);
            for (const again of taken) waiting.add(again);
            taken = [];
          }
          expect(queue.size).toBe(waiting.size);
        }
        while (queue.size > 0) take();
        expect(waiting.size).toBe(0);
      }),
    );
  });
});
