import { describe, expect, it, vi } from 'vitest';
import { NOBODY, type Waiter, WaitingLine } from '../../src/admission/waiting-line.js';

/** Gets through while `open` says so, and then leaves. */
function waiter(line: WaitingLine, name: string, through: string[], open: () => boolean): Waiter {
  const self: Waiter = {
    retry() {
      if (!open()) return false;
      through.push(name);
      line.leave(self);
      return true;
    },
  };
  return self;
}

describe('a line', () => {
  it('lets the first ones through until one has to stay', () => {
    const line = new WaitingLine(10);
    const through: string[] = [];
    let room = 2;
    for (const name of ['a', 'b', 'c']) line.join(waiter(line, name, through, () => room-- > 0));
    line.advance();
    expect([through, line.size]).toEqual([['a', 'b'], 1]);
  });

  it('is bounded', () => {
    const line = new WaitingLine(1);
    expect(line.join(waiter(line, 'a', [], () => false))).toBe(true);
    expect(line.join(waiter(line, 'b', [], () => false))).toBe(false);
  });

  it('lets the next one try at once when the first gives up, but not when another does', () => {
    const line = new WaitingLine(10);
    const through: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => waiter(line, name, through, () => name !== 'a'));
    for (const one of [a!, b!, c!]) line.join(one);
    line.leave(c!);
    expect(through).toEqual([]);
    line.leave(a!);
    expect(through).toEqual(['b']);
  });

  it('puts everybody behind those who wait already', () => {
    const line = new WaitingLine(10);
    expect(line.isBehind(NOBODY)).toBe(false);
    const first = waiter(line, 'a', [], () => false);
    line.join(first);
    expect([line.isBehind(first), line.isBehind(NOBODY)]).toEqual([false, true]);
  });

  it('advances by itself after the time it was told last', () => {
    vi.useFakeTimers();
    try {
      const line = new WaitingLine(10);
      const through: string[] = [];
      line.join(waiter(line, 'a', through, () => true));
      line.advanceIn(50);
      line.advanceIn(99.5);
      vi.advanceTimersByTime(99);
      expect(through).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(through).toEqual(['a']);
    } finally {
      vi.useRealTimers();
    }
  });
});
