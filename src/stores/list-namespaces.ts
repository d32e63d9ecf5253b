import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from './disk-failure.js';
import type { TemplatePaths } from './templates.js';

/** The namespaces that have a file by a template, in no order. Throws what the file system throws; no folder = none. */
export function listNamespaces(paths: TemplatePaths): string[] {
  return entriesOf(paths.folder).flatMap((entry) => {
    const namespace = paths.namespaceOf(entry);
    if (namespace === undefined) return [];
    const path = paths.pathOf(namespace);
    // A template may put the file in a folder that is named after the namespace.
    return path === join(paths.folder, entry) || existsSync(path) ? [namespace] : [];
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return [];
    throw cause;
  }
}
