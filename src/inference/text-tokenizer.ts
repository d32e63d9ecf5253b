import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { headOf } from '../base/head-of.js';
import { exportError, readExportJson, readOptionalJson, TOKENIZER_BYTES } from '../models/export-files.js';
import type { HuggingFaceExport } from '../models/hugging-face-export.js';
import { largestId } from './largest-id.js';
import { findSlots, type PostProcessor, type TokenSlot } from './token-slots.js';
import { amendPreTokenizer, hasOneType, textAmendment } from './tokenizer-amendments.js';

const FILE = 'tokenizer.json';
const stepSchema = z.record(z.string(), z.unknown()).nullable().default(null);
const tokenizerSchema = z.looseObject({
  model: z.looseObject({ vocab: z.unknown().optional() }),
  added_tokens: z.array(z.unknown()).default([]),
  normalizer: stepSchema,
  pre_tokenizer: stepSchema,
  post_processor: stepSchema,
  decoder: z.unknown().default(null),
});

/** What of the library is used; its own types name files without their endings, which Node's resolution does not find. */
interface LibraryTokenizer {
  readonly post_processor: PostProcessor | null;
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: (number | undefined)[] };
  token_to_id(token: string): number | undefined;
}

/**
 * A text is read in segments of so many characters for each token that is asked for, which is nearly twice what prose has:
 * most texts are read in one, and what lies beyond is never looked at. A word longer than a segment is read as several.
 */
const SEGMENT_CHARACTERS = 8;
/** Longest segment: the library's time grows with the square of a run of unknown characters (8 ms here). */
const MAX_SEGMENT = 2048;
/** Where a text has few tokens (long words, runs of spaces) reading ends here; so time is bounded by the tokens asked for. */
const MOST_CHARACTERS = 32;
/** How far back a cut looks for white space, so that no word is read in half. */
const WORD_LENGTH = 128;

/** A model's `tokenizer.json`, by the maintained library, for texts of any length. */
export class TextTokenizer {
  /** The largest id of a token. */
  readonly largestId: number;
  private readonly tokenizer: LibraryTokenizer;
  private readonly amend: (text: string) => string;
  private readonly tokenTypes: number | undefined;

  /** Throws an `exportError` where the file is missing, damaged, or no tokenizer the library knows. */
  constructor(private readonly model: HuggingFaceExport) {
    const file = readExportJson(model.folder, FILE, tokenizerSchema, TOKENIZER_BYTES);
    const config = readOptionalJson(model.folder, 'tokenizer_config.json', z.looseObject({})) ?? {};
    this.largestId = largestId(file.model.vocab, file.added_tokens);
    this.tokenTypes = hasOneType(file.post_processor) ? 1 : model.tokenTypes;
    try {
      this.amend = textAmendment(file.normalizer);
      const amended = { ...file, pre_tokenizer: amendPreTokenizer(file.pre_tokenizer) };
      this.tokenizer = new Tokenizer(amended, config) as LibraryTokenizer;
    } catch (cause) {
      throw exportError(model.folder, FILE, (cause as Error).message, cause);
    }
  }

  /** Where special tokens stand around one text or two. Throws an `exportError` where the tokenizer cannot say. */
  slots(count: 1 | 2): TokenSlot[] {
    const { tokenizer } = this;
    try {
      const idOf = (token: string) => tokenizer.token_to_id(token);
      return findSlots(tokenizer.post_processor, count, idOf, this.tokenTypes);
    } catch (cause) {
      throw exportError(this.model.folder, FILE, (cause as Error).message, cause);
    }
  }

  /**
   * Ids of the first tokens of a text, at most `limit`, without special ones. Lone surrogates are read as U+FFFD. Throws an
   * Error (without the text) where the tokenizer has no id for a token.
   */
  ids(text: string, limit: number): number[] {
    const segment = Math.min(MAX_SEGMENT, Math.max(WORD_LENGTH, SEGMENT_CHARACTERS * limit));
    const end = cutText(text, Math.max(WORD_LENGTH, MOST_CHARACTERS * limit)).length;
    const ids: number[] = [];
    // One more than asked for: the last of a segment may be the head of a longer token.
    for (let start = 0; start < end && ids.length <= limit; ) {
      const part = cutText(text.slice(start, Math.min(end, start + segment + 1)), segment);
      for (const id of this.encode(part)) ids.push(id);
      start += part.length;
    }
    return ids.slice(0, limit);
  }

  private encode(text: string): number[] {
    const whole = text.toWellFormed();
    const cased = this.model.lowerCase ? whole.toLowerCase() : whole;
    const { ids } = this.tokenizer.encode(this.amend(cased), { add_special_tokens: false });
    // The library leaves holes where a token is unknown and there is none that stands for unknown ones.
    if (ids.includes(undefined)) throw new Error('the tokenizer has no id for a token of the text');
    return ids as number[];
  }
}

/**
 * The head of a text: at most `most` (≥ 2) UTF-16 units, never empty where the text is not; up to white space, if there is
 * some near its end, for tokenizers read that together with what follows it; never half a character.
 */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const from = Math.max(1, most - WORD_LENGTH);
  const space = text.slice(from, most).search(/\s\S*$/);
  if (space >= 0) return text.slice(0, from + space);
  return headOf(text, most);
}
