import { type Command, Option } from 'commander';
import { type EvaluationReport, evaluateCollection } from '../evaluation/evaluate-collection.js';
import type { CreateService } from '../evaluation/ranked-service.js';
import type { CommandContext } from './context.js';
import { collectSetting, openCollection, quality, table, wholeNumber, withService } from './measurement.js';
import { startProgress } from './progress-bar.js';

interface EvaluateOptions {
  readonly scorer?: string;
  readonly order: 'candidates' | 'shuffled';
  readonly seed: number;
  readonly limit?: number;
  readonly set?: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

/** `evaluate DIR…`: nDCG@10 of the order that came in and of the base order, cold and learning. */
export function registerEvaluate(
  program: Command,
  context: CommandContext,
  createService: CreateService,
): void {
  program
    .command('evaluate')
    .description('measure the base order on test collections (nDCG@10), cold and learning')
    .argument('<dir...>', 'folders with queries, qrels, candidates and corpus')
    .option('--scorer <spec>', 'the scorer, as in SCORER')
    .addOption(
      new Option('--order <order>', 'the order candidates come in')
        .choices(['candidates', 'shuffled'])
        .default('candidates'),
    )
    .option('--seed <number>', 'seed of the shuffle', wholeNumber(0, 4_294_967_295), 1)
    .option('--limit <queries>', 'only the first queries of each collection', wholeNumber(1, 1_000_000))
    .option('--set <NAME=VALUE>', 'a setting, may be repeated; state is in memory unless set', collectSetting)
    .option('--json', 'print JSON')
    .action((directories: string[], options: EvaluateOptions) =>
      evaluate(directories, options, context, createService),
    );
}

async function evaluate(
  directories: readonly string[],
  options: EvaluateOptions,
  context: CommandContext,
  createService: CreateService,
): Promise<void> {
  const overrides = { ...(options.scorer !== undefined && { SCORER: options.scorer }), ...options.set };
  const reports: EvaluationReport[] = [];
  for (const directory of directories) {
    const collection = await openCollection(context.cwd, directory);
    const bar = startProgress(context.stderr, collection.name, options.json === true);
    try {
      reports.push(
        await withService(createService, overrides, (service) =>
          evaluateCollection(service, collection, { ...options, onProgress: bar.update }),
        ),
      );
    } finally {
      bar.stop();
    }
  }
  context.stdout.write(options.json ? `${JSON.stringify(reports, null, 2)}\n` : asTable(reports));
}

function asTable(reports: readonly EvaluationReport[]): string {
  const head = ['collection', 'queries', 'scorer', 'order', 'input', 'cold', 'learning'];
  const rows = reports.map((report) => [
    report.collection,
    report.queries,
    report.scorer,
    report.order,
    quality(report.input),
    quality(report.cold),
    quality(report.learning),
  ]);
  return `nDCG@10\n${table(head, rows)}`;
}
