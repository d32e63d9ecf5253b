import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const manifestSchema = z.strictObject({
  version: z.literal(1),
  models: z.record(
    z.string(),
    z.strictObject({
      description: z.string(),
      /** Changes with the weights; part of the version of every vector made from them. */
      revision: z.string().min(1),
      licence: z.string().min(1),
      dimension: z.int().positive().optional(),
      tau: z.number().min(0).max(1).optional(),
      files: z.record(
        z.string(),
        z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(0) }),
      ),
    }),
  ),
});

/** What `models/manifest.json` says of one model. */
export type ModelEntry = z.infer<typeof manifestSchema>['models'][string];

/** A model's files, checked as they are read. */
export interface ModelFiles {
  /** Name in the manifest. */
  readonly name: string;
  readonly entry: ModelEntry;
  /**
   * A file's bytes. Throws an Error that names the file where it is not listed, cannot be read, or differs in length or
   * SHA-256 from the manifest. About 1 ms a megabyte.
   */
  read(file: string): Buffer;
  /** A text file, checked likewise. */
  readText(file: string): string;
}

/** The models of a folder with a `manifest.json`. */
export interface ModelStore {
  /** Names of the models, in the manifest's order. */
  readonly names: readonly string[];
  /** Throws an Error that lists the names there are. */
  open(name: string): ModelFiles;
}

/** Reads a models folder's manifest. Throws an Error that names the file and what is wrong with it. */
export function openModelStore(folder: string): ModelStore {
  const { models } = readManifest(path.join(folder, 'manifest.json'));
  const names = Object.keys(models);
  return {
    names,
    open(name) {
      const entry = Object.hasOwn(models, name) ? models[name] : undefined;
      if (entry === undefined)
        throw new Error(`no model "${name}" in ${folder}; there are: ${names.join(', ')}`);
      const read = (file: string) => readChecked(path.join(folder, name), file, entry);
      return { name, entry, read, readText: (file) => read(file).toString('utf8') };
    },
  };
}

function readManifest(file: string): z.infer<typeof manifestSchema> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`cannot read the model manifest ${file}: ${(cause as Error).message}`, { cause });
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success)
    throw new Error(`the model manifest ${file} is wrong: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function readChecked(folder: string, file: string, entry: ModelEntry): Buffer {
  const location = path.join(folder, file);
  const expected = Object.hasOwn(entry.files, file) ? entry.files[file] : undefined;
  if (expected === undefined) throw new Error(`model file ${location} is not in the manifest`);
  const bytes = readFile(location);
  if (bytes.length !== expected.bytes) {
    throw new Error(`model file ${location} has ${bytes.length} bytes, the manifest says ${expected.bytes}`);
  }
  if (createHash('sha256').update(bytes).digest('hex') !== expected.sha256) {
    throw new Error(`model file ${location} is damaged: its SHA-256 is not the manifest's`);
  }
  return bytes;
}

function readFile(location: string): Buffer {
  try {
    return readFileSync(location);
  } catch (cause) {
    throw new Error(`cannot read model file ${location}: ${(cause as Error).message}`, { cause });
  }
}
