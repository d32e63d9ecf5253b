import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isConfigFile } from './config-files.js';
import { assertFile } from './export-files.js';
import { graphsAmong } from './graph-files.js';
import { type FileFacts, type Manifest, readManifest, writeManifest } from './manifest.js';
import { ModelStoreError } from './model-store-error.js';
import { readKind } from './read-kind.js';

const CHUNK_BYTES = 1 << 20;
/** Folders of an export in which something lies that matters: `onnx`, `1_Pooling`. */
const SUBFOLDER = /^(onnx|\d_[A-Za-z]+)$/;

/** Hexadecimal digits of a revision. */
const REVISION_LENGTH = 12;

/**
 * Files of an export on which its vectors depend: configs, graphs and their data; relative, sorted. Links are followed,
 * for the caches of other tools are made of them. Throws `ModelStoreError` where the folder cannot be read.
 */
export function exportFiles(folder: string): string[] {
  const names = list(folder);
  const nested = names
    .filter((name) => SUBFOLDER.test(name) && isFolder(join(folder, name)))
    .flatMap((name) => list(join(folder, name)).map((file) => `${name}/${file}`));
  const paths = [...names, ...nested];
  const graphs = graphsAmong(paths).flatMap(({ file, data }) => [file, ...data]);
  return [...paths.filter(isConfigFile), ...graphs].sort();
}

/**
 * The manifest of a folder that has none, made from what is there: named as the folder, its revision from what the files
 * hold. Reads all of them, some 2 ms a megabyte, and holds the thread meanwhile. Throws `ModelStoreError` where there is
 * no model, or one of its files has no end.
 */
export function describeFolder(folder: string): Manifest {
  const paths = exportFiles(folder);
  if (graphsAmong(paths).length === 0)
    throw new ModelStoreError(`there is no model in ${folder}: no ONNX graph`);
  for (const path of paths) assertFile(folder, path);
  const files = Object.fromEntries(paths.map((path) => [path, factsOf(join(folder, path))]));
  const content = createHash('sha256');
  for (const [path, { sha256 }] of Object.entries(files)) content.update(`${path}\0${sha256}\n`);
  return {
    version: 1,
    name: basename(resolve(folder)),
    ...readKind(folder),
    description: 'An export without a manifest of its own',
    revision: content.digest('hex').slice(0, REVISION_LENGTH),
    licence: 'unknown',
    files,
  };
}

/**
 * Writes the measured τ into a folder's manifest, which is made where there was none. Answers the manifest as it is now.
 * Throws `ModelStoreError`, and what the file system throws, as for a folder that may only be read.
 */
export function setTau(folder: string, tau: number): Manifest {
  const manifest = { ...(readManifest(folder) ?? describeFolder(folder)), tau };
  writeManifest(folder, manifest);
  return manifest;
}

/** Length and SHA-256 of a file, read a mebibyte at a time. */
export function factsOf(path: string): FileFacts {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const handle = openSync(path, 'r');
  try {
    let bytes = 0;
    for (;;) {
      const count = readSync(handle, chunk);
      if (count === 0) return { sha256: hash.digest('hex'), bytes };
      hash.update(chunk.subarray(0, count));
      bytes += count;
    }
  } finally {
    closeSync(handle);
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new ModelStoreError(`cannot read the model folder ${folder}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
