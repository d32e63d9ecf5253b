import { describe, expect, it } from 'vitest';
import { vocabularyOf } from '../../src/distillation/vocabulary.js';
import { TokenPieces } from '../../src/text/token-pieces.js';
import { WordPieces } from '../../src/text/word-pieces.js';
import { modelStore, STATIC_MODEL } from '../fixtures/models.js';
import { wordPieceTokenizer } from '../fixtures/word-piece.js';

const SPECIALS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/** The pieces of a derived vocabulary in order, without the specials. */
function piecesOf(tokenizer: object): string[] {
  const { ids, surfaces } = vocabularyOf(JSON.stringify(tokenizer));
  const pieces = Object.entries(ids).sort(([, a], [, b]) => a - b);
  expect(pieces.map(([, id]) => id)).toEqual([...surfaces.keys()]);
  expect(pieces.slice(0, SPECIALS.length).map(([piece]) => piece)).toEqual(SPECIALS);
  return pieces.slice(SPECIALS.length).map(([piece]) => piece);
}

const byteLevel = (...pieces: string[]) => ({
  added_tokens: [{ id: 0, content: '<|endoftext|>', special: true }],
  pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'ByteLevel' }] },
  decoder: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: Object.fromEntries(['<|endoftext|>', ...pieces].map((p, id) => [p, id])) },
});

const unigram = (...pieces: string[]) => ({
  added_tokens: [{ id: 0, content: '<s>', special: true }],
  pre_tokenizer: { type: 'Metaspace' },
  model: { type: 'Unigram', vocab: ['<s>', ...pieces].map((piece, id) => [piece, -id]) },
});

describe('the vocabulary of a static model', () => {
  it('is BERT uncased’s as it is, special and unused pieces without a vector', () => {
    const tokenizer = modelStore.open(STATIC_MODEL).readText('tokenizer.json');
    const { ids, surfaces, tokenizer: written, isTeachers } = vocabularyOf(tokenizer);
    expect(isTeachers).toBe(true);
    expect(surfaces).toHaveLength(30_522);
    expect(JSON.parse(written)).toEqual(JSON.parse(tokenizer));
    expect([ids.the, surfaces[ids.the]]).toEqual([1996, 'the']);
    expect([surfaces[ids['##ing']], surfaces[ids['##']], surfaces[ids['#']]]).toEqual([
      'ing',
      undefined,
      '#',
    ]);
    // As its card says: rows below 999 are zero, and no other.
    expect(surfaces.lastIndexOf(null)).toBe(998);
    expect(surfaces.findIndex((surface) => surface !== null)).toBe(999);
  });

  it('takes padding and truncation out of the tokenizer it takes over', () => {
    const padded = {
      ...JSON.parse(wordPieceTokenizer(['car'])),
      padding: { length: 9 },
      truncation: { max: 9 },
    };
    const { tokenizer } = vocabularyOf(JSON.stringify(padded));
    expect(JSON.parse(tokenizer)).toMatchObject({ padding: null, truncation: null });
  });

  it('leaves ids that no piece has without a vector', () => {
    const gapped = JSON.parse(wordPieceTokenizer([]));
    gapped.model.vocab = { car: 7, bus: 9 };
    expect(vocabularyOf(JSON.stringify(gapped)).surfaces.slice(5)).toEqual([null, null, 'car', null, 'bus']);
  });

  it('is made of a cased WordPiece one: lower-cased, without accents, each piece once, all letters', () => {
    const cased = JSON.parse(
      wordPieceTokenizer(['Bus', 'bus', 'Élan', '##Bu', '[unused1]', '!'], { lowercase: false }),
    );
    expect(piecesOf(cased)).toEqual('bus elan ##bu ! b ##b u ##u s ##s e ##e l ##l a ##a n ##n'.split(' '));
  });

  it('is made of one that keeps accents too, for ours are read without', () => {
    const accented = wordPieceTokenizer(['élan'], { strip_accents: false });
    expect(vocabularyOf(accented).isTeachers).toBe(false);
  });

  it('is made of a byte-level one: spaces begin words, bytes are read as UTF-8, half characters left out', () => {
    const pieces = piecesOf(byteLevel('Ġcar', 'Ã', 'Ã©', 'CAR', 'ĠcafÃ©', 'Ġ', 'ĠĠ', 'Ġ.', '."', 'Ċ'));
    // Ã alone is half a character, ." two tokens; é reads as e.
    expect(pieces.slice(0, 5)).toEqual(['car', '##e', '##car', 'cafe', '.']);
    expect(pieces.slice(5)).toEqual('c ##c a ##a r ##r e f ##f'.split(' '));
  });

  it('is made of a SentencePiece one: what stands alone in a text begins a word, bytes to fall back to are left out', () => {
    const pieces = piecesOf(unigram('▁', '▁The', 's', ',', '世', '世界', '<0x41>', '▁▁'));
    expect(pieces).toEqual(['the', '##s', ',', '世', 't', '##t', 'h', '##h', 'e', '##e', 's']);
  });

  it('can split every word of its letters, and is read again as the same vocabulary', () => {
    const derived = vocabularyOf(JSON.stringify(unigram('▁The', 's')));
    const pieces = new TokenPieces(new WordPieces(derived.ids));
    const surfaces = (text: string) => pieces.piecesOf(text).map((id) => derived.surfaces[id]);
    expect(surfaces('The Thes hest')).toEqual(['the', 'the', 's', 'h', 'e', 's', 't']);
    const again = vocabularyOf(derived.tokenizer);
    expect([again.isTeachers, again.ids, again.surfaces]).toEqual([true, derived.ids, derived.surfaces]);
  });

  it.each([
    ['no JSON', '{', /no JSON/],
    ['a model of another kind', JSON.stringify({ model: { type: 'WordLevel', vocab: {} } }), /model\.type/],
    ['ids without bound', wordPieceTokenizer([]).replace('"[MASK]":4', '"[MASK]":4000000'), /ids above/],
    [
      'another mark of continuation',
      JSON.stringify({ model: { type: 'WordPiece', vocab: { a: 0 }, continuing_subword_prefix: '@@' } }),
      /by "@@", not by "##"/,
    ],
    [
      'no mark of words',
      JSON.stringify({ model: { type: 'BPE', vocab: { 'a</w>': 0 }, end_of_word_suffix: '</w>' } }),
      /neither the begin of words/,
    ],
  ])('refuses %s', (_, tokenizer, message) => {
    expect(() => vocabularyOf(tokenizer)).toThrow(message);
  });
});
