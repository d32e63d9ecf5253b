import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import { registerModelsInfo } from './models-info.js';
import { registerModelsList } from './models-list.js';
import { registerModelsPull } from './models-pull.js';
import { registerModelsRemove } from './models-remove.js';
import { registerModelsVerify } from './models-verify.js';

/** `models …`: models as files: what there is, where it comes from, whether it is whole. */
export function registerModels(program: Command, context: CommandContext): void {
  const models = program.command('models').description('list, pull, check and remove models');
  registerModelsList(models, context);
  registerModelsPull(models, context);
  registerModelsVerify(models, context);
  registerModelsInfo(models, context);
  registerModelsRemove(models, context);
}
