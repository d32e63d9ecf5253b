import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { Settings } from '../base/settings/table.js';
import type { CreateService } from '../evaluation/ranked-service.js';
import { serverUrl } from './call-server.js';
import { type CommandContext, CommandError } from './context.js';
import { decimal } from './measurement.js';
import { startProgress } from './progress-bar.js';
import { RateGate } from './rate-gate.js';
import { readSettings } from './read-settings.js';
import { readWarmLines } from './read-warm-lines.js';
import { namesOf, takeOwnership } from './stored-state.js';
import { oneLine } from './terminal.js';
import { type Warmed, type WarmList, warmHere, warmServer } from './warm-list.js';

interface WarmOptions {
  readonly namespace: string;
  readonly model?: string;
  readonly rate?: number;
  readonly url?: string;
  readonly json?: boolean;
}

/** Lists that are scored at the same time. */
const AT_ONCE = 4;

/** How often a list is tried while whoever scores it is too busy, and the longest wait for that, in milliseconds. */
const TRIES = 5;
const LONGEST_WAIT_MS = 300_000;

const MAX_REASON = 400;

/** `warm FILE`: has queries and documents scored before anybody asks, leaving no other trace. */
export function registerWarm(program: Command, context: CommandContext, createService: CreateService): void {
  program
    .command('warm')
    .description('fill the pair cache from a file of queries and documents')
    .argument(
      '<file>',
      'JSON lines of {"query", "documents"}; documents are texts or {"text", "id"?}; may be .gz',
    )
    .requiredOption('--namespace <name>', 'whose cache')
    .option(
      '--model <name>',
      'the model as clients name it; what they would ask without one is cached without',
    )
    .option('--rate <number>', 'most requests a second', decimal(0.001, 1_000_000))
    .option('--url <url>', 'warm this running server; its token is the first of NEURALCACHE_API_TOKENS')
    .option('--json', 'print JSON')
    .action((file: string, options: WarmOptions) => warm(file, options, context, createService));
}

async function warm(
  file: string,
  options: WarmOptions,
  context: CommandContext,
  createService: CreateService,
): Promise<void> {
  const { settings } = readSettings(context);
  const namespace = namesOf(settings).parse(options.namespace);
  if (options.url !== undefined) {
    const warmList = warmServer(serverUrl(options.url), namespace, options.model, settings);
    await warmFile(file, options, context, settings, warmList);
    return;
  }
  if (!settings.cachePersist) {
    throw new CommandError(
      'NEURALCACHE_CACHE_PERSIST=false: what is fetched would be lost at the end; set it, or warm a running server with --url',
    );
  }
  const service = await takeOwnership(
    () => createService({ overrides: {}, clock: systemClock() }),
    'warm the cache on disk',
  );
  try {
    await warmFile(file, options, context, settings, warmHere(service, namespace, options.model));
  } finally {
    await service.close();
  }
}

async function warmFile(
  file: string,
  { rate, json = false }: WarmOptions,
  context: CommandContext,
  { dialectMaxDocuments }: Settings,
  warmList: WarmList,
): Promise<void> {
  const path = resolve(context.cwd, file);
  const total = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const progress = startProgress(context.stderr, 'warming', json);
  const lines = readWarmLines(path, file);
  const done = { lists: 0, documents: 0, failed: 0 };
  const gate = new RateGate(rate ?? Number.POSITIVE_INFINITY);
  const stopped = new AbortController();
  const { signal } = stopped;
  let firstReason: string | undefined;
  let read = 0;
  const work = async (): Promise<void> => {
    for await (const { query, documents, size } of lines) {
      for (let from = 0; from < documents.length; from += dialectMaxDocuments) {
        const part = documents.slice(from, from + dialectMaxDocuments).map(({ text }) => text);
        const warmed = await patiently(gate, signal, () => warmList(query, part));
        done.lists++;
        done.documents += part.length;
        if (warmed === 'scored') continue;
        done.failed++;
        firstReason ??= warmed.reason;
      }
      read += size;
      progress.update(Math.min(1, read / Math.max(1, total)), `${done.lists} lists`);
    }
  };
  try {
    const workers = Array.from({ length: AT_ONCE }, () => work().catch((error) => stopped.abort(error)));
    await Promise.all(workers);
    signal.throwIfAborted();
  } finally {
    progress.stop();
    await lines.return(undefined);
  }
  const { lists, documents, failed } = done;
  context.stdout.write(
    json
      ? `${JSON.stringify(done)}\n`
      : `${lists} lists of ${documents} documents in all, ${failed} failed.\n`,
  );
  if (failed > 0) {
    const reason = oneLine(firstReason ?? '', MAX_REASON);
    throw new CommandError(`${failed} of ${lists} lists got no scores; the first: ${reason}`);
  }
}

/** Has a list scored in its turn, and again where it is said to help. */
async function patiently(
  gate: RateGate,
  signal: AbortSignal,
  warmList: () => Promise<Warmed>,
): Promise<Warmed> {
  for (let tries = 1; ; tries++) {
    const turnMs = gate.take(performance.now());
    if (turnMs > 0) await sleep(turnMs, undefined, { signal });
    signal.throwIfAborted();
    const warmed = await warmList();
    if (warmed === 'scored' || warmed.retryAfterMs === undefined || tries === TRIES) return warmed;
    if (warmed.retryAfterMs > LONGEST_WAIT_MS) return warmed;
    await sleep(warmed.retryAfterMs, undefined, { signal });
  }
}
