import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import { type CalibrateParts, registerModelsCalibrate } from './models-calibrate.js';
import { registerModelsDistil } from './models-distil.js';
import { registerModelsInfo } from './models-info.js';
import { registerModelsList } from './models-list.js';
import { registerModelsPull } from './models-pull.js';
import { registerModelsRemove } from './models-remove.js';
import { registerModelsVerify } from './models-verify.js';

/** `models …`: models as files: what there is, where it comes from, whether it is whole; made and measured. */
export function registerModels(program: Command, context: CommandContext, parts: CalibrateParts): void {
  const models = program.command('models').description('list, pull, check, remove, make and measure models');
  registerModelsList(models, context);
  registerModelsPull(models, context);
  registerModelsVerify(models, context);
  registerModelsInfo(models, context);
  registerModelsRemove(models, context);
  registerModelsDistil(models, context, parts.openEncoder);
  registerModelsCalibrate(models, context, parts);
}
