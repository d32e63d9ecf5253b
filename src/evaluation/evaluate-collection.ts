import { type Collection, type CollectionQuery, judgedQueries } from './collection.js';
import { mean, ndcg } from './ndcg.js';
import type { RankedService } from './ranked-service.js';
import { GATE_OFF, MEASURED_RANKS, rankedIds, rankingRequest } from './requests.js';
import { namedRandom, shuffled } from './shuffle.js';

export interface EvaluationOptions {
  /** `candidates` = as the retriever gave them; `shuffled` = in an order that says nothing. */
  readonly order: 'candidates' | 'shuffled';
  /** Seed of the shuffle. */
  readonly seed: number;
  /** Most queries, the first of the file; all if absent. */
  readonly limit?: number;
  /** Told the share done, in [0, 1], after every query. */
  readonly onProgress?: (share: number) => void;
}

/** Means of nDCG@10 over all judged queries; NaN where there is none. */
export interface EvaluationReport {
  readonly collection: string;
  /** As the service names it; empty where nothing was asked. */
  readonly scorer: string;
  readonly order: 'candidates' | 'shuffled';
  readonly queries: number;
  /** Those of them with nothing to rank, which count 0. */
  readonly withoutCandidates: number;
  /** Queries left out because nobody judged them. */
  readonly unjudged: number;
  /** The order the candidates came in. */
  readonly input: number;
  /** Every query meets a namespace that has seen nothing. */
  readonly cold: number;
  /** Queries in file order, document frequencies learned on the way, no feedback. */
  readonly learning: number;
}

/**
 * Measures the base order of a service on a collection, cold and learning. The cold namespace is only asked with
 * `learn` off, which leaves it as empty as it was; the learning one with `learn` on. Both are dropped in the end. The
 * shuffle of a query hangs on the seed and its id alone, not on the queries around it. Two requests a query.
 */
export async function evaluateCollection(
  service: RankedService,
  collection: Collection,
  options: EvaluationOptions,
): Promise<EvaluationReport> {
  const within = { ...collection, queries: collection.queries.slice(0, options.limit) };
  const queries = judgedQueries(within).map((query) => ordered(query, options));
  const { cold, learning, scorer } = await ask(service, queries, options);
  return {
    collection: collection.name,
    scorer,
    order: options.order,
    queries: queries.length,
    withoutCandidates: queries.filter(({ candidates }) => candidates.length === 0).length,
    unjudged: within.queries.length - queries.length,
    input: mean(queries.map((query) => ndcg(idsOf(query), query.judgements, MEASURED_RANKS))),
    cold: mean(cold),
    learning: mean(learning),
  };
}

function ordered(query: CollectionQuery, { order, seed }: EvaluationOptions): CollectionQuery {
  if (order === 'candidates') return query;
  return { ...query, candidates: shuffled(query.candidates, namedRandom(seed, query.id)) };
}

function idsOf(query: CollectionQuery): string[] {
  return query.candidates.map(({ id }) => id);
}

interface Asked {
  readonly cold: number[];
  readonly learning: number[];
  scorer: string;
}

async function ask(
  service: RankedService,
  queries: readonly CollectionQuery[],
  { onProgress }: EvaluationOptions,
): Promise<Asked> {
  const asked: Asked = { cold: [], learning: [], scorer: '' };
  try {
    for (const [index, query] of queries.entries()) {
      for (const mode of ['cold', 'learning'] as const) {
        asked[mode].push(await quality(service, mode, query, asked));
      }
      onProgress?.((index + 1) / queries.length);
    }
  } finally {
    await service.drop(namespaceOf('cold'));
    await service.drop(namespaceOf('learning'));
  }
  return asked;
}

async function quality(
  service: RankedService,
  mode: 'cold' | 'learning',
  query: CollectionQuery,
  asked: Asked,
): Promise<number> {
  if (query.candidates.length === 0) return 0;
  const requestId = `evaluate-${asked[mode].length}`;
  const request = rankingRequest(query, { requestId, gate: GATE_OFF, learn: mode === 'learning' });
  const [answer] = await service.rerank(namespaceOf(mode), [request]);
  asked.scorer = answer!.scorer;
  return ndcg(rankedIds(answer!), query.judgements, MEASURED_RANKS);
}

function namespaceOf(mode: 'cold' | 'learning'): string {
  return `evaluate-${mode}`;
}
