import { type WordList, WordReader } from '../base/word-reader.js';
import { tokenReading } from './tokens.js';
import type { WordPieces } from './word-pieces.js';

/** Most tokens whose pieces are remembered (about 4 MB); then the memory starts again. */
const MEMO_LIMIT = 65_536;
/** Long tokens count for several. */
const MEAN_TOKEN_BYTES = 32;

/** The pieces of tokens, remembered by the tokens' numbers: texts are read without cutting out a word that is known. */
export class TokenPieces {
  /** By token: its piece, as most have one; else −1 − its place in `several`, where it says how many pieces and which. */
  private readonly tokens = new Numbers();
  private readonly several = new Numbers();
  private readonly reader = new WordReader(tokenReading);

  constructor(private readonly splitter: WordPieces) {}

  /** Calls `visit` with the pieces of a text's tokens, in order; some 3 ns a token besides what reading it takes. */
  forEach(text: string, visit: (piece: number) => void): void {
    const { ids, count } = this.read(text);
    const { numbers } = this.tokens;
    for (let place = 0; place < count; place++) {
      const piece = numbers[ids[place]!]!;
      if (piece >= 0) visit(piece);
      else this.forEachOfSeveral(-1 - piece, visit);
    }
  }

  /** The pieces of a text's tokens, in order. */
  piecesOf(text: string): number[] {
    const found: number[] = [];
    this.forEach(text, (piece) => found.push(piece));
    return found;
  }

  clear(): void {
    this.reader.clear();
    this.tokens.length = 0;
    this.several.length = 0;
  }

  /** The tokens of a text, by number, all of them split. */
  private read(text: string): WordList {
    const { reader } = this;
    if (reader.size >= MEMO_LIMIT || reader.wordBytes >= MEMO_LIMIT * MEAN_TOKEN_BYTES) this.clear();
    const tokens = reader.read(text);
    const { size } = reader;
    while (this.tokens.length < size) this.split(this.tokens.length);
    return tokens;
  }

  private split(token: number): void {
    const { tokens, several } = this;
    const pieces = this.splitter.split(this.reader.word(token));
    tokens.push(pieces.length === 1 ? pieces[0]! : -1 - several.length);
    if (pieces.length === 1) return;
    several.push(pieces.length);
    for (const piece of pieces) several.push(piece);
  }

  private forEachOfSeveral(start: number, visit: (piece: number) => void): void {
    const { numbers } = this.several;
    const end = start + numbers[start]!;
    for (let place = start + 1; place <= end; place++) visit(numbers[place]!);
  }
}

/** A list of int32 that grows. */
class Numbers {
  /** Those in use are the first `length`; another array once it has grown. */
  numbers = new Int32Array(4096);
  length = 0;

  push(number: number): void {
    if (this.length === this.numbers.length) {
      const longer = new Int32Array(2 * this.length);
      longer.set(this.numbers);
      this.numbers = longer;
    }
    this.numbers[this.length++] = number;
  }
}
