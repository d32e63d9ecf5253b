import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isFolder } from '../base/make-folder.js';
import { isConfigFile } from './config-files.js';
import { assertFile } from './export-files.js';
import { graphsAmong } from './graph-files.js';
import type { Manifest } from './manifest.js';
import { factsOf, revisionOf } from './model-files.js';
import { ModelStoreError } from './model-store-error.js';
import { readKind } from './read-kind.js';

/** Folders of an export in which something lies that matters: `onnx`, `1_Pooling`. */
const SUBFOLDER = /^(onnx|\d_[A-Za-z]+)$/;

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
    revision: revisionOf(content.digest('hex')),
    licence: 'unknown',
    files,
  };
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
