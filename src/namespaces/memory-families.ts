import type { NamespaceRegistry } from './registry.js';
import type { Resident } from './resident.js';
import type { StockQuota } from './stock.js';

/** Told what the families with a quota of memory take. */
export interface MemoryStock {
  quotasOf(name: string): readonly StockQuota[];
  setMemory(pool: string, bytes: number): void;
}

/**
 * Keeps families within their memory: caches go first, those of the namespaces used least recently before others, then
 * whole namespaces that nobody is in. What is left of each is told to `stock`. Resolves when those that go are gone. Costs a
 * look-up for each open namespace.
 */
export async function keepFamiliesWithin<T extends Resident>(
  registry: NamespaceRegistry<T>,
  stock: MemoryStock,
): Promise<void> {
  const families = new Map<string, { readonly quota: StockQuota; readonly names: Set<string> }>();
  for (const name of registry.names()) {
    for (const quota of stock.quotasOf(name)) {
      if (quota.quota !== 'max_memory_mb') continue;
      const family = families.get(quota.pool) ?? { quota, names: new Set() };
      families.set(quota.pool, family);
      family.names.add(name);
    }
  }
  for (const { quota, names } of families.values()) {
    const isMember = (name: string) => names.has(name);
    if (quota.isRefusing) await registry.trimFamily(isMember, quota.limit);
    stock.setMemory(quota.pool, registry.bytesOf(isMember));
  }
}
