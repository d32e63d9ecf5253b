import { type Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../base/clock.js';
import { systemRandom } from '../base/random.js';
import { bytes } from '../base/settings/kinds.js';
import { PRECISIONS, type Precision } from '../models/graph-files.js';
import { readHubAccess } from '../models/hub/hub-access.js';
import { HubConnection } from '../models/hub/hub-connection.js';
import { type PullResult, type PullWatch, pullModel } from '../models/hub/pull-model.js';
import type { Manifest } from '../models/manifest.js';
import { parseModelName } from '../models/model-name.js';
import { type CommandContext, CommandError } from './context.js';
import { findModels, sizeText } from './model-places.js';
import { type ProgressBar, startProgress } from './progress-bar.js';
import { oneLine } from './terminal.js';

/** Pause before the second try of a request that failed, ms. */
const BACKOFF_MS = 500;
const MAX_BYTES = 4 * 2 ** 30;

interface PullCommandOptions {
  readonly precision?: Precision;
  readonly maxBytes: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `models pull ORG/NAME`: brings a model from a Hugging Face-shaped hub into the model store. */
export function registerModelsPull(models: Command, context: CommandContext): void {
  models
    .command('pull')
    .description('bring a model from a hub (HF_ENDPOINT, HF_TOKEN) into the model store')
    .argument('<name>', 'ORG/NAME, or ORG/NAME@REVISION for a branch, tag or commit')
    .addOption(new Option('--precision <precision>', 'which graph').choices(PRECISIONS))
    .option('--max-bytes <size>', 'most bytes of all files, plain or as 4 GiB', sizeOption, MAX_BYTES)
    .option('--force', 'replace another commit that is there')
    .option('--json', 'print JSON')
    .action((name: string, options: PullCommandOptions) => pull(context, name, options));
}

function sizeOption(text: string): number {
  try {
    return bytes(1, 2 ** 50).parse(text, { cwd: '' });
  } catch (error) {
    throw new InvalidArgumentError(`Expected ${(error as Error).message}.`);
  }
}

async function pull(context: CommandContext, text: string, options: PullCommandOptions): Promise<void> {
  const name = parseModelName(text);
  if (name === undefined) {
    throw new CommandError(
      `${JSON.stringify(oneLine(text, 80))} is no name of a model: ORG/NAME[@REVISION]`,
      2,
    );
  }
  const { settings } = findModels(context);
  const connection = new HubConnection(readHubAccess(context.env), systemClock());
  const watch = new PullProgress(context, options.json === true);
  try {
    const { precision, maxBytes, force = false } = options;
    const result = await pullModel({
      name,
      storeDir: settings.modelStoreDir,
      connection,
      precision,
      force,
      maxBytes,
      retries: { backoffMs: BACKOFF_MS, random: systemRandom, onRetry: watch.onRetry },
      watch,
    });
    watch.stop();
    context.stdout.write(options.json ? `${JSON.stringify(reportOf(result))}\n` : sentences(result));
  } finally {
    watch.stop();
    await connection.close();
  }
}

/** Tells how a pull goes: a bar on a terminal, else a line for each file; nothing when `quiet`. */
class PullProgress implements PullWatch {
  private bar: ProgressBar | undefined;
  private total = 0;

  constructor(
    private readonly context: CommandContext,
    private readonly quiet: boolean,
  ) {}

  onPlan: PullWatch['onPlan'] = ({ repository, commit, licence }, total) => {
    this.total = total;
    this.tell(`${repository} at ${commit}: ${sizeText(total)}, licence ${oneLine(licence)}`);
    this.bar = startProgress(this.context.stderr, repository, this.quiet);
  };

  onFile: PullWatch['onFile'] = ({ path, bytes: size }) => {
    if (this.context.stderr.isTTY !== true) this.tell(`${path}, ${sizeText(size)}`);
  };

  onBytes: PullWatch['onBytes'] = (done) => {
    this.bar?.update(done / this.total, `${sizeText(done)} of ${sizeText(this.total)}`);
  };

  readonly onRetry = (message: string, pauseMs: number): void => {
    this.tell(`${oneLine(message)}; again in ${(pauseMs / 1000).toFixed(1)} s`);
  };

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private tell(line: string): void {
    if (!this.quiet) this.context.stderr.write(`${line}\n`);
  }
}

function reportOf({ manifest, folder, outcome }: PullResult) {
  const { name, kind, revision, licence, source, files } = manifest;
  const size = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  return { name, outcome, kind, revision, commit: source?.commit, licence, folder, bytes: size, files };
}

function sentences(result: PullResult): string {
  const { name, revision, licence, bytes: size, folder, outcome } = reportOf(result);
  const done = { pulled: 'Pulled', replaced: 'Replaced', present: 'There already:' }[outcome];
  return [
    `${done} ${name} at ${revision}, ${sizeText(size)}, in ${folder}`,
    `Its licence: ${oneLine(licence)}`,
    `To use it: ${usage(result.manifest)}`,
    '',
  ].join('\n');
}

function usage({ kind, name }: Manifest): string {
  if (kind === 'cross-encoder')
    return `NEURALCACHE_SCORER=cross-encoder NEURALCACHE_CROSS_ENCODER_MODEL=${name}`;
  const backend = kind === 'static-encoder' ? 'static' : 'onnx';
  return `NEURALCACHE_EMBEDDING_BACKEND=${backend} NEURALCACHE_EMBEDDING_MODEL=${name}`;
}
