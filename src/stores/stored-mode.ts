import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../base/make-folder.js';
import { DATABASE_FILE, type EngineFiles } from './engine-worker-data.js';
import { openFilesReader } from './open-reader.js';
import { StorageError } from './store.js';

/** Says in `STORAGE_DIR` in which way its state is kept, so that a change of settings does not look like an empty store. */
export const MODE_FILE = 'neuralcache.mode';

const storedMode = z.discriminatedUnion('driver', [
  z.object({ driver: z.literal('sqlite') }),
  z.object({ driver: z.literal('sqlite-files'), template: z.string() }),
  z.object({
    driver: z.literal('json'),
    templates: z.object({ narrative: z.string(), pheromones: z.string(), index: z.string() }),
  }),
]);

/** Notes in which way the state of a folder is kept from now on: all of it or nothing. Throws what the disk throws. */
export function recordMode(folder: string, files: EngineFiles): void {
  if (isRecorded(folder, files)) return;
  const path = join(folder, MODE_FILE);
  makeFolder(folder);
  writeFileSync(`${path}.new`, modeOf(files), { flush: true });
  renameSync(`${path}.new`, path);
}

/** Whether a folder says that its state is kept in this way. */
export function isRecorded(folder: string, files: EngineFiles): boolean {
  return readText(join(folder, MODE_FILE)) === modeOf(files);
}

/**
 * The way, other than `wanted`, in which a folder holds state that would be overlooked; undefined when there is none.
 * Believes the folder's own file; a folder without one is searched for state in each of `known`. Changes nothing.
 */
export async function overlookedState(
  folder: string,
  wanted: EngineFiles,
  known: readonly EngineFiles[],
): Promise<EngineFiles | undefined> {
  const recorded = recordedMode(folder);
  for (const files of recorded ? [recorded] : known) {
    if (modeOf(files) === modeOf(wanted)) continue;
    // Where nobody can look, the folder's own word stands.
    if ((await hasState(folder, files)) ?? recorded !== undefined) return files;
  }
  return undefined;
}

/** What two starts must agree on, as the file has it. */
function modeOf(files: EngineFiles): string {
  return `${JSON.stringify(storedMode.parse(files))}\n`;
}

/** Undefined where there is no such file, or none that can be understood: then the folder is searched. */
function recordedMode(folder: string): EngineFiles | undefined {
  const text = readText(join(folder, MODE_FILE));
  if (text === undefined) return undefined;
  try {
    const mode = storedMode.parse(JSON.parse(text));
    return mode.driver === 'sqlite' ? { ...mode, path: join(folder, DATABASE_FILE) } : mode;
  } catch {
    return undefined;
  }
}

/** State that is damaged or newer is state all the same; undefined where the disk does not tell. */
async function hasState(folder: string, files: EngineFiles): Promise<boolean | undefined> {
  try {
    const reader = openFilesReader(folder, files);
    try {
      return (await reader.namespaces()).length > 0;
    } finally {
      await reader.close();
    }
  } catch (cause) {
    const failure = cause instanceof StorageError ? cause.failure : undefined;
    return failure === 'damaged' || failure === 'newer' || undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
