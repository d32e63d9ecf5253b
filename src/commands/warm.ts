import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { Settings } from '../base/settings/table.js';
import type { CreateService, RankedService } from '../evaluation/ranked-service.js';
import { callServer, serverUrl } from './call-server.js';
import { type CommandContext, CommandError } from './context.js';
import { decimal } from './measurement.js';
import { startProgress } from './progress-bar.js';
import { RateGate } from './rate-gate.js';
import { readSettings } from './read-settings.js';
import { readWarmLines, type WarmLine } from './read-warm-lines.js';
import { namesOf, takeOwnership } from './stored-state.js';

interface WarmOptions {
  readonly namespace: string;
  readonly rate?: number;
  readonly url?: string;
  readonly json?: boolean;
}

/** Has one list scored; answers whether its own scorer did it, or rejects. */
type WarmList = (query: string, documents: WarmLine['documents']) => Promise<boolean>;

/** Lists that are scored at the same time. */
const AT_ONCE = 4;

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
    await warmFile(file, options, context, settings, warmServer(serverUrl(options.url), namespace, settings));
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
    await warmFile(file, options, context, settings, warmHere(service, namespace));
  } finally {
    await service.close();
  }
}

async function warmFile(
  file: string,
  { rate, json = false }: WarmOptions,
  context: CommandContext,
  { maxDocuments }: Settings,
  warmList: WarmList,
): Promise<void> {
  const path = resolve(context.cwd, file);
  const total = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const progress = startProgress(context.stderr, 'warming', json);
  const lines = readWarmLines(path, file);
  const done = { lists: 0, documents: 0, failed: 0 };
  const gate = new RateGate(rate ?? Number.POSITIVE_INFINITY);
  let read = 0;
  const work = async (): Promise<void> => {
    for await (const { query, documents, size } of lines) {
      for (let from = 0; from < documents.length; from += maxDocuments) {
        const waitMs = gate.take(performance.now());
        if (waitMs > 0) await sleep(waitMs);
        const part = documents.slice(from, from + maxDocuments);
        done.lists++;
        done.documents += part.length;
        if (!(await warmList(query, part))) done.failed++;
      }
      read += size;
      progress.update(Math.min(1, read / Math.max(1, total)), `${done.lists} lists`);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
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
  if (failed > 0) throw new CommandError(`${failed} of ${lists} lists got no scores`);
}

function warmHere(service: RankedService, namespace: string): WarmList {
  return async (query, candidates) => {
    const [answer] = await service.rerank(namespace, [
      {
        loc: [],
        requestId: 'warm',
        query,
        candidates,
        topK: 1,
        mmrLambda: 1,
        gate: service.gate,
        explain: false,
        learn: false,
      },
    ]);
    return !answer!.degraded.includes('scorer');
  };
}

function warmServer(url: string, namespace: string, { apiTokens, namespaceHeader }: Settings): WarmList {
  return async (query, documents) => {
    const answer = (await callServer({
      url,
      path: '/rerank',
      body: { query, documents, top_k: 1, mmr_lambda: 1, learn: false },
      token: apiTokens[0],
      headers: { [namespaceHeader]: namespace },
    })) as { meta?: { degraded?: boolean } } | undefined;
    return answer?.meta?.degraded === false;
  };
}
