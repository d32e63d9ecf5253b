import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { exportError, readExportJson, readOptionalJson } from '../models/export-files.js';
import type { HuggingFaceExport } from '../models/hugging-face-export.js';
import { findSlots, type PostProcessor, type TokenSlot } from './token-slots.js';

const FILE = 'tokenizer.json';
const tokenizerSchema = z.looseObject({
  model: z.looseObject({}),
  added_tokens: z.array(z.unknown()).default([]),
  normalizer: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  post_processor: z.unknown().default(null),
  decoder: z.unknown().default(null),
});

/** What of the library is used; its own types name files without their endings, which Node's resolution does not find. */
interface LibraryTokenizer {
  readonly post_processor: PostProcessor | null;
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: (number | undefined)[] };
  token_to_id(token: string): number | undefined;
}

/**
 * Characters read for each token that is asked for: more than three times what prose has. A text that turns out to have
 * more (long words, runs of spaces) is read on by as much again, and again, up to the second number; so the cost is bounded
 * by the tokens asked for however long the text is.
 */
const CHARACTERS = 16;
const MOST_CHARACTERS = 128;
/** How far back a cut looks for white space, so that no word is read in half. */
const WORD_LENGTH = 128;

/** A model's `tokenizer.json`, by the maintained library, for texts of any length. */
export class TextTokenizer {
  private readonly tokenizer: LibraryTokenizer;
  private readonly lowerCase: boolean;
  private readonly tokenTypes: number | undefined;

  /** Throws an `exportError` where the file is missing, damaged, or no tokenizer the library knows. */
  constructor(private readonly model: HuggingFaceExport) {
    const file = readExportJson(model.folder, FILE, tokenizerSchema);
    const config = readOptionalJson(model.folder, 'tokenizer_config.json', z.looseObject({})) ?? {};
    this.lowerCase = model.lowerCase;
    this.tokenTypes = model.tokenTypes;
    try {
      this.tokenizer = new Tokenizer(file, config) as LibraryTokenizer;
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
    for (let most = CHARACTERS * limit; ; most *= 2) {
      const part = cutText(text, most);
      const ids = this.encode(part);
      const isEnough = ids.length > limit || part.length === text.length || most >= MOST_CHARACTERS * limit;
      if (isEnough) return ids.slice(0, limit);
    }
  }

  private encode(text: string): number[] {
    const whole = text.toWellFormed();
    const { ids } = this.tokenizer.encode(this.lowerCase ? whole.toLowerCase() : whole, {
      add_special_tokens: false,
    });
    // The library leaves holes where a token is unknown and there is none that stands for unknown ones.
    if (ids.includes(undefined)) throw new Error('the tokenizer has no id for a token of the text');
    return ids as number[];
  }
}

/** The head of a text: at most so many UTF-16 units, up to white space where there is some, never half a character. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const tail = text.slice(Math.max(0, most - WORD_LENGTH), most);
  const space = tail.search(/\s\S*$/);
  if (space >= 0) return text.slice(0, most - tail.length + space);
  const isSplit = /[\uD800-\uDBFF]/.test(text[most - 1]!);
  return text.slice(0, isSplit ? most - 1 : most);
}
