import type { FeedbackOutcome } from '../reranker/request.js';
import { type Collection, judgedQueries } from './collection.js';
import { mean } from './ndcg.js';
import {
  QUERY_SETS,
  type QuerySet,
  type RunTools,
  type SimulationOptions,
  type SimulationRun,
  simulateRun,
} from './simulate-run.js';

export interface ManyRuns extends SimulationOptions {
  /** How many runs, ≥ 1. */
  readonly seeds: number;
  /** Seed of the first run; the next ones count up. */
  readonly firstSeed: number;
}

/** Means over the runs; nDCG@10 and its change, NaN where a set of queries is empty. */
export interface SetReport {
  /** Mean size of the set. */
  readonly queries: number;
  readonly before: number;
  readonly after: number;
  /** after − before. */
  readonly gain: number;
}

export interface SimulationReport {
  readonly collection: string;
  /** Queries left out because nobody judged them. */
  readonly unjudged: number;
  readonly sets: Readonly<Record<QuerySet, SetReport>>;
  /** Feedbacks of all runs by how they ended. */
  readonly feedback: Readonly<Partial<Record<FeedbackOutcome, number>>>;
  readonly runs: readonly SimulationRun[];
}

/** Runs simulated users over a collection, once a seed, one after the other, and reports the means. */
export async function simulateCollection(
  collection: Collection,
  options: ManyRuns,
  tools: RunTools,
): Promise<SimulationReport> {
  const queries = judgedQueries(collection);
  const runs: SimulationRun[] = [];
  for (let index = 0; index < options.seeds; index++) {
    const onProgress = (share: number) => tools.onProgress?.((index + share) / options.seeds);
    runs.push(await simulateRun(queries, options, options.firstSeed + index, { ...tools, onProgress }));
  }
  return {
    collection: collection.name,
    unjudged: collection.queries.length - queries.length,
    sets: Object.fromEntries(QUERY_SETS.map((set) => [set, overRuns(runs, set)])) as Record<
      QuerySet,
      SetReport
    >,
    feedback: total(runs),
    runs,
  };
}

function overRuns(runs: readonly SimulationRun[], set: QuerySet): SetReport {
  const before = mean(runs.map((run) => run.sets[set].before));
  const after = mean(runs.map((run) => run.sets[set].after));
  return { queries: mean(runs.map((run) => run.sets[set].queries)), before, after, gain: after - before };
}

function total(runs: readonly SimulationRun[]): Partial<Record<FeedbackOutcome, number>> {
  const sums: Partial<Record<FeedbackOutcome, number>> = {};
  for (const { feedback } of runs) {
    for (const [outcome, count] of Object.entries(feedback) as [FeedbackOutcome, number][]) {
      sums[outcome] = (sums[outcome] ?? 0) + count;
    }
  }
  return sums;
}
