import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../src/base/random.js';
import { REPOSITORY_ROOT } from '../fixtures/repository-root.js';

/** How large a request is. */
export interface Shape {
  readonly name: string;
  readonly documents: number;
  /** Of a document's text, at most; words are never cut. */
  readonly characters: number;
  /** Of the vectors sent with documents and query; absent: none are sent. */
  readonly dimension?: number;
  /** Documents are strings, as clients of other rerank APIs send them. */
  readonly areStrings?: boolean;
}

const VOCABULARY_SIZE = 5000;
const QUERY_WORDS = 6;
/** Vectors from which new ones are put together, half of one and half of another. */
const VECTOR_POOL = 512;

/**
 * The vocabulary: the first 5000 whole words of three letters or more in the bundled tokenizer's list, which is sorted by
 * how common they are.
 */
export function readVocabulary(): readonly string[] {
  const file = join(REPOSITORY_ROOT, 'models', 'static-minilm-192', 'tokenizer.json');
  const { model } = JSON.parse(readFileSync(file, 'utf8')) as { model: { vocab: Record<string, number> } };
  const words = Object.entries(model.vocab)
    .filter(([word]) => /^[a-z]{3,}$/.test(word))
    .sort(([, left], [, right]) => left - right)
    .map(([word]) => word);
  return words.slice(0, VOCABULARY_SIZE);
}

/** The end of a body: its documents and the closing brace. */
export function documentsOf(rows: readonly string[]): string {
  return `"documents":[${rows.join(',')}]}`;
}

/** Makes queries and documents of words drawn evenly from the vocabulary; no two are alike in practice. */
export class BodyMaker {
  private readonly vectors = new Map<number, readonly { left: string; right: string }[]>();
  private made = 0;

  constructor(
    private readonly words: readonly string[],
    private readonly random: Random,
  ) {}

  /** The part of a body before the documents: `{"query":…,` and its vector, or the model. */
  query(shape: Pick<Shape, 'dimension' | 'areStrings'>, words = this.pick(QUERY_WORDS)): string {
    return `{${shape.areStrings ? '"model":"rerank-v3.5",' : ''}"query":"${words.join(' ')}",${this.vectorField('query_embedding', shape, ',')}`;
  }

  /** The rest of a body: new documents with new ids, and the closing brace. */
  documents(shape: Shape): string {
    return documentsOf(this.newRows(shape, shape.documents));
  }

  /** New documents as they stand in a body. */
  newRows(shape: Shape, count: number): string[] {
    return Array.from({ length: count }, () => this.document(this.text(shape.characters), shape));
  }

  /** Documents that hold every word of the vocabulary once: whoever has ranked them has met them all. */
  wholeVocabulary(charactersEach: number): string {
    const rows: string[] = [];
    let text = '';
    for (const word of this.words) {
      if (text.length + word.length > charactersEach) {
        rows.push(this.document(text, undefined));
        text = '';
      }
      text += `${word} `;
    }
    rows.push(this.document(text, undefined));
    return documentsOf(rows);
  }

  private document(text: string, shape: Shape | undefined): string {
    if (shape?.areStrings) return `"${text}"`;
    const vector = shape === undefined ? '' : this.vectorField(',"embedding"', shape, '');
    return `{"id":"d${++this.made}","text":"${text}"${vector}}`;
  }

  private text(characters: number): string {
    let text = this.word();
    for (;;) {
      const word = this.word();
      if (text.length + word.length >= characters) return text;
      text += ` ${word}`;
    }
  }

  private pick(count: number): string[] {
    return Array.from({ length: count }, () => this.word());
  }

  private word(): string {
    return this.words[Math.floor(this.random.next() * this.words.length)]!;
  }

  private vectorField(name: string, { dimension }: Pick<Shape, 'dimension'>, after: string): string {
    if (dimension === undefined) return '';
    const pool = this.vectorPool(dimension);
    const { left } = pool[Math.floor(this.random.next() * pool.length)]!;
    const { right } = pool[Math.floor(this.random.next() * pool.length)]!;
    const quoted = name.startsWith(',') ? name : `"${name}"`;
    return `${quoted}:[${left},${right}]${after}`;
  }

  private vectorPool(dimension: number): readonly { left: string; right: string }[] {
    const known = this.vectors.get(dimension);
    if (known !== undefined) return known;
    const half = (length: number): string =>
      Array.from({ length }, () => ((this.random.next() - 0.5) / 8).toFixed(8)).join(',');
    const middle = dimension >> 1;
    const pool = Array.from({ length: VECTOR_POOL }, () => ({
      left: half(middle),
      right: half(dimension - middle),
    }));
    this.vectors.set(dimension, pool);
    return pool;
  }
}
