import { headOf } from '../base/head-of.js';
import { seededRandom } from '../base/random.js';
import { CollectionError, readLines } from '../evaluation/read-lines.js';
import { readRecords } from '../evaluation/records.js';
import { CommandError } from './context.js';

/** Bounds on what is read. */
export interface TextLimits {
  /** Most texts that are kept; of more, as many are drawn by chance. */
  readonly texts: number;
  /** UTF-16 units a text is cut after. */
  readonly characters: number;
}

const MAX_LINES = 100_000_000;
const MAX_LINE_CHARACTERS = 4_194_304;
/** The same file gives the same texts. */
const SEED = 1;
const JSON_LINES = /\.jsonl(\.gz)?$/;

/**
 * Reads a file with one text a line, or, named `.jsonl`, one JSON object a line with a field `text`; packed if it ends
 * in `.gz`. Blank texts are left out. Keeps no more than the limits say, however long the file. Throws `CommandError`
 * with file and line.
 */
export async function readTexts(file: string, limits: TextLimits): Promise<string[]> {
  const random = seededRandom(SEED);
  const kept: string[] = [];
  let seen = 0;
  try {
    for await (const text of textsOf(file)) {
      const trimmed = text.trim();
      if (trimmed === '') continue;
      // Every text ends up among the kept with the same chance (reservoir sampling).
      const place = seen < limits.texts ? seen : Math.floor(random.next() * (seen + 1));
      if (place < limits.texts) kept[place] = cut(trimmed, limits.characters);
      seen++;
    }
  } catch (error) {
    if (error instanceof CollectionError) throw new CommandError(error.message);
    throw error;
  }
  return kept;
}

async function* textsOf(file: string): AsyncGenerator<string> {
  if (JSON_LINES.test(file)) {
    for await (const record of readRecords(file, MAX_LINES, MAX_LINE_CHARACTERS)) yield record.text('text');
    return;
  }
  const limits = { lines: MAX_LINES, characters: MAX_LINE_CHARACTERS };
  for await (const { text } of readLines(file, limits)) yield text;
}

/** Cuts between characters; what is cut off is not held in memory. */
function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  return Buffer.from(headOf(text, characters)).toString();
}
