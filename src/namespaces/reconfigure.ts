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
      void reopen(namespace, registry, store).catch((error: Error) => onFailure('reconfigure', error));
  }
}

async function reopen(
  namespace: Namespace,
  registry: NamespaceRegistry<Namespace>,
  store: Pick<Store, 'durable'>,
): Promise<void> {
  const { name } = namespace;
  // Only this one: while a use keeps it from leaving this is asked for again, and what is opened then is as it should be.
  const isGone = await registry.evictThis(namespace, name, 'reconfigured');
  // What nothing keeps is kept by whoever is open.
  if (isGone && !store.durable) await registry.use(name, async () => undefined);
}
