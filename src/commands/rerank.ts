import type { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { Settings } from '../base/settings/table.js';
import type { CreateService, RankedService } from '../evaluation/ranked-service.js';
import type { RankedDocument, RerankAnswer } from '../reranker/request.js';
import { type CommandContext, CommandError } from './context.js';
import { table, wholeNumber } from './measurement.js';
import { readDocuments } from './read-documents.js';
import { readSettings } from './read-settings.js';
import { IN_MEMORY } from './storage-mode.js';
import { oneLine } from './terminal.js';

interface RerankOptions {
  readonly namespace?: string;
  readonly topK?: number;
  readonly scorer?: string;
  readonly json?: boolean;
}

/** `rerank QUERY FILE`: ranks the documents of a file, without a server. */
export function registerRerank(
  program: Command,
  context: CommandContext,
  createService: CreateService,
): void {
  program
    .command('rerank')
    .description('rank the documents of a file for a query')
    .argument('<query>', 'what is searched for')
    .argument('<file>', 'JSON lines of {"text", "id"?, "score"?}, or one text a line; - reads stdin')
    .option(
      '--namespace <name>',
      'use what this namespace has learned (no server may be running); nothing is learned',
    )
    .option('--top-k <number>', 'how many to print', wholeNumber(1, 100_000))
    .option('--scorer <spec>', 'the scorer, as in SCORER')
    .option('--json', 'print JSON')
    .action((query: string, file: string, options: RerankOptions) =>
      rerank(query, file, options, context, createService),
    );
}

async function rerank(
  query: string,
  file: string,
  options: RerankOptions,
  context: CommandContext,
  createService: CreateService,
): Promise<void> {
  const overrides: Record<string, string> = {
    ...(options.scorer !== undefined && { SCORER: options.scorer }),
    ...(options.namespace === undefined && IN_MEMORY),
  };
  const { settings } = readSettings(context, overrides);
  if (query.trim() === '') throw new CommandError('the query is empty', 2);
  if (query.length > settings.maxTextLength) {
    throw new CommandError(
      `the query is longer than NEURALCACHE_MAX_TEXT_LENGTH (${settings.maxTextLength} characters)`,
    );
  }
  const candidates = await readDocuments(context, file, settings);
  const service = await createService({ overrides, clock: systemClock() });
  try {
    const namespace = options.namespace ?? settings.defaultNamespace;
    const answer = await rank(
      service,
      namespace,
      { query, candidates, topK: options.topK ?? settings.maxTopK },
      settings,
    );
    context.stdout.write(options.json ? asJson(answer, namespace) : asText(answer, context));
  } finally {
    await service.close();
  }
}

async function rank(
  service: RankedService,
  namespace: string,
  request: Pick<Parameters<RankedService['rerank']>[1][number], 'query' | 'candidates' | 'topK'>,
  settings: Settings,
): Promise<RerankAnswer> {
  const [answer] = await service.rerank(namespace, [
    {
      ...request,
      loc: [],
      requestId: 'command-line',
      mmrLambda: settings.mmrLambdaDefault,
      gate: service.gate,
      explain: false,
      learn: false,
    },
  ]);
  return answer!;
}

function asJson(answer: RerankAnswer, namespace: string): string {
  const results = answer.results.map(({ candidate, index, score, components }) => ({
    id: candidate.id,
    index,
    text: candidate.text,
    metadata: candidate.metadata,
    score,
    components,
  }));
  const meta = { namespace, scorer: answer.scorer, adapted: answer.adapted, degraded: answer.degraded };
  return `${JSON.stringify({ results, debug: answer.debug, meta }, null, 2)}\n`;
}

/** A table as wide as the terminal; into a pipe one line a document: rank, score, id and text, separated by tabs. */
function asText(answer: RerankAnswer, { stdout }: CommandContext): string {
  const cells = (document: RankedDocument, index: number, width?: number) => [
    index + 1,
    document.score.toFixed(4),
    oneLine(document.candidate.id ?? '', width && 24),
    oneLine(document.candidate.text, width),
  ];
  if (stdout.isTTY !== true) {
    return answer.results.map((document, index) => `${cells(document, index).join('\t')}\n`).join('');
  }
  const width = Math.max(20, (stdout.columns ?? 80) - 55);
  return table(
    ['rank', 'score', 'id', 'text'],
    answer.results.map((document, index) => cells(document, index, width)),
  );
}
