import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ShownText, ShownVectors } from '../../src/namespaces/shown-vectors.js';

/** Bytes of one vector of one number, with what it takes besides. */
const EACH = 4 + 150;

const textOf = (value: number): ShownText => ({ vector: Float32Array.of(value), shownAs: undefined });

/** Room for so many vectors of one number. */
function room(count: number) {
  const shown = new ShownVectors(1, count * EACH);
  return { shown, valueAt: (hash: string) => shown.get(hash)?.[0] };
}

describe('vectors of shown texts', () => {
  it('are found by the hash of their text, others are not', () => {
    const { shown, valueAt } = room(4);
    shown.remember(textOf(1), 'one');
    shown.remember({ vector: undefined, shownAs: undefined }, 'none');
    expect([valueAt('one'), valueAt('none'), shown.bytes]).toEqual([1, undefined, EACH]);
  });

  it('go oldest first where there is no room, whether they were looked up or not', () => {
    const { shown, valueAt } = room(3);
    for (const value of [1, 2, 3, 4]) shown.remember(textOf(value), `${value}`);
    expect(['1', '2', '3', '4'].map(valueAt)).toEqual([undefined, 2, 3, 4]);
    for (const value of [5, 6]) shown.remember(textOf(value), `${value}`);
    expect(['1', '2', '3', '4', '5', '6'].map(valueAt)).toEqual([undefined, undefined, undefined, 4, 5, 6]);
    expect(shown.bytes).toBe(3 * EACH);
  });

  it('outlive others as long as their text is shown again, which takes no more room at once', () => {
    const { shown, valueAt } = room(16);
    const again = textOf(0);
    shown.remember(again, 'again');
    shown.remember(again, 'again');
    expect(shown.bytes).toBe(EACH);
    for (let value = 1; value <= 40; value++) {
      shown.remember(textOf(value), `${value}`);
      shown.remember(again, 'again');
      expect(valueAt('again')).toBe(0);
    }
  });

  it('are all forgotten at once, and kept anew afterwards', () => {
    const { shown, valueAt } = room(3);
    const texts = [1, 2, 3, 4].map(textOf);
    for (const text of texts) shown.remember(text, `${text.vector![0]}`);
    expect(valueAt('4')).toBe(4);
    shown.clear();
    expect([valueAt('4'), shown.bytes]).toEqual([undefined, 0]);
    shown.remember(texts[3]!, '4');
    expect([valueAt('4'), valueAt('3'), shown.bytes]).toEqual([4, undefined, EACH]);
  });

  it('all stay where no more texts are shown than half the room takes, however often', () => {
    const { shown, valueAt } = room(8);
    const texts = [1, 2, 3, 4].map(textOf);
    shown.remember(textOf(0), '0');
    for (let time = 0; time < 50; time++)
      for (const text of texts) shown.remember(text, `${text.vector![0]}`);
    expect(['0', '1', '2', '3', '4'].map(valueAt)).toEqual([0, 1, 2, 3, 4]);
  });

  it('are there until so many others were shown as half the room takes, and are always the right ones', () => {
    const step = fc.record({
      text: fc.nat(60),
      looks: fc.boolean(),
      clears: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const { shown, valueAt } = room(16);
        const texts = new Map<number, ShownText>();
        let history: number[] = [];
        for (const { text, looks, clears } of steps) {
          if (clears === 0) {
            shown.clear();
            history = [];
          }
          const entry = texts.get(text) ?? textOf(text);
          texts.set(text, entry);
          shown.remember(entry, `${text}`);
          history.push(text);
          expect(shown.bytes).toBeLessThanOrEqual(16 * EACH);
          if (!looks) continue;
          for (const recent of history.slice(-8)) expect(valueAt(`${recent}`)).toBe(recent);
          for (const earlier of history) expect([undefined, earlier]).toContain(valueAt(`${earlier}`));
        }
      }),
    );
  });
});
