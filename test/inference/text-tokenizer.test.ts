import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutText, TextTokenizer } from '../../src/inference/text-tokenizer.js';
import { countSpecials, fillSlots } from '../../src/inference/token-slots.js';
import { readExport } from '../../src/models/hugging-face-export.js';
import { buildTinyEncoder } from '../fixtures/tiny-models/encoder.js';
import type { TokenizerKind } from '../fixtures/tiny-models/tokenizers.js';
import { writeJson } from '../fixtures/tiny-models/write-export.js';

interface Reference {
  readonly tokenizer: TokenizerKind;
  readonly preTokenizer: object | null;
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[] }[];
  readonly pair: { readonly ids: readonly number[]; readonly types: readonly number[] };
}
const { tokenizers: references }: { tokenizers: Reference[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/tiny-models/reference-ids.json'), 'utf8'),
);

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'text-tokenizer-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function tokenizerOf(kind: TokenizerKind, changes: object = {}, sentence: object = {}): TextTokenizer {
  const { folder, tokenizer } = buildTinyEncoder(mkdtempSync(join(root, kind)), { tokenizer: kind });
  writeJson(folder, 'tokenizer.json', { ...tokenizer.json, ...changes });
  writeJson(folder, 'sentence_bert_config.json', sentence);
  return new TextTokenizer(readExport(folder));
}

describe.each(references)('the $tokenizer tokenizer, pre-tokenizer $preTokenizer.type', (reference) => {
  const made = () =>
    tokenizerOf(
      reference.tokenizer,
      reference.preTokenizer === null ? {} : { pre_tokenizer: reference.preTokenizer },
    );

  it('gives the ids of the original', () => {
    const tokenizer = made();
    const slots = tokenizer.slots(1);
    const ids = reference.texts.map(({ text }) => fillSlots(slots, tokenizer.ids(text, 400)).ids);
    expect(ids).toEqual(reference.texts.map((text) => text.ids));
  });

  it('puts two texts together as the original does', () => {
    const tokenizer = made();
    const [query, text] = [reference.texts[2]!.text, reference.texts[3]!.text];
    const row = fillSlots(tokenizer.slots(2), tokenizer.ids(query, 400), tokenizer.ids(text, 400));
    expect(row).toEqual(reference.pair);
  });
});

describe('a text tokenizer', () => {
  it('cuts to the first tokens, however long the text is', () => {
    const tokenizer = tokenizerOf('word-piece');
    const long = 'reset my password '.repeat(6000);
    expect(tokenizer.ids(long, 5)).toEqual(tokenizer.ids('reset my password reset my', 9));
    expect(tokenizer.ids('reset', 5)).toHaveLength(1);
  });

  it('reads on where a text has fewer tokens than characters promise', () => {
    const tokenizer = tokenizerOf('word-piece');
    const spaces = ' '.repeat(600);
    expect(tokenizer.ids(`${spaces}cat dog`, 20)).toEqual(tokenizer.ids('cat dog', 20));
  });

  it('stops reading at 32 characters a token', () => {
    const tokenizer = tokenizerOf('word-piece');
    const spaces = ' '.repeat(32 * 20);
    expect(tokenizer.ids(`${spaces}cat dog`, 20)).toEqual([]);
  });

  it.each(['word-piece', 'bpe', 'unigram'] as const)('reads long texts as if at once by %s', (kind) => {
    const tokenizer = tokenizerOf(kind);
    const words = 'the cat  sat on a\tmat; 3 dogs, and a lemon.\n'.repeat(20);
    // 900 characters, in segments of 128 to 900.
    for (const limit of [1, 5, 16, 17, 40, 100, 300]) {
      expect(tokenizer.ids(words, limit)).toEqual(tokenizer.ids(words, 2000).slice(0, limit));
    }
  });

  it.each(['word-piece', 'bpe', 'unigram'] as const)('reads 100 000 characters of anything by %s', (kind) => {
    const tokenizer = tokenizerOf(kind);
    const pieces = [
      'a',
      ' ',
      '\ud83d',
      '😀',
      '漢',
      'שלום ',
      'password ',
      '</s>',
      '[SEP]',
      'é',
      '\u0000',
      '.',
    ];
    for (const piece of pieces) {
      const ids = tokenizer.ids(piece.repeat(Math.ceil(100_000 / piece.length)), 126);
      expect(ids.length).toBeLessThanOrEqual(126);
      expect(ids.every(Number.isInteger)).toBe(true);
    }
  });

  it('reads half a character as U+FFFD', () => {
    const normalizer = { type: 'Replace', pattern: { String: '\ufffd' }, content: 'z' };
    const tokenizer = tokenizerOf('bpe', { normalizer });
    expect(tokenizer.ids('a\ud83d b', 20)).toEqual(tokenizer.ids('az b', 20));
  });

  it('lowers the case first where sentence_bert_config.json says so', () => {
    const cased = tokenizerOf('bpe');
    const lowered = tokenizerOf('bpe', {}, { do_lower_case: true });
    expect(lowered.ids('A Cat', 20)).toEqual(cased.ids('a cat', 20));
    expect(cased.ids('A Cat', 20)).not.toEqual(cased.ids('a cat', 20));
  });

  it('fails at a text with a token that has no id, without quoting it', () => {
    const model = { type: 'WordPiece', unk_token: '[NO]', continuing_subword_prefix: '##', vocab: { a: 0 } };
    const tokenizer = tokenizerOf('word-piece', { model, added_tokens: [] });
    expect(tokenizer.ids('a', 5)).toEqual([0]);
    expect(() => tokenizer.ids('secret', 5)).toThrow(/^the tokenizer has no id for a token of the text$/);
  });

  it('puts nothing around texts where there is no post_processor', () => {
    const tokenizer = tokenizerOf('word-piece', { post_processor: null });
    expect(countSpecials(tokenizer.slots(2))).toBe(0);
    expect(fillSlots(tokenizer.slots(2), [7, 8], [9])).toEqual({ ids: [7, 8, 9], types: [0, 0, 1] });
  });

  it('keeps the second text where the post_processor only looks at bytes', () => {
    const post_processor = { type: 'Sequence', processors: [{ type: 'ByteLevel', trim_offsets: true }] };
    const tokenizer = tokenizerOf('bpe', { post_processor });
    expect(fillSlots(tokenizer.slots(2), [7], [9]).ids).toEqual([7, 9]);
  });

  it('refuses a post_processor that loses a text or has a special token of no vocabulary', () => {
    const single = [{ Sequence: { id: 'A', type_id: 0 } }];
    const lost = { type: 'TemplateProcessing', single, pair: single, special_tokens: {} };
    expect(() => tokenizerOf('word-piece', { post_processor: lost }).slots(2)).toThrow(
      /tokenizer\.json: its post_processor does not take two texts$/,
    );
    const strange = { ...lost, single: [{ SpecialToken: { id: '[GO]', type_id: 0 } }, ...single] };
    expect(() => tokenizerOf('word-piece', { post_processor: strange }).slots(1)).toThrow(
      /tokenizer\.json: its special token \[GO\] is not in its vocabulary$/,
    );
  });
});

describe('cutting a text', () => {
  it('leaves short ones whole, and cuts at white space where there is some near', () => {
    expect(cutText('one two', 7)).toBe('one two');
    expect(cutText('one two three', 9)).toBe('one two');
  });

  it('cuts words that are too long, but no character', () => {
    expect(cutText('a'.repeat(300), 200)).toBe('a'.repeat(200));
    expect(cutText('😀'.repeat(200), 201)).toBe('😀'.repeat(100));
    expect(cutText(' a b', 2)).toBe(' a');
  });
});
