import type { Command } from 'commander';
import type { ListedModel } from '../models/model-store.js';
import { verifyFolder } from '../models/verify-folder.js';
import { type CommandContext, CommandError } from './context.js';
import { findModels, sizeOf } from './model-places.js';
import { startProgress } from './progress-bar.js';

interface Verified {
  /** Of a folder that was named its path: manifests of two may have one name. */
  name: string;
  folder: string;
  /** Whether there is a manifest to check against. */
  checked: boolean;
  problems: string[];
}

/** `models verify`: compares files with manifests; exit code 1 where one is not as it should be. */
export function registerModelsVerify(models: Command, context: CommandContext): void {
  models
    .command('verify')
    .description('compare the files of models with their manifests')
    .argument('[names...]', 'models, or folders; default: all there are')
    .option('--json', 'print JSON')
    .action((names: string[], { json }: { json?: boolean }) => verify(context, names, json === true));
}

async function verify(context: CommandContext, names: readonly string[], json: boolean): Promise<void> {
  const { models } = findModels(context);
  const chosen: readonly ListedModel[] =
    names.length > 0 ? names.map((name) => models.find(name)) : models.list();
  const total = chosen.reduce((sum, model) => sum + sizeOf(model), 0);
  const bar = startProgress(context.stderr, 'verify', json);
  const verified: Verified[] = [];
  let read = 0;
  try {
    for (const model of chosen) {
      verified.push(
        await verifyOne(model, (count) => {
          read += count;
          bar.update(read / total);
        }),
      );
    }
  } finally {
    bar.stop();
  }
  context.stdout.write(json ? `${JSON.stringify(verified, null, 2)}\n` : verified.map(lines).join(''));
  const damaged = verified.filter(({ problems }) => problems.length > 0);
  if (damaged.length > 0) {
    throw new CommandError(`Not as their manifests say: ${damaged.map(({ name }) => name).join(', ')}`);
  }
}

async function verifyOne(model: ListedModel, onBytes: (count: number) => void): Promise<Verified> {
  const { folder, manifest, problem } = model;
  const name = model.place === 'folder' ? folder : model.name;
  if (problem !== undefined) return { name, folder, checked: true, problems: [problem] };
  if (manifest === undefined) return { name, folder, checked: false, problems: [] };
  return { name, folder, checked: true, problems: await verifyFolder(folder, manifest, onBytes) };
}

function lines({ name, checked, problems }: Verified): string {
  if (problems.length > 0) return problems.map((problem) => `${name}: ${problem}\n`).join('');
  return checked ? `${name}: whole\n` : `${name}: has no manifest to be checked against\n`;
}
