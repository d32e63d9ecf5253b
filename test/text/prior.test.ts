import { describe, expect, it } from 'vitest';
import { parsePrior } from '../../src/text/prior.js';
import { stem } from '../../src/text/stem.js';
import { bundledPrior, modelStore, STATIC_MODEL } from '../fixtures/models.js';

/** The recipe of models/df-prior/README.md. */
function sharesFromVocabulary(): Map<string, number> {
  const tokenizer = JSON.parse(modelStore.open(STATIC_MODEL).readText('tokenizer.json'));
  const pieces = Object.entries<number>(tokenizer.model.vocab).sort((left, right) => left[1] - right[1]);
  const harmonic = Math.log(30_522) + 0.577;
  const rates = new Map<string, number>();
  let rank = 0;
  for (const [piece, id] of pieces) {
    if (id < 1996 || piece.startsWith('##') || !/^[\p{L}\p{N}]+$/u.test(piece)) continue;
    rank++;
    rates.set(stem(piece), (rates.get(stem(piece)) ?? 0) + 1 / ((rank + 2.7) * harmonic));
  }
  return new Map([...rates].map(([name, rate]) => [name, 1 - Math.exp(-150 * rate)]));
}

describe('the document-frequency prior', () => {
  it('bundled is what its recipe makes of the tokenizer’s vocabulary', () => {
    const prior = bundledPrior();
    const expected = sharesFromVocabulary();
    expect(expected.size).toBe(15_188);
    for (const [name, share] of expected)
      expect(Math.abs(prior.share(name) - share) / share).toBeLessThan(1e-5);
  });

  it('gives unlisted stems one small share', () => {
    const prior = parsePrior('stem\tshare\n*\t0.0002\nthe\t0.9\n', 'r1');
    expect([prior.share('the'), prior.share('xyzzy'), prior.share('constructor')]).toEqual([
      0.9, 0.0002, 0.0002,
    ]);
    expect(prior.revision).toBe('r1');
  });

  it.each([
    ['', 'first line'],
    ['stem\tshare\nthe\t0.9\n', 'unlisted'],
    ['stem\tshare\n*\t0.1\nthe\t1.5\n', 'line 3'],
    ['stem\tshare\n*\t0.1\nthe\n', 'line 3'],
  ])('refuses the file %j', (file, message) => {
    expect(() => parsePrior(file, 'r1')).toThrow(message);
  });
});
