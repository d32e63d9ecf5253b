import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../base/settings/table.js';
import { exportFiles } from '../models/describe-folder.js';
import { BUNDLED_MODELS, type ModelFolder, ModelStore } from '../models/model-store.js';
import type { CommandContext } from './context.js';
import { readSettings } from './read-settings.js';

/** The settings of the context, and the models there are by them. */
export function findModels(context: CommandContext): { settings: Settings; models: ModelStore } {
  const { settings } = readSettings(context);
  const models = new ModelStore({
    bundledDir: settings.modelsDir ?? BUNDLED_MODELS,
    storeDir: settings.modelStoreDir,
    cwd: context.cwd,
  });
  return { settings, models };
}

/** Bytes of a model's files: as its manifest has them, else of those on which it depends. */
export function sizeOf({ folder, manifest }: ModelFolder): number {
  const sizes =
    manifest === undefined
      ? exportFiles(folder).map((path) => statSync(join(folder, path)).size)
      : Object.values(manifest.files).map(({ bytes }) => bytes);
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** A size for people, in decimal units: `718 B`, `466.1 kB`, `23.0 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, factor] = bytes < 1e6 ? ['kB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9];
  return `${(bytes / Number(factor)).toFixed(1)} ${unit}`;
}
