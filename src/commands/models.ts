import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import { type CalibrateParts, registerModelsCalibrate } from './models-calibrate.js';
import { registerModelsDistil } from './models-distil.js';

/** `models`: models as files, and what can be made and measured of them. */
export function registerModels(program: Command, context: CommandContext, parts: CalibrateParts): void {
  const models = program.command('models').description('make and measure models');
  registerModelsDistil(models, context, parts.openEncoder);
  registerModelsCalibrate(models, context, parts);
}
