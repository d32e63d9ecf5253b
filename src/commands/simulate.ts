import { type Command, Option } from 'commander';
import type { CreateService } from '../evaluation/ranked-service.js';
import { type SimulationReport, simulateCollection } from '../evaluation/simulate-collection.js';
import { QUERY_SETS } from '../evaluation/simulate-run.js';
import { USER_KINDS, type UserKind } from '../evaluation/simulated-users.js';
import type { CommandContext } from './context.js';
import {
  change,
  collectSetting,
  decimal,
  openCollection,
  quality,
  table,
  wholeNumber,
  withService,
} from './measurement.js';
import { startProgress } from './progress-bar.js';

interface SimulateOptions {
  readonly users: UserKind;
  readonly rounds: number;
  readonly eta: number;
  readonly noise: number;
  readonly seeds: number;
  readonly seed: number;
  readonly onlySuccesses?: boolean;
  readonly set?: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

/** `simulate DIR`: what position-biased users make of a collection's repeated, reworded and unseen queries. */
export function registerSimulate(
  program: Command,
  context: CommandContext,
  createService: CreateService,
): void {
  program
    .command('simulate')
    .description('let simulated users click and measure what the memory makes of it (nDCG@10)')
    .argument('<dir>', 'folder with queries, qrels, candidates, corpus and perhaps groups')
    .addOption(
      new Option('--users <kind>', 'who clicks: mostly on what is relevant, by coin, or half of them hostile')
        .choices(USER_KINDS)
        .default('informative'),
    )
    .option('--rounds <number>', 'visits of each query', wholeNumber(1, 1000), 10)
    .option('--eta <number>', 'rank r is looked at with probability r^-eta', decimal(0, 10), 1)
    .option('--noise <share>', 'share of wrong decisions', decimal(0, 1), 0.1)
    .option('--seeds <number>', 'runs, each with a seed of its own', wholeNumber(1, 100), 3)
    .option('--seed <number>', 'seed of the first run', wholeNumber(0, 4_294_967_295), 1)
    .option('--only-successes', 'users who select nothing say nothing, as many clients have it')
    .option('--set <NAME=VALUE>', 'a setting, may be repeated; state is in memory unless set', collectSetting)
    .option('--json', 'print JSON')
    .action((directory: string, options: SimulateOptions) =>
      simulate(directory, options, context, createService),
    );
}

async function simulate(
  directory: string,
  options: SimulateOptions,
  context: CommandContext,
  createService: CreateService,
): Promise<void> {
  const collection = await openCollection(context.cwd, directory);
  const { users: kind, eta, noise, rounds, seeds, seed: firstSeed, onlySuccesses = false } = options;
  const reportEmpty = !onlySuccesses;
  const bar = startProgress(context.stderr, collection.name, options.json === true);
  try {
    const report = await withService(createService, options.set ?? {}, (service, clock) =>
      simulateCollection(
        collection,
        { users: { kind, eta, noise }, rounds, seeds, firstSeed, reportEmpty },
        { service, clock, onProgress: bar.update },
      ),
    );
    bar.stop();
    const settings = { users: kind, rounds, eta, noise, seeds, seed: firstSeed, reportEmpty };
    context.stdout.write(
      options.json ? `${JSON.stringify({ settings, ...report }, null, 2)}\n` : asTable(report, options),
    );
  } finally {
    bar.stop();
  }
}

function asTable(report: SimulationReport, { users, rounds, seeds }: SimulateOptions): string {
  const rows = QUERY_SETS.map((name) => {
    const set = report.sets[name];
    return [name, Math.round(set.queries), quality(set.before), quality(set.after), change(set.gain)];
  });
  const outcomes = Object.entries(report.feedback).map(([outcome, count]) => `${outcome} ${count}`);
  const title = `${report.collection}: ${users} users, ${rounds} rounds, mean of ${seeds} seeds, nDCG@10`;
  const feedback = `feedback: ${outcomes.join(', ') || 'none'}`;
  return `${title}\n${table(['queries', 'number', 'before', 'after', 'change'], rows)}${feedback}\n`;
}
