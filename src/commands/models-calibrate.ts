import type { Command } from 'commander';
import { calibrateCollection } from '../evaluation/calibrate-collection.js';
import {
  ALLOWED_SHARE,
  type PairReport,
  QUANTILES,
  ThresholdError,
  type ThresholdReport,
} from '../evaluation/measure-threshold.js';
import type { CreateService } from '../evaluation/ranked-service.js';
import { setTau } from '../models/set-tau.js';
import { calibrateNamespace } from './calibrate-namespace.js';
import { type CommandContext, CommandError } from './context.js';
import { openCollection, table, wholeNumber, withService } from './measurement.js';
import { type OpenEncoder, type OpenedEncoder, withEncoder } from './open-encoder.js';
import { startProgress } from './progress-bar.js';
import { readSettings } from './read-settings.js';
import type { StoredState } from './stored-state.js';

interface CalibrateOptions {
  readonly fromNamespace?: string;
  readonly model?: string;
  readonly queries: number;
  readonly seed: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What the commands of calibration need of the rest of the program. */
export interface CalibrateParts {
  readonly openEncoder: OpenEncoder;
  readonly createService: CreateService;
  readonly storedState: StoredState;
}

/** What was measured, and on what. */
interface Measured extends ThresholdReport {
  /** Of what the queries are. */
  readonly source: string;
}

/**
 * `models calibrate`: measures from which cosine on two queries are neighbours, and writes it into the model's
 * manifest.
 */
export function registerModelsCalibrate(
  models: Command,
  context: CommandContext,
  parts: CalibrateParts,
): void {
  models
    .command('calibrate')
    .description(
      'measure the cosine from which two queries are neighbours (τ), and note it with the model, for the way it is read',
    )
    .argument('[dir]', 'folder with queries, qrels, candidates, corpus and perhaps groups')
    .option('--from-namespace <name>', 'measure on the queries that a namespace remembers instead')
    .option('--model <model>', 'the encoder: a folder, or a name in the model store; default: the configured')
    .option('--queries <number>', 'queries at most, drawn by chance', wholeNumber(50, 20_000), 2000)
    .option('--seed <number>', 'seed of chance', wholeNumber(0, 4_294_967_295), 1)
    .option('--dry-run', 'measure and write nothing')
    .option('--json', 'print JSON')
    .action((directory: string | undefined, options: CalibrateOptions) =>
      calibrate(directory, options, context, parts),
    );
}

async function calibrate(
  directory: string | undefined,
  options: CalibrateOptions,
  context: CommandContext,
  parts: CalibrateParts,
): Promise<void> {
  const { fromNamespace, model, dryRun = false, json = false } = options;
  if ((directory === undefined) === (fromNamespace === undefined))
    throw new CommandError('Name either a folder to measure on or a namespace by --from-namespace', 2);
  const { settings } = readSettings(context);
  await withEncoder(parts.openEncoder(settings, model), async (opened) => {
    if (opened.model === null && !dryRun)
      throw new CommandError(
        `${opened.encoder.name} has no manifest to write to: set MEMORY_TAU, or --dry-run`,
      );
    const { name, version, tau: before } = opened.encoder;
    const report = await measure(directory, options, context, parts, opened);
    if (!dryRun) await setTau(opened.model!.folder, { value: report.tau, version }, settings.modelStoreDir);
    const result = { model: name, before: before ?? null, written: !dryRun, ...report };
    context.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : asText(result));
  });
}

async function measure(
  directory: string | undefined,
  { fromNamespace, queries, seed, json = false }: CalibrateOptions,
  context: CommandContext,
  { createService, storedState }: CalibrateParts,
  { encoder }: OpenedEncoder,
): Promise<Measured> {
  const bar = startProgress(context.stderr, 'calibrate', json);
  try {
    if (directory === undefined) {
      const source = `namespace ${fromNamespace}`;
      return { source, ...(await calibrateNamespace(context, storedState, fromNamespace!, encoder)) };
    }
    const collection = await openCollection(context.cwd, directory);
    const { scorer, wordings, ...report } = await withService(createService, {}, (service) =>
      calibrateCollection(collection, { service, encoder }, { queries, seed, onProgress: bar.update }),
    );
    const source = `${collection.name}, in the base order of ${scorer}, rewordings ${wordings === 'groups' ? 'by its groups' : 'made up'}`;
    return { source, ...report };
  } catch (error) {
    if (error instanceof ThresholdError) throw new CommandError(error.message);
    throw error;
  } finally {
    bar.stop();
  }
}

type Result = Measured & {
  readonly model: string;
  readonly before: number | null;
  readonly written: boolean;
};

function asText({
  model,
  source,
  queries,
  tau,
  before,
  written,
  disturbed,
  related,
  unrelated,
}: Result): string {
  const head = ['pairs', 'number', ...QUANTILES.map((q) => `${q * 100} %`), 'found at τ'];
  const row = (name: string, { pairs, quantiles, found }: PairReport) => [
    name,
    pairs,
    ...quantiles.map((cosine) => (Number.isNaN(cosine) ? '-' : cosine.toFixed(3))),
    percent(found),
  ];
  const was = before === null ? 'had none' : `was ${before}`;
  return [
    `${model} on ${queries} queries of ${source}`,
    table(head, [row('related', related), row('unrelated', unrelated)]).trimEnd(),
    `τ = ${tau}: ${percent(disturbed)} of the queries find an unrelated one (${percent(ALLOWED_SHARE)} may)`,
    written ? `noted in the model's manifest, which ${was}` : `nothing written; the manifest ${was}`,
    '',
  ].join('\n');
}

function percent(share: number): string {
  return Number.isNaN(share) ? '-' : `${(share * 100).toFixed(1)} %`;
}
