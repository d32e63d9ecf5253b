import { describe, expect, it } from 'vitest';
import { Lexicon } from '../../src/scorers/lexicon.js';
import { StemPriors } from '../../src/scorers/stem-priors.js';

describe('the prior by the lexicon’s numbers', () => {
  it('is the prior, asked once a stem, also once the lexicon grew or started again', () => {
    const asked: string[] = [];
    const prior = {
      revision: '1',
      share(stem: string) {
        asked.push(stem);
        return 1 / (1 + Number(stem));
      },
    };
    const lexicon = new Lexicon(2500);
    const priors = new StemPriors(lexicon, prior);
    const stems = Array.from({ length: 2000 }, (_, stem) => `${stem}`);
    for (let round = 0; round < 2; round++)
      for (const stem of stems) expect(priors.share(stem)).toBe(1 / (1 + Number(stem)));
    expect(asked).toEqual(stems);
    lexicon.analyse({ id: 1, text: Array.from({ length: 3000 }, (_, word) => `w${word}`).join(' ') });
    lexicon.trim();
    // Now 7 has the number of 0.
    expect([priors.share('7'), priors.share('0'), priors.share('7')]).toEqual([1 / 8, 1, 1 / 8]);
    expect(asked.slice(2000)).toEqual(['7', '0']);
  });
});
