import type { Logger } from 'pino';
import type { Settings } from './base/settings/table.js';
import { DeclaredWatch, declaredLog } from './management/declared-watch.js';
import type { NamespaceAdmin } from './management/namespace-admin.js';

/**
 * Applies `NAMESPACES_FILE`, and keeps to it until the services are closed. Rejects with `DeclaredError` for what is wrong
 * with it, the services closed.
 */
export async function keepDeclared<
  Services extends { readonly admin: NamespaceAdmin; close(): Promise<void> },
>({ namespacesFile: path }: Settings, services: Services, logger: Logger): Promise<Services> {
  if (path === undefined) return services;
  const { admin } = services;
  const watch = new DeclaredWatch({ path, label: path, admin, events: declaredLog(logger, path) });
  const close = services.close.bind(services);
  try {
    await watch.start();
  } catch (error) {
    await close();
    throw error;
  }
  return Object.assign(services, {
    async close(): Promise<void> {
      try {
        await watch.stop();
      } finally {
        await close();
      }
    },
  });
}
