import fc from 'fast-check';
import { expect, it } from 'vitest';
import { detached } from '../../src/base/detached.js';

it('a detached string equals the one it was made from, lone surrogates and all', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => detached(text) === text));
  expect(detached('\ud800 and more than thirteen')).toBe('\ud800 and more than thirteen');
});
