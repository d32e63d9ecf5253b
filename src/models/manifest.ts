import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isSafePath } from './model-name.js';
import { ModelStoreError } from './model-store-error.js';
import { readRegularFile } from './regular-file.js';

/** Every model's folder has its own. */
export const MANIFEST_FILE = 'manifest.json';

const MAX_BYTES = 1 << 20;
const MAX_FILES = 1000;

const manifestSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1).max(300),
  kind: z.enum(['static-encoder', 'encoder', 'cross-encoder', 'data']),
  description: z.string().max(2000),
  /** Changes with the weights; part of the version of every vector made from them. */
  revision: z.string().min(1).max(100),
  licence: z.string().min(1).max(300),
  dimension: z.int().positive().optional(),
  /**
   * Cosine from which two queries count as neighbours, and the version of the encoder that it was measured with: the same
   * files read in another way (pooling, prompts, length, precision) have no τ.
   */
  tau: z.strictObject({ value: z.number().min(0).max(1), version: z.string().min(1).max(300) }).optional(),
  /** Where the files were pulled from. */
  source: z.strictObject({ endpoint: z.string(), repository: z.string(), commit: z.string() }).optional(),
  files: z
    .record(
      z.string().refine(isSafePath, 'a plain relative path'),
      z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(0) }),
    )
    .refine((files) => Object.keys(files).length <= MAX_FILES, `at most ${MAX_FILES} files`),
});

/** What a model's `manifest.json` says of it. */
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;
export type ModelKind = Manifest['kind'];

/** Length and SHA-256 of a file, as manifests have them. */
export type FileFacts = Readonly<Manifest['files'][string]>;

/** The τ that was measured with this version of an encoder, if it was. */
export function tauOf({ tau }: Pick<Manifest, 'tau'>, version: string): number | undefined {
  return tau?.version === version ? tau.value : undefined;
}

/** Reads a folder's manifest; undefined where it has none. Throws `ModelStoreError` that names the file and what is wrong. */
export function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, MANIFEST_FILE);
  let value: unknown;
  try {
    value = JSON.parse(readRegularFile(file, MAX_BYTES).toString('utf8'));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ModelStoreError(`cannot read the model manifest ${file}: ${message}`, { cause });
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ModelStoreError(`the model manifest ${file} is wrong: ${z.prettifyError(parsed.error)}`);
}

/**
 * Writes a folder's manifest, whole or not at all: what was there stays until all of the new one is on the disk. Throws
 * `ModelStoreError` for one that could not be read again, and what the file system throws.
 */
export function writeManifest(folder: string, manifest: Manifest): void {
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) {
    throw new ModelStoreError(`no manifest for ${folder}: ${z.prettifyError(parsed.error)}`);
  }
  const file = join(folder, MANIFEST_FILE);
  const draft = `${file}.${randomBytes(6).toString('hex')}.partial`;
  try {
    const handle = openSync(draft, 'wx');
    try {
      writeWhole(handle, Buffer.from(`${JSON.stringify(parsed.data, null, 2)}\n`));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeWhole(handle: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
}
