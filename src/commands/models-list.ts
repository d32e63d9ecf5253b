import type { Command } from 'commander';
import type { ListedModel } from '../models/model-store.js';
import { type CommandContext, CommandError } from './context.js';
import { table } from './measurement.js';
import { findModels, sizeOf, sizeText } from './model-places.js';
import { oneLine } from './terminal.js';

/** What `list` prints of a model; null where its folder does not say. */
interface ListedFacts {
  name: string;
  kind: string | null;
  revision: string | null;
  licence: string | null;
  bytes: number;
  dimension: number | null;
  tau: number | null;
  /** Version of the encoder that τ was measured with. */
  tau_version: string | null;
  place: ListedModel['place'];
  folder: string;
  /** What is wrong with its manifest. */
  problem: string | null;
}

const HEAD = ['name', 'kind', 'revision', 'licence', 'size', 'dimension', 'τ', 'where'];

/** `models list`: the bundled models and those in the model store. */
export function registerModelsList(models: Command, context: CommandContext): void {
  models
    .command('list')
    .description('print the bundled models and those in the model store')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => list(context, json === true));
}

function list(context: CommandContext, json: boolean): void {
  const listed = findModels(context).models.list().map(factsOf);
  context.stdout.write(json ? `${JSON.stringify(listed, null, 2)}\n` : table(HEAD, listed.map(row)));
  const problems = listed.flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) throw new CommandError(problems.join('\n'));
}

function factsOf(model: ListedModel): ListedFacts {
  const { name, folder, place, manifest, problem } = model;
  return {
    name,
    kind: manifest?.kind ?? null,
    revision: manifest?.revision ?? null,
    licence: manifest?.licence ?? null,
    bytes: sizeOf(model),
    dimension: manifest?.dimension ?? null,
    tau: manifest?.tau?.value ?? null,
    tau_version: manifest?.tau?.version ?? null,
    place,
    folder,
    problem: problem ?? null,
  };
}

function row({ name, kind, revision, licence, bytes, dimension, tau, place }: ListedFacts): string[] {
  const cells = [name, kind, revision, licence, sizeText(bytes), dimension, tau, place];
  return cells.map((cell) => oneLine(String(cell ?? '-'), 60));
}
