import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import { registerStorageImport } from './storage-import.js';
import type { StoredState } from './stored-state.js';

/** `storage …`: all that is stored, without a running server or beside one. */
export function registerStorage(program: Command, context: CommandContext, state: StoredState): void {
  const storage = program.command('storage').description('move and mend what is stored');
  registerStorageImport(storage, context, state);
}
