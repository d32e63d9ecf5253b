import type { Command } from 'commander';
import { isInStore, removeStoredModel } from '../models/store-folders.js';
import { type CommandContext, CommandError } from './context.js';
import { findModels, sizeOf, sizeText } from './model-places.js';
import { confirm, oneLine } from './terminal.js';

interface RemoveOptions {
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `models remove NAME`: removes a model from the model store. */
export function registerModelsRemove(models: Command, context: CommandContext): void {
  models
    .command('remove')
    .description('remove a model from the model store')
    .argument('<name>', 'ORG/NAME')
    .option('--force', 'do not ask')
    .option('--json', 'print JSON')
    .action((name: string, options: RemoveOptions) => remove(context, name, options));
}

async function remove(context: CommandContext, name: string, { force, json }: RemoveOptions): Promise<void> {
  const { settings, models } = findModels(context);
  const { modelStoreDir } = settings;
  if (!isInStore(modelStoreDir, name)) {
    throw new CommandError(`${oneLine(name, 200)} is not in the model store ${modelStoreDir}`);
  }
  const model = models.list().find((listed) => listed.place === 'store' && listed.name === name);
  const what = model === undefined ? 'what an unfinished pull left of it' : sizeText(sizeOf(model));
  if (!force && !(await confirm(context, `Remove ${name} (${what}) from ${modelStoreDir}?`))) {
    throw new CommandError('Nothing was removed');
  }
  await removeStoredModel(modelStoreDir, name);
  context.stdout.write(json ? `${JSON.stringify({ removed: name })}\n` : `Removed ${name}\n`);
}
