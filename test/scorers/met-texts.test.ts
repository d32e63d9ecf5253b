import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetTexts } from '../../src/scorers/met-texts.js';

/** Fingerprints that differ in one part each, so that many go for the same places. */
function fingerprint(index: number): Uint32Array {
  return Uint32Array.of(1 + (index & 3), (index >> 2) & 3, (index >> 4) & 3, index >> 6);
}

describe('texts that were met', () => {
  it('keep the number they were first given', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400 }), { maxLength: 600 }), (texts) => {
        const met = new MetTexts(2 ** 20);
        const known = new Map<number, number>();
        for (const [step, text] of texts.entries()) {
          const fresh = 2 ** 40 + step;
          expect(met.meet(fingerprint(text), fresh)).toBe(known.get(text) ?? 0);
          if (!known.has(text)) known.set(text, fresh);
        }
      }),
    );
  });

  it('are bounded, and those met last are known longest', () => {
    const met = new MetTexts(64 * 1024);
    expect(met.bytes).toBe(0);
    for (let text = 0; text < 20_000; text++) {
      expect(met.meet(fingerprint(text), text + 1)).toBe(0);
      expect(met.bytes).toBeLessThanOrEqual(64 * 1024);
    }
    // Two generations of 512, the older one whole.
    for (let text = 19_999; text >= 19_488; text--) expect(met.meet(fingerprint(text), 1)).toBe(text + 1);
    expect(met.meet(fingerprint(0), 7)).toBe(0);
  });

  it('are known as long as they are met again', () => {
    const met = new MetTexts(64 * 1024);
    met.meet(fingerprint(0), 99);
    for (let text = 1; text < 20_000; text++) {
      met.meet(fingerprint(text), text + 100);
      if (text % 400 === 0) expect(met.meet(fingerprint(0), text)).toBe(99);
    }
  });

  it('are forgotten when they are to be, and nothing is known where there is no room', () => {
    const met = new MetTexts(64 * 1024);
    met.meet(fingerprint(1), 5);
    met.clear();
    expect(met.bytes).toBe(0);
    expect(met.meet(fingerprint(1), 6)).toBe(0);
    const none = new MetTexts(90);
    expect([none.meet(fingerprint(1), 5), none.meet(fingerprint(1), 6), none.bytes]).toEqual([0, 0, 0]);
  });
});
