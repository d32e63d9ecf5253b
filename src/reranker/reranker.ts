import type { Clock } from '../base/clock.js';
import type { KeyedHash } from '../base/keyed-hash.js';
import { Pace } from '../base/pace.js';
import { type Patience, startWait } from '../base/patience.js';
import type { Random } from '../base/random.js';
import { inParallel } from '../base/rejections.js';
import type { Encoder } from '../encoders/encoder.js';
import type { Namespace } from '../namespaces/namespace.js';
import type { BaseScores } from '../scorers/scorer.js';
import { buildAnswer } from './answer.js';
import { applyFeedback, type FeedbackEvents, type FeedbackSettings } from './feedback.js';
import { type OrderSettings, orderCandidates, type ScoredRequest } from './order.js';
import { recordAnswer } from './record.js';
import {
  type FeedbackRequest,
  type FeedbackResult,
  type RerankAnswer,
  type RerankOptions,
  type RerankRequest,
  SCORED_AT_ONCE,
} from './request.js';

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
  use<Result>(
    namespace: string,
    work: (namespace: Namespace) => Promise<Result>,
    patience?: Patience,
  ): Promise<Result>;
}

interface Scored extends ScoredRequest {
  /** Texts that were known already, and others. */
  readonly looked: AnswerReport['texts'];
  readonly ms: number;
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
  rerank(
    namespaceName: string,
    asked: readonly RerankRequest[],
    options: RerankOptions = {},
  ): Promise<RerankAnswer[]> {
    const work = async (namespace: Namespace) => {
      namespace.attend();
      const requests = underPolicies(asked, namespace);
      checkDimensions(namespace, requests);
      const ranked: Ranked[] = [];
      const { fingerprint } = this.dependencies.hash;
      const waitMs = namespace.waitMs ?? this.dependencies.settings.modelTimeoutMs;
      const wait = startWait(waitMs, requests[0]?.signal);
      const { signal } = wait;
      try {
        // Scored together, for models take their time; ordered one by one, so that chance is drawn in their order.
        for (const scored of await scoreAll(namespace, requests, signal, options))
          ranked.push(await this.rank(namespace, scored, fingerprint));
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
    };
    return this.dependencies.use(namespaceName, work, asked[0]?.signal);
  }

  /** Learns from one feedback; see `applyFeedback`. */
  feedback(namespaceName: string, request: FeedbackRequest): Promise<FeedbackResult> {
    const work = (namespace: Namespace) => applyFeedback(namespace, request, this.dependencies);
    return this.dependencies.use(namespaceName, work, request.signal);
  }

  /** `fingerprint`: of the hash key when the texts were looked up. */
  private async rank(namespace: Namespace, scored: Scored, fingerprint: string): Promise<Ranked> {
    const startedAt = performance.now();
    const { request, texts, base, looked } = scored;
    const { hash } = this.dependencies;
    const { weights } = namespace.policies;
    const settings = weights ? { ...this.dependencies.settings, ...weights } : this.dependencies.settings;
    const tools = weights ? { ...this.dependencies, settings } : this.dependencies;
    const ranking = await orderCandidates(namespace, scored, tools);
    const stages = [
      { name: 'score', ms: scored.ms },
      { name: 'memory', ms: performance.now() - startedAt },
    ];
    return {
      report: { texts: looked, pairs: pairLookups(base), adapted: ranking.moved },
      answer: buildAnswer(namespace, request, base, ranking, texts, stages, settings),
      record: () => {
        // Nobody could match hashes of a key that was replaced meanwhile.
        if (hash.fingerprint === fingerprint)
          recordAnswer(namespace, request, ranking, texts, this.dependencies);
      },
    };
  }
}

/** The requests as the namespace answers them: without caches as if each said `no-store`, with no room leaving no trace. */
function underPolicies(requests: readonly RerankRequest[], namespace: Namespace): readonly RerankRequest[] {
  const isCached = namespace.policies.cacheEnabled !== false;
  const { mayLearn } = namespace;
  if (isCached && mayLearn) return requests;
  return requests.map((request) => ({
    ...request,
    learn: request.learn && mayLearn,
    cacheControl: isCached ? request.cacheControl : { ...request.cacheControl, noStore: true },
  }));
}

/** Base scores for every request of a call; see `RerankOptions`. */
async function scoreAll(
  namespace: Namespace,
  requests: readonly RerankRequest[],
  signal: Patience,
  { oneScale = false, atOnce = SCORED_AT_ONCE }: RerankOptions,
): Promise<Scored[]> {
  const all = await inParallel(requests, atOnce, (request) => score(namespace, request, signal));
  const fellBack = all.filter(({ base }) => base.fallback !== undefined).length;
  if (!oneScale || fellBack === 0 || fellBack === all.length) return all;
  return inParallel(all, atOnce, async (scored) =>
    scored.base.fallback === undefined
      ? { ...(await score(namespace, scored.request, signal, true)), looked: scored.looked }
      : scored,
  );
}

async function score(
  namespace: Namespace,
  request: RerankRequest,
  signal: Patience,
  sparely?: boolean,
): Promise<Scored> {
  const startedAt = performance.now();
  const { hits, misses } = namespace.texts;
  const texts = namespace.texts.getList(request.query, request.candidates);
  const looked = { hit: namespace.texts.hits - hits, miss: namespace.texts.misses - misses };
  const { query, candidates, queryEmbedding, wishes, cacheControl } = request;
  const asked = { query, candidates, texts, queryEmbedding, signal, wishes, cacheControl, sparely };
  const scored = await namespace.scorer.score(asked);
  const base = namespace.policies.cacheEnabled === false ? uncached(scored) : scored;
  return { request, texts, base, signal, looked, ms: performance.now() - startedAt };
}

/** Scores of a namespace without caches: also what is worked out here was neither looked up nor kept. */
function uncached(base: BaseScores): BaseScores {
  return { ...base, forward: 'bypass', isStored: false };
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
