import { describe, expect, it } from 'vitest';
import { parseScorerSpec, SCORER_NAMES } from '../../src/scorers/scorer-spec.js';

describe('reading SCORER', () => {
  it.each(SCORER_NAMES)('takes %s alone', (name) => {
    expect(parseScorerSpec(` ${name} `)).toEqual([{ name, weight: 1 }]);
  });

  it('takes weighted parts and scales the weights to sum to 1', () => {
    expect(parseScorerSpec('lexical:0.35,embedding:0.65')).toEqual([
      { name: 'lexical', weight: 0.35 },
      { name: 'embedding', weight: 0.65 },
    ]);
    expect(parseScorerSpec('hybrid : 3 , input : 1')).toEqual([
      { name: 'hybrid', weight: 0.75 },
      { name: 'input', weight: 0.25 },
    ]);
    expect(parseScorerSpec('hybrid:7')).toEqual([{ name: 'hybrid', weight: 1 }]);
  });

  it.each([
    ['', 'unknown scorer ""; there are: hybrid, lexical, embedding, cross-encoder, upstream, input'],
    ['bm25', 'unknown scorer "bm25"'],
    ['Hybrid', 'unknown scorer "Hybrid"'],
    ['constructor', 'unknown scorer "constructor"'],
    ['lexical,embedding:1', 'scorer "lexical" needs a weight'],
    ['lexical:0.5,', 'unknown scorer ""'],
    ['lexical:0,embedding:1', 'the weight of scorer "lexical" must be one positive number, not "0"'],
    ['lexical:-1,embedding:1', 'not "-1"'],
    ['lexical:NaN,embedding:1', 'not "NaN"'],
    ['lexical:0x1,embedding:1', 'not "0x1"'],
    ['lexical:,embedding:1', 'not ""'],
    ['lexical:1:2,embedding:1', 'not "1:2"'],
    ['lexical:1e999,embedding:1', 'not "1e999"'],
    ['lexical:1e308,embedding:1e308', 'too large'],
    ['lexical:1,lexical:1', 'scorer "lexical" is named twice'],
  ])('refuses %j', (spec, message) => {
    expect(() => parseScorerSpec(spec)).toThrow(message);
  });
});
