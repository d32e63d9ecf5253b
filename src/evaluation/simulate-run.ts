import type { ManualClock } from '../base/clock.js';
import type { FeedbackOutcome, RerankRequest } from '../reranker/request.js';
import type { CollectionQuery } from './collection.js';
import { mean, ndcg } from './ndcg.js';
import type { RankedService } from './ranked-service.js';
import { MEASURED_RANKS, rankedIds, rankingRequest } from './requests.js';
import { namedRandom } from './shuffle.js';
import { SimulatedUsers, type UserOptions } from './simulated-users.js';
import { splitNeeds } from './split-needs.js';

const DAY_MS = 86_400_000;
/** Between two visits. Ten rounds over a few hundred queries stay within one day, so an allowance a day counts once. */
const VISIT_INTERVAL_MS = 1000;

export interface SimulationOptions {
  readonly users: UserOptions;
  /** How often each visited query is asked. */
  readonly rounds: number;
  /** Whether a user who selected nothing says so; most clients report only what was chosen. */
  readonly reportEmpty: boolean;
}

/** Quality of a set of queries without memory and with it; means of nDCG@10, NaN where the set is empty. */
export interface Comparison {
  readonly queries: number;
  readonly before: number;
  readonly after: number;
}

export const QUERY_SETS = ['repeated', 'reworded', 'unseen'] as const;
export type QuerySet = (typeof QUERY_SETS)[number];

/** What one seed gave. */
export interface SimulationRun {
  readonly seed: number;
  readonly sets: Readonly<Record<QuerySet, Comparison>>;
  /** How many feedbacks ended how. */
  readonly feedback: Readonly<Partial<Record<FeedbackOutcome, number>>>;
}

export interface RunTools {
  readonly service: RankedService;
  /** The one the service goes by; moved ahead, never back. */
  readonly clock: ManualClock;
  /** Told the share done, in [0, 1]. */
  readonly onProgress?: (share: number) => void;
}

/**
 * One run of simulated users over a namespace of its own.
 *
 * Queries are split by `splitNeeds`. In every round each visited query is asked once, in the same order, and the
 * users' choice (`SimulatedUsers`) is sent as feedback with success 1. A twin namespace gets the very same requests
 * but no feedback, so both learn the same document frequencies and differ in memory alone: *before* is measured in
 * the twin, *after* in the namespace with the memory, both at the end and with `learn` off. Frozen frequencies would
 * be as fair, but measure a base order that no running service has. Queries without candidates count 0 in both.
 *
 * Two requests a visit, two a measured query. Both namespaces are dropped in the end.
 */
export async function simulateRun(
  queries: readonly CollectionQuery[],
  options: SimulationOptions,
  seed: number,
  tools: RunTools,
): Promise<SimulationRun> {
  return new Run(options, seed, tools).over(queries);
}

class Run {
  private readonly memory: string;
  private readonly twin: string;
  private readonly users: SimulatedUsers;
  private readonly feedback: Partial<Record<FeedbackOutcome, number>> = {};
  private requests = 0;
  private steps = 0;

  constructor(
    private readonly options: SimulationOptions,
    private readonly seed: number,
    private readonly tools: RunTools,
  ) {
    this.memory = `simulate-${seed}`;
    this.twin = `simulate-${seed}-twin`;
    this.users = new SimulatedUsers(options.users, options.rounds, namedRandom(seed, 'users'));
  }

  async over(queries: readonly CollectionQuery[]): Promise<SimulationRun> {
    const { visited, reworded, unseen } = splitNeeds(queries, namedRandom(this.seed, 'split'));
    const { rounds } = this.options;
    const all = visited.length * (rounds + 1) + reworded.length + unseen.length;
    this.startDay();
    try {
      for (let round = 0; round < rounds; round++) {
        for (const query of visited) {
          await this.visit(query, round);
          this.step(all);
        }
      }
      const sets = {
        repeated: await this.compare(visited, all),
        reworded: await this.compare(reworded, all),
        unseen: await this.compare(unseen, all),
      };
      return { seed: this.seed, sets, feedback: this.feedback };
    } finally {
      await this.tools.service.drop(this.memory);
      await this.tools.service.drop(this.twin);
    }
  }

  /** Moves the clock to the next midnight (UTC): every run meets allowances that count by day alike. */
  private startDay(): void {
    const { clock } = this.tools;
    clock.advance(DAY_MS - (clock.now() % DAY_MS));
  }

  private async visit(query: CollectionQuery, round: number): Promise<void> {
    this.tools.clock.advance(VISIT_INTERVAL_MS);
    if (query.candidates.length === 0) return;
    const request = this.request(query, true);
    await this.tools.service.rerank(this.twin, [request]);
    const [answer] = await this.tools.service.rerank(this.memory, [request]);
    const visit = this.users.visit(query, round, rankedIds(answer!));
    if (visit.selectedIds.length === 0 && !this.options.reportEmpty) return;
    const { outcome } = await this.tools.service.feedback(this.memory, {
      requestId: request.requestId,
      success: 1,
      ...visit,
    });
    this.feedback[outcome] = (this.feedback[outcome] ?? 0) + 1;
  }

  private async compare(queries: readonly CollectionQuery[], all: number): Promise<Comparison> {
    const before: number[] = [];
    const after: number[] = [];
    for (const query of queries) {
      before.push(await this.quality(this.twin, query));
      after.push(await this.quality(this.memory, query));
      this.step(all);
    }
    return { queries: queries.length, before: mean(before), after: mean(after) };
  }

  private async quality(namespace: string, query: CollectionQuery): Promise<number> {
    if (query.candidates.length === 0) return 0;
    const [answer] = await this.tools.service.rerank(namespace, [this.request(query, false)]);
    return ndcg(rankedIds(answer!), query.judgements, MEASURED_RANKS);
  }

  private request(query: CollectionQuery, learn: boolean): RerankRequest {
    this.requests += 1;
    const requestId = `simulate-${this.seed}-${this.requests}`;
    return rankingRequest(query, { requestId, gate: this.tools.service.gate, learn });
  }

  private step(all: number): void {
    this.steps += 1;
    this.tools.onProgress?.(this.steps / all);
  }
}
