import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import type { FolderAdmin } from './open-admin.js';
import { registerStorageBackup } from './storage-backup.js';
import { registerStorageCheck } from './storage-check.js';
import { registerStorageCompact } from './storage-compact.js';
import { registerStorageImport } from './storage-import.js';
import { registerStorageMigrate } from './storage-migrate.js';
import { registerStorageRepair } from './storage-repair.js';
import type { StoredState } from './stored-state.js';

/** `storage …`: all that is stored, without a running server or beside one. */
export function registerStorage(
  program: Command,
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
): void {
  const storage = program.command('storage').description('check, mend, save and move all that is stored');
  registerStorageCheck(storage, context, state);
  registerStorageRepair(storage, context, state);
  registerStorageCompact(storage, context, state);
  registerStorageBackup(storage, context, state);
  registerStorageMigrate(storage, context, state);
  registerStorageImport(storage, context, state, folder);
}
