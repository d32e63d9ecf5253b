import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CollectionError } from './read-lines.js';

/** The file of that name, plain before packed (`.gz`), in the first of the folders that has one. */
export async function findFile(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    for (const file of [join(folder, name), join(folder, `${name}.gz`)]) {
      const found = await stat(file).catch(() => undefined);
      if (found?.isFile()) return file;
    }
  }
  return undefined;
}

/** The same for a file that must be there; throws `CollectionError` under its name in the first folder. */
export async function requiredFile(folders: readonly string[], name: string): Promise<string> {
  const found = await findFile(folders, name);
  if (found !== undefined) return found;
  throw new CollectionError(join(folders[0]!, name), undefined, 'not found, nor packed as .gz');
}
