import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import { registerNamespacesApply } from './namespaces-apply.js';
import { registerNamespacesChange } from './namespaces-change.js';
import { registerNamespacesDrop } from './namespaces-drop.js';
import { registerNamespacesExport } from './namespaces-export.js';
import { registerNamespacesForget } from './namespaces-forget.js';
import { registerNamespacesGet } from './namespaces-get.js';
import { registerNamespacesImport } from './namespaces-import.js';
import { registerNamespacesList } from './namespaces-list.js';
import { registerNamespacesUsage } from './namespaces-usage.js';
import type { FolderAdmin } from './open-admin.js';
import type { StoredState } from './stored-state.js';

/** `namespaces …`: looking at namespaces, managing them, and moving what was learned in them. */
export function registerNamespaces(
  program: Command,
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
): void {
  const namespaces = program
    .command('namespaces')
    .description('list, inspect, manage and move namespaces, of a folder or a running server');
  registerNamespacesList(namespaces, context, folder);
  registerNamespacesGet(namespaces, context, folder);
  registerNamespacesUsage(namespaces, context, folder);
  registerNamespacesChange(namespaces, context, folder);
  registerNamespacesDrop(namespaces, context, folder);
  registerNamespacesApply(namespaces, context, folder);
  registerNamespacesExport(namespaces, context, state);
  registerNamespacesImport(namespaces, context, state, folder);
  registerNamespacesForget(namespaces, context, state, folder);
}
