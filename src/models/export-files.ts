import { statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ModelStoreError } from './model-store-error.js';
import { assertRegular, readRegularFile } from './regular-file.js';

/** Longest config: they have some KB. */
const CONFIG_BYTES = 16 * 2 ** 20;
/** Longest `tokenizer.json`: the largest have some 35 MB. */
export const TOKENIZER_BYTES = 256 * 2 ** 20;

/** A folder that cannot be used as a model: names the folder, the file in it, and the reason. */
export function exportError(folder: string, file: string, reason: string, cause?: unknown): ModelStoreError {
  return new ModelStoreError(`model folder ${folder}: ${file}: ${reason}`, { cause });
}

/** Throws an `exportError` where a file is missing, or is none that has an end: a folder, a pipe, a device. */
export function assertFile(folder: string, file: string): void {
  try {
    assertRegular(statSync(path.join(folder, file)));
  } catch (cause) {
    throw exportError(folder, file, (cause as Error).message, cause);
  }
}

/**
 * A JSON file of a model folder; `file` is never taken from the folder's own files. Throws an `exportError` where it
 * cannot be read, is no regular file, has more than `maxBytes`, is no JSON, or not what the schema asks for.
 */
export function readExportJson<Schema extends z.ZodType>(
  folder: string,
  file: string,
  schema: Schema,
  maxBytes = CONFIG_BYTES,
): z.infer<Schema> {
  const parsed = schema.safeParse(parse(folder, file, readExportText(folder, file, maxBytes)));
  if (!parsed.success) throw exportError(folder, file, z.prettifyError(parsed.error));
  return parsed.data;
}

/** The same; undefined where there is no such file. */
export function readOptionalJson<Schema extends z.ZodType>(
  folder: string,
  file: string,
  schema: Schema,
): z.infer<Schema> | undefined {
  const there = statSync(path.join(folder, file), { throwIfNoEntry: false });
  return there === undefined ? undefined : readExportJson(folder, file, schema);
}

/** A text file of a model folder, of at most `maxBytes`; the rest as above. */
export function readExportText(folder: string, file: string, maxBytes: number): string {
  try {
    return readRegularFile(path.join(folder, file), maxBytes).toString('utf8');
  } catch (cause) {
    throw exportError(folder, file, (cause as Error).message, cause);
  }
}

function parse(folder: string, file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's message quotes the file: fine for configs, for they hold nothing of users.
    throw exportError(folder, file, (cause as Error).message, cause);
  }
}
