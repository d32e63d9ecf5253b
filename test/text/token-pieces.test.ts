import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenPieces } from '../../src/text/token-pieces.js';
import { tokensOf } from '../../src/text/tokens.js';
import { WordPieces } from '../../src/text/word-pieces.js';

const VOCABULARY = { red: 0, car: 1, '##s': 2, '##pet': 3, '.': 4, n: 5, '##0': 6, '##1': 7, '##2': 8 };
const splitter = new WordPieces(VOCABULARY);

describe('the pieces of tokens', () => {
  it('are those of one token after those of another, none for a token that cannot be split', () => {
    const pieces = new TokenPieces(splitter);
    // red | car ##s | ? | . | car ##pet ##s
    const expected = [0, 1, 2, 4, 1, 3, 2];
    for (let time = 0; time < 2; time++) expect(pieces.piecesOf('Red cars blue. carpets')).toEqual(expected);
    const visited: number[] = [];
    pieces.forEach('cars red', (piece) => visited.push(piece));
    expect(visited).toEqual([1, 2, 0]);
    expect(pieces.piecesOf('')).toEqual([]);
  });

  it('remembered are those that are split anew', () => {
    const words = fc.constantFrom('red', 'cars', 'carpet', 'n0', 'n12', 'blue', '.', 'Ré', '☃', 'cársred');
    const pieces = new TokenPieces(splitter);
    fc.assert(
      fc.property(fc.array(words), (text) => {
        const joined = text.join(' ');
        expect(pieces.piecesOf(joined)).toEqual(tokensOf(joined).flatMap((token) => splitter.split(token)));
      }),
    );
  });

  it('stay right while the memory grows and when it starts again', () => {
    const pieces = new TokenPieces(splitter);
    const digits = (number: number) => number.toString(3).padStart(11, '0');
    const piecesOf = (number: number) => [5, ...Array.from(digits(number), (digit) => 6 + Number(digit))];
    // 70 000 tokens, more than are remembered.
    for (let first = 0; first < 70_000; first += 1000) {
      const numbers = Array.from({ length: 1000 }, (_, index) => first + index);
      const text = numbers.map((number) => `n${digits(number)}`).join(' ');
      expect(pieces.piecesOf(text)).toEqual(numbers.flatMap(piecesOf));
    }
    expect(pieces.piecesOf(`cars n${digits(3)}`)).toEqual([1, 2, ...piecesOf(3)]);
    pieces.clear();
    expect(pieces.piecesOf(`n${digits(4)} red`)).toEqual([...piecesOf(4), 0]);
  });
});
