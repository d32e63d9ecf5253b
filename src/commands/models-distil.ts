import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import { ModelError } from '../base/model-call.js';
import type { Figures, Stage, StaticModel } from '../distillation/distil.js';
import { DistilError } from '../distillation/distil-error.js';
import type { ModelOrigin } from '../distillation/model-card.js';
import { readExportText } from '../models/export-files.js';
import type { ModelFiles } from '../models/model-store.js';
import { type CommandContext, CommandError } from './context.js';
import { decimal, wholeNumber } from './measurement.js';
import { type OpenEncoder, withEncoder } from './open-encoder.js';
import { type ProgressBar, startProgress } from './progress-bar.js';
import { readSettings } from './read-settings.js';
import { readTexts } from './read-texts.js';

interface DistilCommandOptions {
  readonly from: string;
  readonly out: string;
  readonly texts?: string;
  readonly dimensions: number;
  readonly maxTexts: number;
  readonly maxCharacters: number;
  readonly lambda: number;
  readonly steps: number;
  readonly tokenizer?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const LICENCE_FILE = 'LICENSE';
const LICENCE_BYTES = 1 << 20;

const LABELS: Readonly<Record<Stage, string>> = {
  texts: 'vectors of texts',
  pieces: 'vectors of pieces',
  regression: 'regression',
};

/** `models distil`: makes a static model, which needs microseconds a text, of any encoder. */
export function registerModelsDistil(
  models: Command,
  context: CommandContext,
  openEncoder: OpenEncoder,
): void {
  models
    .command('distil')
    .description(
      'make a static model of an encoder: microseconds a text, for a language or domain of your own',
    )
    .requiredOption('--from <model>', 'the encoder to learn from: a folder, or a name in the model store')
    .requiredOption('--out <dir>', 'folder of the new model, which takes its name')
    .option('--texts <file>', 'texts to learn from: one a line, or .jsonl with a field "text"; also .gz')
    .option('--dimensions <number>', 'length of the vectors', wholeNumber(1, 4096), 192)
    .option('--max-texts <number>', 'texts to learn from at most', wholeNumber(1, 10_000_000), 100_000)
    .option('--max-characters <number>', 'characters of a text that are read', wholeNumber(1, 16_384), 1000)
    .option('--lambda <number>', 'how firmly rare pieces stay where they start', decimal(1e-9, 1e9), 0.02)
    .option('--steps <number>', 'steps of the regression', wholeNumber(1, 1000), 25)
    .option('--tokenizer <file>', 'tokenizer.json whose pieces to take; default: the encoder’s own')
    .option('--force', 'replace a static model that is there already')
    .option('--json', 'print JSON')
    .action((options: DistilCommandOptions) => distilModel(options, context, openEncoder));
}

async function distilModel(
  options: DistilCommandOptions,
  context: CommandContext,
  openEncoder: OpenEncoder,
): Promise<void> {
  const { settings } = readSettings(context);
  // Loaded here, for no other command has a use for it.
  const { distil } = await import('../distillation/distil.js');
  const { assertWritable, writeStaticModel } = await import('../distillation/write-static-model.js');
  const folder = resolve(context.cwd, options.out);
  const replace = options.force === true;
  const bars = new StageBars(context, options.json === true);
  try {
    assertWritable(folder, { replace });
    const texts = await textsOf(options, context);
    await withEncoder(openEncoder(settings, options.from), async ({ encoder, model: teacher }) => {
      const tokenizer = tokenizerOf(options, context, teacher?.files);
      const { dimensions, lambda, steps } = options;
      const model = await distil({ encoder, tokenizer }, texts, {
        dimensions,
        lambda,
        steps,
        onProgress: bars.update,
      });
      const origin: ModelOrigin = {
        name: basename(folder),
        teacher: originOf(encoder, teacher?.files),
        recipe: { lambda, steps },
        textCharacters: options.maxCharacters,
      };
      const licenceText = licenceOf(teacher?.folder);
      const { revision, licence } = writeStaticModel(folder, model, origin, { licenceText, replace });
      bars.stop();
      const result = { name: origin.name, folder, revision, licence, ...factsOf(model) };
      context.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : asText(result));
    });
  } catch (error) {
    if (error instanceof DistilError) throw new CommandError(error.message);
    if (error instanceof ModelError)
      throw new CommandError(`${options.from} gave no vectors: ${error.message}`);
    throw error;
  } finally {
    bars.stop();
  }
}

function textsOf(options: DistilCommandOptions, { cwd }: CommandContext): Promise<string[]> {
  if (options.texts === undefined) return Promise.resolve([]);
  return readTexts(resolve(cwd, options.texts), {
    texts: options.maxTexts,
    characters: options.maxCharacters,
  });
}

function tokenizerOf(
  { from, tokenizer }: DistilCommandOptions,
  { cwd }: CommandContext,
  files: ModelFiles | undefined,
): string {
  if (tokenizer !== undefined) return readFileSync(resolve(cwd, tokenizer), 'utf8');
  if (files !== undefined) return files.readText('tokenizer.json');
  throw new CommandError(`${from} has no tokenizer.json: name one by --tokenizer`);
}

function originOf(
  { name, version }: { readonly name: string; readonly version: string },
  files: ModelFiles | undefined,
): ModelOrigin['teacher'] {
  if (files === undefined) return { name, revision: version, licence: 'unknown' };
  const { revision, licence, source } = files.entry;
  return { name: files.name, revision, licence, source };
}

/** Text of the teacher's licence, if it has a file of it; not among a manifest's files where there was no manifest. */
function licenceOf(folder: string | undefined): string | undefined {
  if (folder === undefined || !existsSync(join(folder, LICENCE_FILE))) return undefined;
  return readExportText(folder, LICENCE_FILE, LICENCE_BYTES);
}

function factsOf({ dimension, vocabulary, figures }: StaticModel) {
  const taken = vocabulary.isTeachers ? 'as it is' : 'made uncased';
  return { dimension, vocabulary: taken, ...figures } as const;
}

type Result = ReturnType<typeof factsOf> & {
  readonly name: string;
  readonly folder: string;
  readonly licence: string;
};

function asText(result: Result): string {
  const { name, folder, licence, dimension, vocabulary, pieces } = result;
  return [
    `${name}: ${pieces} pieces of ${dimension} dimensions, the encoder's vocabulary ${vocabulary}`,
    learnedText(result),
    `licence of the encoder, carried over: ${licence}`,
    `written to ${folder}; measure it by \`evaluate\`, then let \`models calibrate\` find its τ`,
    '',
  ].join('\n');
}

function learnedText({ varianceKept, texts }: Figures): string {
  const kept = `${(varianceKept * 100).toFixed(1)} % of the variance kept`;
  if (texts === null) return kept;
  const { measured, cosineBefore, cosineAfter } = texts;
  return `${kept}; cosine to the encoder on ${measured} texts not learnt from: ${cosineBefore.toFixed(3)} before the regression, ${cosineAfter.toFixed(3)} after`;
}

/** A bar for each stage, one after the other. */
class StageBars {
  private stage: Stage | undefined;
  private bar: ProgressBar | undefined;

  constructor(
    private readonly context: CommandContext,
    private readonly quiet: boolean,
  ) {}

  /** Resolves once the bar had a chance to be drawn. */
  readonly update = (stage: Stage, share: number): Promise<void> => {
    if (stage !== this.stage) {
      this.stop();
      this.stage = stage;
      this.bar = startProgress(this.context.stderr, LABELS[stage], this.quiet);
    }
    this.bar?.update(share);
    return setImmediate();
  };

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}
