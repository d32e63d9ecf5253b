import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShownVectors } from '../../src/namespaces/shown-vectors.js';

/** Bytes of one vector of one number: the number, its array, its hash and place. */
const EACH = 4 + 540 + 180;

/** Room for so many vectors of one number. */
function room(count: number) {
  const shown = new ShownVectors(count * EACH);
  return {
    shown,
    /** Shows a text whose vector is made anew, as it is where entries are not kept. */
    show: (value: number) => shown.remember(`${value}`, Float32Array.of(value)),
    valueAt: (value: number) => shown.get(`${value}`)?.[0],
  };
}

describe('vectors of shown texts', () => {
  it('are found by the hash of their text, others are not', () => {
    const { shown, show, valueAt } = room(4);
    show(1);
    expect([valueAt(1), valueAt(2), shown.bytes]).toEqual([1, undefined, EACH]);
  });

  it('are forgotten all at once', () => {
    const { shown, show, valueAt } = room(3);
    for (const value of [1, 2, 3, 4]) show(value);
    shown.clear();
    expect([valueAt(4), shown.bytes]).toEqual([undefined, 0]);
  });

  it('stay while no more texts are shown than there is room for, however often those are', () => {
    const { shown, show, valueAt } = room(11);
    show(0);
    for (let time = 0; time < 460; time++) for (let value = 1; value <= 10; value++) show(value);
    expect(shown.bytes).toBe(11 * EACH);
    expect(valueAt(0)).toBe(0);
  });

  it('stay by default for some 2700 texts', () => {
    const shown = new ShownVectors();
    for (let text = 0; text < 2700; text++) shown.remember(`${text}`, new Float32Array(192).fill(text));
    expect(shown.get('0')?.[0]).toBe(0);
    for (let text = 0; text < 2700; text++) shown.remember(`other ${text}`, new Float32Array(192));
    expect(shown.get('1')).toBeNull();
    expect(shown.bytes).toBeLessThanOrEqual(7 * 10 ** 6);
  });

  it('go in the order in which they were last shown or looked up, and take no room twice', () => {
    const text = fc.nat(12);
    const step = fc.record({ text, looks: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { shown, show, valueAt } = room(6);
        let kept: number[] = [];
        for (const { text, looks } of steps) {
          if (looks) expect(valueAt(text)).toBe(kept.includes(text) ? text : undefined);
          else show(text);
          if (looks && !kept.includes(text)) continue;
          kept = [...kept.filter((other) => other !== text), text].slice(-6);
          expect(shown.bytes).toBe(kept.length * EACH);
        }
        for (const value of kept) expect(valueAt(value)).toBe(value);
      }),
    );
  });
});
