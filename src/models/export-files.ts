import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ModelStoreError } from './model-store-error.js';

/** Longest file that is read whole: the largest tokenizers have some 20 MB. */
const MAX_BYTES = 128 * 1024 * 1024;

/** A folder that cannot be used as a model: names the folder, the file in it, and the reason. */
export function exportError(folder: string, file: string, reason: string, cause?: unknown): ModelStoreError {
  return new ModelStoreError(`model folder ${folder}: ${file}: ${reason}`, { cause });
}

/**
 * A JSON file of a model folder; `file` is never taken from the folder's own files. Throws an `exportError` where it
 * cannot be read, is no JSON, or not what the schema asks for.
 */
export function readExportJson<Schema extends z.ZodType>(
  folder: string,
  file: string,
  schema: Schema,
): z.infer<Schema> {
  const parsed = schema.safeParse(parse(folder, file, read(folder, file)));
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

function read(folder: string, file: string): string {
  const location = path.join(folder, file);
  try {
    const { size } = statSync(location);
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_BYTES}`);
    return readFileSync(location, 'utf8');
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
