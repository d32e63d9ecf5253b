import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteJson, writeJson } from '../../src/base/write-json.js';

/** Texts with whatever JSON escapes, halves of surrogate pairs too. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', '\n', '\u007f', '\u2028', 'é', '😀'),
    fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
  ),
});

describe('JSON written faster', () => {
  it('quotes every text as JSON.stringify does', () => {
    fc.assert(fc.property(text, (some) => quoteJson(some) === JSON.stringify(some)));
    for (let unit = 0; unit <= 0xffff; unit++) {
      const character = String.fromCharCode(unit);
      if (quoteJson(character) !== JSON.stringify(character)) expect.fail(`U+${unit.toString(16)}`);
    }
  });

  it('writes plain data as JSON.stringify does', () => {
    const value = fc.oneof(text, fc.array(text), fc.jsonValue(), fc.constant(undefined), fc.double());
    fc.assert(
      fc.property(fc.dictionary(text, value), (object) => {
        expect(writeJson(object)).toBe(JSON.stringify(object));
      }),
    );
  });

  it('leaves out what is undefined', () => {
    expect(writeJson({ model: undefined, query: 'q', documents: ['a', 'b'], none: [] })).toBe(
      '{"query":"q","documents":["a","b"],"none":[]}',
    );
  });
});
