import type { Clock } from '../base/clock.js';
import type { KeyedHash } from '../base/keyed-hash.js';
import { Pace } from '../base/pace.js';
import { startWait } from '../base/patience.js';
import type { Random } from '../base/random.js';
import type { Encoder } from '../encoders/encoder.js';
import type { Namespace } from '../namespaces/namespace.js';
import type { BaseScores } from '../scorers/scorer.js';
import { buildAnswer } from './answer.js';
import { applyFeedback, type FeedbackEvents, type FeedbackSettings } from './feedback.js';
import { type OrderSettings, orderCandidates } from './order.js';
import { recordAnswer } from './record.js';
import type { FeedbackRequest, FeedbackResult, RerankAnswer, RerankRequest } from './request.js';

export interface RerankerSettings extends OrderSettings, FeedbackSettings {
  /** Longest a call waits for models, in milliseconds. */
  readonly modelTimeoutMs: number;
  readonly impressionTtlMs: number;
}

/** What one answer found in the caches, as numbers of texts by outcome, and whether memory changed its order. */
export interface AnswerReport {
  readonly texts: { readonly hit: number; readonly miss: number };
  /** `hit` without the `stale` ones; `bypass` where nothing was to be remembered. */
  readonly pairs: {
    readonly hit: number;
    readonly stale: number;
    readonly miss: number;
    readonly bypass: number;
  };
  readonly adapted: boolean;
}

export interface RerankerEvents extends FeedbackEvents {
  answered(namespace: string, report: AnswerReport): void;
}

export interface RerankerDependencies {
  readonly encoder: Encoder;
  readonly hash: KeyedHash;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: RerankerSettings;
  readonly events: RerankerEvents;
  /** Runs work inside a namespace, which stays open until it is done. */
  use<Result>(namespace: string, work: (namespace: Namespace) => Promise<Result>): Promise<Result>;
}

interface Ranked {
  readonly answer: RerankAnswer;
  readonly report: AnswerReport;
  /** Leaves the traces a learning request leaves. */
  record(): void;
}

/** One request, down and up: score, remember, adapt, diversify, explore, record. */
export class Reranker {
  constructor(private readonly dependencies: RerankerDependencies) {}

  /**
   * Answers requests of one namespace in order. All are ranked before any leaves a trace: an `AppError` for one leaves
   * none of any.
   */
  rerank(namespaceName: string, requests: readonly RerankRequest[]): Promise<RerankAnswer[]> {
    return this.dependencies.use(namespaceName, async (namespace) => {
      namespace.reload();
      checkDimensions(namespace, requests);
      const ranked: Ranked[] = [];
      const wait = startWait(this.dependencies.settings.modelTimeoutMs, requests[0]?.signal);
      const { signal } = wait;
      try {
        for (const request of requests) ranked.push(await this.rank(namespace, { ...request, signal }));
      } finally {
        wait.end();
      }
      const pace = new Pace();
      for (const { record, report } of ranked) {
        if (pace.due()) await pace.rest();
        record();
        this.dependencies.events.answered(namespaceName, report);
      }
      return ranked.map(({ answer }) => answer);
    });
  }

  /** Learns from one feedback; see `applyFeedback`. */
  feedback(namespaceName: string, request: FeedbackRequest): Promise<FeedbackResult> {
    return this.dependencies.use(namespaceName, (namespace) =>
      applyFeedback(namespace, request, this.dependencies),
    );
  }

  private async rank(namespace: Namespace, request: RerankRequest): Promise<Ranked> {
    const startedAt = performance.now();
    const { hash } = this.dependencies;
    const { fingerprint } = hash;
    const { hits, misses } = namespace.texts;
    const texts = namespace.texts.getList(request.query, request.candidates);
    const looked = { hit: namespace.texts.hits - hits, miss: namespace.texts.misses - misses };
    const { query, candidates, queryEmbedding, signal, wishes, cacheControl } = request;
    const asked = { query, candidates, texts, queryEmbedding, signal, wishes, cacheControl };
    const base = await namespace.scorer.score(asked);
    const scoredAt = performance.now();
    const ranking = await orderCandidates(namespace, request, base, texts, this.dependencies);
    const stages = [
      { name: 'score', ms: scoredAt - startedAt },
      { name: 'memory', ms: performance.now() - scoredAt },
    ];
    return {
      report: { texts: looked, pairs: pairLookups(base), adapted: ranking.moved },
      answer: buildAnswer(namespace, request, base, ranking, texts, stages, this.dependencies.settings),
      record: () => {
        // Nobody could match hashes of a key that was replaced meanwhile.
        if (hash.fingerprint === fingerprint)
          recordAnswer(namespace, request, ranking, texts, this.dependencies);
      },
    };
  }
}

function pairLookups({ pairHits, pairMisses, pairStale = 0, forward }: BaseScores): AnswerReport['pairs'] {
  const isBypassed = forward === 'bypass';
  return {
    hit: pairHits - pairStale,
    stale: pairStale,
    miss: isBypassed ? 0 : pairMisses,
    bypass: isBypassed ? pairMisses : 0,
  };
}

function checkDimensions(namespace: Namespace, requests: readonly RerankRequest[]): void {
  let expected = namespace.pinnedDimension;
  for (const { queryEmbedding, loc } of requests) {
    if (queryEmbedding === undefined) continue;
    namespace.checkDimension(queryEmbedding.length, loc, expected);
    expected = queryEmbedding.length;
  }
}
