import { isAbsolute, resolve } from 'node:path';
import { parse as parseDotenv } from 'dotenv';
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { PREFIX } from './table.js';
import { withoutCredentials } from './without-credentials.js';

/** Where a value came from; `option` = the command line. */
export type Origin = 'option' | 'environment' | '.env' | 'file' | 'default';

/** One value as written. */
export interface Entry {
  /** Upper case, without the prefix. */
  readonly name: string;
  /** The key as written there, for messages. */
  readonly key: string;
  readonly value: string;
}

/** One place with its entries; places are searched in order, the first value wins. */
export interface Source {
  readonly origin: Exclude<Origin, 'default'>;
  /** How messages call it: `option`, `environment`, `.env`, or the file's path. */
  readonly label: string;
  readonly entries: readonly Entry[];
}

/** Reads a whole text file; throws with `code` `ENOENT` where there is none. */
export type ReadFile = (path: string) => string;

/** The settings file looked for in the working folder when `NEURALCACHE_CONFIG` names none. */
export const DEFAULT_FILE = 'neuralcache.yaml';

/** A settings file or secret is never near this long; a device or a log given by mistake is. */
const MAX_FILE_CHARACTERS = 1_048_576;

/**
 * Reads environment, `.env` and settings file, in this order of precedence. Problems (a file that is missing, unreadable
 * or no mapping) are added to `problems`, and the rest is still read.
 */
export function readSources(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  readFile: ReadFile,
  problems: string[],
): Source[] {
  const environment = prefixed('environment', 'environment', env);
  const dotenv = prefixed('.env', '.env', readDotenv(cwd, readFile, problems));
  const named = [environment, dotenv].map((source) =>
    source.entries.find((entry) => entry.name === 'CONFIG'),
  );
  const chosen = named.find((entry) => entry !== undefined)?.value;
  const file = readSettingsFile(cwd, chosen, readFile, problems);
  return file ? [environment, dotenv, file] : [environment, dotenv];
}

/** Entries with our prefix, and a platform's plain `PORT` where ours is not set in the same place. */
function prefixed(
  origin: 'environment' | '.env',
  label: string,
  values: Readonly<Record<string, string | undefined>>,
): Source {
  const entries: Entry[] = [];
  for (const [key, value] of Object.entries(values)) {
    if (key.startsWith(PREFIX) && value?.trim())
      entries.push({ name: key.slice(PREFIX.length), key, value: value.trim() });
  }
  const port = values.PORT?.trim();
  if (port && !entries.some((entry) => entry.name === 'HTTP_PORT' && !entry.value.includes('://'))) {
    entries.push({ name: 'HTTP_PORT', key: 'PORT', value: port });
  }
  return { origin, label, entries };
}

function readDotenv(cwd: string, readFile: ReadFile, problems: string[]): Record<string, string> {
  try {
    return parseDotenv(bounded(readFile(resolve(cwd, '.env'))));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      problems.push(`.env: ${(error as Error).message}`);
    return {};
  }
}

function readSettingsFile(
  cwd: string,
  chosen: string | undefined,
  readFile: ReadFile,
  problems: string[],
): Source | undefined {
  const path =
    chosen === undefined ? resolve(cwd, DEFAULT_FILE) : isAbsolute(chosen) ? chosen : resolve(cwd, chosen);
  try {
    return { origin: 'file', label: chosen ?? DEFAULT_FILE, entries: yamlEntries(bounded(readFile(path))) };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!missing) problems.push(`${chosen ?? DEFAULT_FILE}: ${(error as Error).message}`);
    if (missing && chosen !== undefined)
      problems.push(`${PREFIX}CONFIG=${JSON.stringify(withoutCredentials(chosen))}: there is no such file`);
    return undefined;
  }
}

/** Keys are names without the prefix, in any case; values are scalars, or lists of scalars. `null` is not set. */
function yamlEntries(text: string): Entry[] {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new Error(document.errors[0]!.message.split('\n')[0]);
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return [];
  if (!isMap(document.contents)) throw new Error('expected a mapping of names to values');
  return document.contents.items.flatMap((pair) => {
    const key = String(pair.key);
    const value = yamlText(key, pair.value);
    return value === '' ? [] : [{ name: key.toUpperCase(), key, value }];
  });
}

function yamlText(key: string, node: unknown): string {
  if (node === null || node === undefined) return '';
  if (isScalar(node)) return scalarText(node.value, node.source);
  if (isSeq(node) && node.items.every((item) => isScalar(item))) {
    return JSON.stringify(
      node.items.map((item) => (isScalar(item) ? scalarText(item.value, item.source) : '')),
    );
  }
  throw new Error(`${key}: expected one value, or a list of values`);
}

/** Numbers and words as they were typed: `007` stays, and 1e400 is refused by its kind rather than read as Infinity. */
function scalarText(value: unknown, source: string | undefined): string {
  if (value === null) return '';
  return (typeof value === 'string' ? value : (source ?? String(value))).trim();
}

function bounded(text: string): string {
  if (text.length > MAX_FILE_CHARACTERS) throw new Error(`longer than ${MAX_FILE_CHARACTERS} characters`);
  return text.replace(/^\uFEFF/, '');
}
