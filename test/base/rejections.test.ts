import { describe, expect, it } from 'vitest';
import { allEnded, inParallel } from '../../src/base/rejections.js';

/** Work that ends when it is told to. */
function work<T>() {
  let end!: (value: T) => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<T>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { promise, end, fail };
}

describe('all work, ended', () => {
  it.each([[[]], [[1]], [[1, 2, 3]]])('gives the results of %j in order', async (values) => {
    expect(await allEnded(values.map((value) => Promise.resolve(value)))).toEqual(values);
  });

  it('rejects as the first in order, once nothing goes on', async () => {
    const [first, second, third] = [work<number>(), work<number>(), work<number>()];
    let outcome: unknown = 'waiting';
    const all = allEnded([first.promise, second.promise, third.promise]).catch((error: Error) => {
      outcome = error.message;
    });
    third.fail(new Error('third'));
    second.fail(new Error('second'));
    await Promise.allSettled([second.promise, third.promise]);
    expect(outcome).toBe('waiting');
    first.end(1);
    await all;
    expect(outcome).toBe('second');
  });

  it('rejects as a single one does', async () => {
    await expect(allEnded([Promise.reject(new Error('alone'))])).rejects.toThrow('alone');
  });
});

describe('work in parallel', () => {
  it.each([[[]], [[5]], [[5, 6, 7]]])('is done for each of %j, with its place', async (items) => {
    const results = await inParallel(items, 2, async (item, index) => [item, index]);
    expect(results).toEqual(items.map((item, index) => [item, index]));
  });

  it('begins nothing more after a failure', async () => {
    const begun: number[] = [];
    const all = inParallel([1, 2, 3], 1, async (item) => {
      begun.push(item);
      if (item === 2) throw new Error('two');
    });
    await expect(all).rejects.toThrow('two');
    expect(begun).toEqual([1, 2]);
  });

  it('rejects for a single item as for many', async () => {
    const fails = async () => {
      throw new Error('alone');
    };
    await expect(inParallel([1], 2, fails)).rejects.toThrow('alone');
  });
});
