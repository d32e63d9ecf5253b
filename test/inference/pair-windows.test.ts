import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharePairRoom, windowReach, windowStarts } from '../../src/inference/pair-windows.js';

describe('the room of a pair', () => {
  it('goes to the query first, up to half where the text needs the rest', () => {
    expect(sharePairRoom(20, 4, 100)).toEqual({ query: 4, text: 16 });
    expect(sharePairRoom(20, 15, 100)).toEqual({ query: 10, text: 10 });
    expect(sharePairRoom(20, 15, 3)).toEqual({ query: 15, text: 5 });
    expect(sharePairRoom(20, 30, 3)).toEqual({ query: 17, text: 3 });
  });

  it('is never more than there is, and leaves nothing out that fits', () => {
    const length = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), length, length, (room, query, text) => {
        const shared = sharePairRoom(room, query, text);
        expect(shared.query + shared.text).toBe(room);
        expect(shared.query).toBeLessThanOrEqual(query);
        expect(shared.text).toBeGreaterThanOrEqual(Math.min(text, Math.ceil(room / 2)));
        if (query + text <= room) {
          expect(shared.query).toBe(query);
          expect(shared.text).toBeGreaterThanOrEqual(text);
        }
      }),
    );
  });
});

describe('windows', () => {
  it('overlap by an eighth, and the last ends where the text does', () => {
    expect(windowStarts(16, 16, 4)).toEqual([0]);
    // Strides of 14: [0, 16), [14, 30), and [24, 40) instead of [28, 44).
    expect(windowStarts(40, 16, 4)).toEqual([0, 14, 24]);
  });

  it('are as many as asked for at most; the rest of the text is not read', () => {
    expect(windowStarts(1000, 16, 2)).toEqual([0, 14]);
    expect(windowReach(16, 2)).toBe(30);
    expect(windowStarts(0, 16, 2)).toEqual([0]);
  });

  it('leave no token out up to their reach', () => {
    const sizes = [fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 6 })] as const;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), ...sizes, (length, size, most) => {
        const starts = windowStarts(length, size, most);
        expect(starts.length).toBeLessThanOrEqual(most);
        const seen = new Set(starts.flatMap((start) => Array.from({ length: size }, (_, k) => start + k)));
        for (let token = 0; token < Math.min(length, windowReach(size, most)); token++)
          expect(seen.has(token)).toBe(true);
        expect(starts).toEqual([...new Set(starts)]);
      }),
    );
  });
});
