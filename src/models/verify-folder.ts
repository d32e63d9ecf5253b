import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { exportFiles } from './describe-folder.js';
import type { FileFacts, Manifest } from './manifest.js';
import { hashFile } from './model-files.js';
import { ModelStoreError } from './model-store-error.js';
import { assertRegular } from './regular-file.js';

/**
 * Compares a folder with its manifest: every file there, of that length and SHA-256, and no other file that would change
 * the model. One sentence for each that is wrong, naming it; none = whole. Reads all files a mebibyte
 * at a time, some 2 ms for each, between which others have their turn.
 *
 * @param onBytes told how many more bytes were read
 */
export async function verifyFolder(
  folder: string,
  manifest: Pick<Manifest, 'files'>,
  onBytes?: (count: number) => void,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [path, facts] of Object.entries(manifest.files)) {
    const problem = await fileProblem(join(folder, path), facts, onBytes);
    if (problem !== undefined) problems.push(problem);
  }
  return problems.length > 0 ? problems : unlistedProblems(folder, manifest);
}

/** A sentence for each file that would change the model and is not in its manifest. Reads no file. */
export function unlistedProblems(folder: string, { files }: Pick<Manifest, 'files'>): string[] {
  return exportFiles(folder)
    .filter((path) => !Object.hasOwn(files, path))
    .map((path) => `model file ${join(folder, path)} is not in the manifest`);
}

/** Throws `ModelStoreError` with all that `verifyFolder` finds: such a model is not to be loaded. */
export async function assertWhole(folder: string, manifest: Manifest): Promise<void> {
  const problems = await verifyFolder(folder, manifest);
  if (problems.length > 0) throw new ModelStoreError(problems.join('\n'));
}

async function fileProblem(
  location: string,
  { bytes, sha256 }: FileFacts,
  onBytes?: (count: number) => void,
): Promise<string | undefined> {
  try {
    const stats = await stat(location);
    assertRegular(stats);
    const { size } = stats;
    if (size !== bytes) return `model file ${location} has ${size} bytes, the manifest says ${bytes}`;
    if ((await hashFile(location, { git: false }, onBytes)) === sha256) return undefined;
    return `model file ${location} is damaged: its SHA-256 is not the manifest's`;
  } catch (cause) {
    return `cannot read model file ${location}: ${(cause as Error).message}`;
  }
}
