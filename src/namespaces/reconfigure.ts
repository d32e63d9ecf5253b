import type { Store } from '../stores/store.js';
import type { Namespace } from './namespace.js';
import type { NamespaceRegistry } from './registry.js';

/**
 * Makes open namespaces go by what their policies say now: caches that were turned off are empty at once, and those with
 * another scorer leave memory, to be opened anew. Waits for nothing; one that could not be saved stays as it is until the
 * next call. Costs a look-up for each open one.
 */
export function reconfigure(
  registry: NamespaceRegistry<Namespace>,
  store: Pick<Store, 'durable'>,
  onFailure: (operation: 'reconfigure', error: Error) => void,
): void {
  for (const namespace of registry.present(null)) {
    namespace.adoptPolicies();
    if (namespace.isOutdated)
      void reopen(namespace.name, registry, store).catch((error: Error) => onFailure('reconfigure', error));
  }
}

async function reopen(
  name: string,
  registry: NamespaceRegistry<Namespace>,
  store: Pick<Store, 'durable'>,
): Promise<void> {
  await registry.evict(name, 'reconfigured');
  // What nothing keeps is kept by whoever is open.
  if (!store.durable) await registry.use(name, async () => undefined);
}
