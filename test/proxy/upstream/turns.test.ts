import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/proxy/upstream/turns.js';

const patient = new AbortController().signal;

/** Work that ends when it is told to, and notes that it began. */
function work(turns: Turns, began: string[], namespace: string, name: string, signal = patient) {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const done = turns.take(namespace, signal, () => {
    began.push(name);
    return ended;
  });
  done.catch(() => undefined);
  return { end, done };
}

describe('turns', () => {
  it('go round among namespaces, in order within each', async () => {
    const [turns, began] = [new Turns(1, 20), [] as string[]];
    const names = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'];
    const works = new Map(names.map((name) => [name, work(turns, began, name[0]!, name)]));
    const inOrder = ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'];
    for (const name of inOrder) {
      works.get(name)!.end();
      await works.get(name)!.done;
    }
    expect(began).toEqual(inOrder);
  });

  it('are as many at once as there are places, whatever the work comes to', async () => {
    const [turns, began] = [new Turns(2, 20), [] as string[]];
    const failing = turns.take('a', patient, () => Promise.reject(new Error('no')));
    const others = ['1', '2', '3'].map((name) => work(turns, began, name, name));
    expect(began).toEqual(['1']);
    await expect(failing).rejects.toThrow('no');
    expect(began).toEqual(['1', '2']);
    for (const { end } of others) end();
    await Promise.all(others.map(({ done }) => done));
    expect(began).toEqual(['1', '2', '3']);
  });

  it.each([
    [16, 12],
    [4, 3],
    [2, 1],
  ])('of %i are had by one namespace up to %i, whatever it does with them', async (places, most) => {
    const [turns, began] = [new Turns(places, 1000), [] as string[]];
    const hanging = Array.from({ length: 100 }, (_, n) => work(turns, began, 'a', `a${n}`));
    expect(began).toHaveLength(most);
    const other = work(turns, began, 'b', 'b');
    expect(began.at(-1)).toBe('b');
    hanging[0]!.end();
    await hanging[0]!.done;
    expect(began.at(-1)).toBe(`a${most}`);
    other.end();
    await other.done;
    expect(began).toHaveLength(most + 2);
    for (const { end } of hanging) end();
    await Promise.all(hanging.map(({ done }) => done));
    expect(began).toHaveLength(101);
  });

  it('are refused where the queue is full, to one namespace where half of it is its own', async () => {
    const [turns, began] = [new Turns(1, 4), [] as string[]];
    const works = ['a', 'a', 'a', 'a', 'b', 'c', 'c'].map((name, n) =>
      work(turns, began, name, `${name}${n}`),
    );
    const states = works.map(({ done }) =>
      done.then(
        () => 'done',
        (error) => error.failure,
      ),
    );
    expect(await states[3]).toBe('overloaded');
    expect(await states[6]).toBe('overloaded');
    for (const { end } of works) end();
    expect(await Promise.all(states)).toEqual([
      'done',
      'done',
      'done',
      'overloaded',
      'done',
      'done',
      'overloaded',
    ]);
  });

  it('of those who left are never taken', async () => {
    const [turns, began] = [new Turns(1, 4), [] as string[]];
    const first = work(turns, began, 'a', 'first');
    const leaving = new AbortController();
    const left = work(turns, began, 'a', 'left', leaving.signal);
    const last = work(turns, began, 'a', 'last');
    leaving.abort();
    await expect(left.done).rejects.toMatchObject({ failure: 'late' });
    await expect(work(turns, began, 'a', 'late', leaving.signal).done).rejects.toMatchObject({
      failure: 'late',
    });
    first.end();
    last.end();
    await last.done;
    expect(began).toEqual(['first', 'last']);
    const again = work(turns, began, 'b', 'again');
    again.end();
    await again.done;
  });
});
