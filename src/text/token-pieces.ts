import { type WordList, WordReader } from '../base/word-reader.js';
import { tokenReading } from './tokens.js';
import type { WordPieces } from './word-pieces.js';

/** Most tokens whose pieces are remembered (about 4 MB); then the memory starts again. */
const MEMO_LIMIT = 65_536;
/** Long tokens count for several. */
const MEAN_TOKEN_BYTES = 32;

/** The pieces of tokens, remembered by the tokens' numbers: texts are read without cutting out a word that is known. */
export class TokenPieces {
  /** Ids of pieces, those of one token after those of another. */
  private pieces = new Int32Array(4096);
  /** By token: where its pieces start; those of the next one begin where they end. */
  private starts = new Int32Array(4096);
  /** Tokens that were split. */
  private size = 0;
  private readonly reader = new WordReader(tokenReading);

  constructor(private readonly splitter: WordPieces) {}

  /** Calls `visit` with the pieces of a text's tokens, in order. */
  forEach(text: string, visit: (piece: number) => void): void {
    const { ids, count } = this.read(text);
    const { pieces, starts } = this;
    for (let place = 0; place < count; place++) {
      const token = ids[place]!;
      const end = starts[token + 1]!;
      for (let at = starts[token]!; at < end; at++) visit(pieces[at]!);
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
    this.size = 0;
  }

  /** The tokens of a text, by number, all of them split. */
  private read(text: string): WordList {
    const { reader } = this;
    if (reader.size >= MEMO_LIMIT || reader.wordBytes >= MEMO_LIMIT * MEAN_TOKEN_BYTES) this.clear();
    const tokens = reader.read(text);
    const { size } = reader;
    while (this.size < size) this.split(this.size++);
    return tokens;
  }

  private split(token: number): void {
    const pieces = this.splitter.split(this.reader.word(token));
    const start = this.starts[token]!;
    const end = start + pieces.length;
    if (end > this.pieces.length) this.pieces = longer(this.pieces, end);
    if (token + 1 === this.starts.length) this.starts = longer(this.starts, token + 2);
    this.pieces.set(pieces, start);
    this.starts[token + 1] = end;
  }
}

function longer(numbers: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(2 * length);
  copy.set(numbers);
  return copy;
}
