import { resolve } from 'node:path';

/** What a value's text may need to be understood. */
export interface ParseContext {
  /** Folder against which relative paths are resolved; absolute. */
  readonly cwd: string;
}

/**
 * How the text of one value becomes a value. `parse` throws `Error` whose message completes the sentence
 * "expected …"; the text is trimmed and never empty.
 */
export interface Kind<T> {
  /** What is accepted, in words, for tables and messages. */
  readonly accepts: string;
  parse(text: string, context: ParseContext): T;
}

/** A value that exists in the design but not yet in this build. */
export class NotBuiltYet extends Error {
  override readonly name = 'NotBuiltYet';
}

/** Whole numbers from `min` to `max`, both included; `unit` only words the tables. */
export function integer(min: number, max: number, unit = ''): Kind<number> {
  const accepts = `whole number from ${min} to ${max}${unit && ` (${unit})`}`;
  return {
    accepts,
    parse(text) {
      const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!(value >= min && value <= max)) throw new Error(`a ${accepts}`);
      return value;
    },
  };
}

/** Numbers from `min` to `max`, both included unless `openMin`; decimal point or exponent, no NaN, no Infinity. */
export function decimal(
  min: number,
  max: number,
  options: { openMin?: boolean; unit?: string } = {},
): Kind<number> {
  const from = options.openMin ? `above ${min} up to` : `from ${min} to`;
  const accepts = `number ${from} ${max}${options.unit ? ` (${options.unit})` : ''}`;
  return {
    accepts,
    parse(text) {
      const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
      const inside = value <= max && (options.openMin ? value > min : value >= min);
      if (!inside) throw new Error(`a ${accepts}`);
      return value;
    },
  };
}

const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

/** A size in bytes, plain (`4194304`) or with KiB, MiB or GiB (`4 MiB`). */
export function bytes(min: number, max: number): Kind<number> {
  const accepts = `bytes from ${formatBytes(min)} to ${formatBytes(max)}`;
  return {
    accepts,
    parse(text) {
      const match = /^(\d+) ?([kmg]ib)?$/i.exec(text);
      const value = match ? Number(match[1]) * BYTE_UNITS[(match[2] ?? '').toLowerCase()]! : Number.NaN;
      if (!(value >= min && value <= max)) throw new Error(`${accepts}, plain or with KiB, MiB or GiB`);
      return value;
    },
  };
}

/** The largest binary unit that divides a size, for people: `4194304` is `4 MiB`. */
export function formatBytes(size: number): string {
  for (const [unit, factor] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (size >= factor && size % factor === 0) return `${size / factor} ${unit}`;
  }
  return String(size);
}

/** true/false, also 1/0, yes/no, on/off, in any case. */
export const boolean: Kind<boolean> = {
  accepts: 'true or false',
  parse(text) {
    if (/^(true|1|yes|on)$/i.test(text)) return true;
    if (/^(false|0|no|off)$/i.test(text)) return false;
    throw new Error('true or false');
  },
};

/** One of a few words, in any case; words of `notBuilt` are known but refused with that reason. */
export function choice<const T extends string>(
  words: readonly T[],
  notBuilt: readonly string[] = [],
): Kind<T> {
  const accepts = words.map((word) => `\`${word}\``).join(', ');
  return {
    accepts,
    parse(text) {
      const lower = text.toLowerCase();
      const word = words.find((candidate) => candidate === lower);
      if (word !== undefined) return word;
      if (notBuilt.includes(lower)) throw new NotBuiltYet(text);
      throw new Error(words.length === 1 ? `only ${words[0]}` : `one of ${words.join(', ')}`);
    },
  };
}

/** Text that matches `pattern`; `accepts` says so in words. */
export function text(accepts: string, pattern: RegExp): Kind<string> {
  return {
    accepts,
    parse(value) {
      if (!pattern.test(value)) throw new Error(accepts);
      return value;
    },
  };
}

/** An http or https URL, shown and logged as it is, so without credentials: those go into the setting `keySetting`. */
export function httpUrl(keySetting: string): Kind<string> {
  const accepts = 'an http or https URL';
  return {
    accepts,
    parse(value) {
      if (/^https?:\/\/[^\s/?#@]+([/?][^\s#]*)?$/i.test(value) && URL.canParse(value)) return value;
      throw new Error(
        value.includes('@') ? `${accepts} without credentials in it: use ${keySetting}` : accepts,
      );
    },
  };
}

/** A list: comma-separated, or a JSON array of strings; doubles dropped, order kept, at most `maxItems`. */
export function list(item: Kind<string>, maxItems: number): Kind<readonly string[]> {
  const accepts = `up to ${maxItems} values, comma-separated or as a JSON array; each ${item.accepts}`;
  return {
    accepts,
    parse(value, context) {
      const items = splitList(value).map((part) => item.parse(part, context));
      if (items.length > maxItems) throw new Error(accepts);
      return Object.freeze([...new Set(items)]);
    },
  };
}

function splitList(value: string): string[] {
  if (!value.startsWith('['))
    return value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  const parsed = parseJson(value);
  if (parsed === undefined) throw new Error('a JSON array that parses');
  if (!Array.isArray(parsed) || !parsed.every((part) => typeof part === 'string')) {
    throw new Error('a JSON array of strings');
  }
  return parsed.map((part: string) => part.trim()).filter((part) => part !== '');
}

/** JSON that a value is written as; undefined where it does not parse. */
export function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** A file or folder; the value is absolute. It need not exist. */
export const path: Kind<string> = {
  accepts: 'path',
  parse(value, context) {
    if (value.includes('\0')) throw new Error('a path without NUL');
    return resolve(context.cwd, value);
  },
};

/** The word `auto`, or what `other` accepts. */
export function auto<T>(other: Kind<T>): Kind<'auto' | T> {
  return {
    accepts: `\`auto\` or ${other.accepts}`,
    parse(value, context) {
      if (value.toLowerCase() === 'auto') return 'auto';
      try {
        return other.parse(value, context);
      } catch (error) {
        throw new Error(`auto or ${(error as Error).message}`);
      }
    },
  };
}
