import { joinsLetters, tokensOf } from '../text/tokens.js';
import { decodeByteLevel } from './byte-level.js';
import { type PieceStyle, readTokenizerFile, type TokenizerFile } from './tokenizer-file.js';

const CONTINUATION = '##';
const SPACE_MARK = '▁';
/** Rows of these, and of what is like them, are zero: they change nothing. */
const SPECIALS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const UNUSED = /^\[unused\d+\]$/;
/** A byte that a SentencePiece vocabulary falls back to. */
const FALLBACK_BYTE = /^<0x[0-9A-F]{2}>$/;

/** The pieces of a static model: an uncased WordPiece vocabulary, as the static encoder reads it. */
export interface Vocabulary {
  /** Ids from 0, without gaps but where the teacher's has some. */
  readonly ids: Readonly<Record<string, number>>;
  /** By id: the piece as a text of its own; null = it has no vector. */
  readonly surfaces: readonly (string | null)[];
  /** Text of the model's `tokenizer.json`. */
  readonly tokenizer: string;
  /** Whether it is the teacher's own; else its pieces were taken over into a new one. */
  readonly isTeachers: boolean;
}

/**
 * The vocabulary of a static model from its teacher's `tokenizer.json`: an uncased WordPiece one as it is, so that ids
 * can be shared. From any other one (cased, byte-level BPE, SentencePiece) the pieces that our reader could meet:
 * lower-cased and without accents, each once, in the teacher's order, and every single letter both as a begin and as a
 * rest, so that each word can be split. Throws an Error that says what is wrong with the file.
 */
export function vocabularyOf(tokenizer: string): Vocabulary {
  const file = readTokenizerFile(tokenizer);
  return file.isUncased ? takenOver(file, tokenizer) : derived(file);
}

function takenOver({ pieces, specials }: TokenizerFile, tokenizer: string): Vocabulary {
  const ids: Record<string, number> = Object.create(null);
  const surfaces = pieces.map((piece, id) => {
    if (piece === undefined) return null;
    ids[piece] = id;
    return specials.has(piece) || UNUSED.test(piece) ? null : surfaceOf(piece);
  });
  const settings = JSON.parse(tokenizer) as object;
  return {
    ids,
    surfaces,
    tokenizer: JSON.stringify({ ...settings, truncation: null, padding: null }),
    isTeachers: true,
  };
}

function derived({ pieces, specials, style }: TokenizerFile): Vocabulary {
  const kept = new Set<string>();
  const letters = new Set<string>();
  for (const piece of pieces) {
    if (piece === undefined || specials.has(piece) || UNUSED.test(piece)) continue;
    const read = readPiece(piece, style);
    if (read === undefined) continue;
    kept.add(read);
    const surface = surfaceOf(read);
    if (joinsLetters(surface)) for (const letter of surface) letters.add(letter);
  }
  for (const letter of letters) kept.add(letter).add(CONTINUATION + letter);
  const all = [...SPECIALS, ...kept];
  const ids: Record<string, number> = Object.create(null);
  for (const [id, piece] of all.entries()) ids[piece] = id;
  return {
    ids,
    surfaces: all.map((piece, id) => (id < SPECIALS.length ? null : surfaceOf(piece))),
    tokenizer: JSON.stringify(uncasedTokenizer(ids)),
    isTeachers: false,
  };
}

function surfaceOf(piece: string): string {
  return piece.length > CONTINUATION.length && piece.startsWith(CONTINUATION)
    ? piece.slice(CONTINUATION.length)
    : piece;
}

/** A teacher's piece as one of ours; undefined where our reader never meets it: white space, parts of several words. */
function readPiece(piece: string, style: PieceStyle): string | undefined {
  const { text, continues } = plainPiece(piece, style);
  const tokens = tokensOf(text);
  if (tokens.length !== 1) return undefined;
  const [token] = tokens;
  // What stands alone in a text begins a word wherever it is.
  return continues && joinsLetters(token) ? CONTINUATION + token : token;
}

function plainPiece(piece: string, style: PieceStyle): { text: string; continues: boolean } {
  switch (style) {
    case 'wordpiece': {
      const text = surfaceOf(piece);
      return { text, continues: text !== piece };
    }
    case 'byte-level': {
      const text = decodeByteLevel(piece) ?? '';
      return { text, continues: !/^\s/.test(text) };
    }
    case 'metaspace': {
      const text = FALLBACK_BYTE.test(piece) ? '' : piece.replaceAll(SPACE_MARK, ' ');
      return { text, continues: !text.startsWith(' ') };
    }
  }
}

/** A `tokenizer.json` that reads as BERT uncased does. */
function uncasedTokenizer(ids: Readonly<Record<string, number>>): object {
  const special = (content: string) => ({ id: content, ids: [ids[content]], tokens: [content] });
  const sequence = (id: 'A' | 'B', type_id: number) => ({ Sequence: { id, type_id } });
  const token = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIALS.map((content) => ({
      id: ids[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]', 0), sequence('A', 0), token('[SEP]', 0)],
      pair: [token('[CLS]', 0), sequence('A', 0), token('[SEP]', 0), sequence('B', 1), token('[SEP]', 1)],
      special_tokens: { '[CLS]': special('[CLS]'), '[SEP]': special('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: CONTINUATION, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: CONTINUATION,
      max_input_chars_per_word: 100,
      vocab: ids,
    },
  };
}
