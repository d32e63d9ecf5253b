import { rmSync } from 'node:fs';
import type { Clock } from '../base/clock.js';
import { openCatalogReader } from './catalog-reader.js';
import { catalogPath } from './catalog-schema.js';
import { attempting } from './disk-failure.js';
import { COMPANIONS } from './sqlite-file.js';
import { catalogUpkeep } from './sqlite-upkeep.js';

/**
 * Copies the catalog of one folder into another that exists and is owned by this process, as it is at one moment.
 * `other`: that folder has a catalog with another history, which stays unless it is to be replaced. Rejects with
 * `StorageError`.
 */
export async function carryCatalog(
  from: string,
  to: string,
  { clock, replace }: { readonly clock: Clock; readonly replace: boolean },
): Promise<'none' | 'carried' | 'other'> {
  const upkeep = catalogUpkeep(from, clock);
  const [part] = upkeep.parts();
  if (part === undefined) return 'none';
  const before = await historyOf(to);
  if (before !== undefined && before === (await historyOf(from))) return 'carried';
  if (before !== undefined && !replace) return 'other';
  // Of the file that it takes the place of.
  const path = catalogPath(to);
  attempting(path, () => {
    for (const suffix of COMPANIONS) rmSync(path + suffix, { force: true });
  });
  await upkeep.backup(part, to);
  return 'carried';
}

/** The hash of its last audit entry, which stands for all before it; undefined where there is none. */
async function historyOf(folder: string): Promise<string | undefined> {
  const reader = openCatalogReader(folder);
  try {
    return (await reader.load()).lastAudit?.hash;
  } finally {
    await reader.close();
  }
}
