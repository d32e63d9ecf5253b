import type { CatalogView } from '../catalog/catalog-view.js';
import { mapBounded } from './bounded-map.js';
import type { ManagementOptions } from './management-options.js';
import type { NamesInUse } from './names-in-use.js';
import type { Numbers } from './namespace-numbers.js';

/** What a pool's family holds of the quotas that bound what there is, in the units of their limits. */
export interface FamilyUse {
  readonly max_vectors: number;
  readonly max_storage_bytes: number;
  /** Of open members, caches included. */
  readonly max_memory_mb: number;
  readonly max_namespaces: number;
}

export type StockName = keyof FamilyUse;

export const STOCK_NAMES = [
  'max_vectors',
  'max_storage_bytes',
  'max_memory_mb',
  'max_namespaces',
] as const satisfies readonly StockName[];

/** Questions to the store at the same time: feedbacks share it. */
const CONCURRENCY = 4;

/**
 * Measures what a namespace and all below it hold together, registered or not. Numbers are as `Numbers.recent` has them.
 * Costs a look at every name in use, and for each member that is not remembered two questions to the store. 503 where that
 * cannot be read.
 */
export async function measureFamily(
  id: string,
  catalog: Pick<CatalogView, 'descendantsOf'>,
  {
    inUse,
    numbers,
    residents,
  }: { inUse: NamesInUse; numbers: Numbers } & Pick<ManagementOptions, 'residents'>,
): Promise<FamilyUse> {
  const registered = catalog.descendantsOf(id);
  const members = membersOf(id, registered, await inUse.allNow());
  const held = await mapBounded(members, CONCURRENCY, (name) => numbers.recent(name));
  let memoryBytes = 0;
  for (const name of members) {
    const open = residents.peek(name);
    if (open !== undefined) memoryBytes += open.bytes + open.cacheBytes;
  }
  return {
    max_vectors: held.reduce((sum, { cells }) => sum + cells, 0),
    max_storage_bytes: held.reduce((sum, { storageBytes }) => sum + storageBytes, 0),
    max_memory_mb: memoryBytes / 2 ** 20,
    max_namespaces: registered.length,
  };
}

/** Those that are in use: itself, the registered ones below it, and whatever stands below one of these by dots. */
function membersOf(id: string, registered: readonly string[], names: readonly string[]): string[] {
  const roots = new Set([id, ...registered]);
  return names.filter((name) => {
    for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1))
      if (roots.has(name.slice(0, end))) return true;
    return false;
  });
}
