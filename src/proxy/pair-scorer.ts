import { AppError } from '../base/errors.js';
import { ModelError } from '../base/model-call.js';
import { Pace, type StartPace } from '../base/pace.js';
import type { CacheControl } from '../base/request-wishes.js';
import { digestOfAll, textDigest } from '../base/text-digest.js';
import { wishedForward } from '../scorers/forward.js';
import type { BaseScores, NamespaceScorer, ScoreRequest, Scorer, ScoringContext } from '../scorers/scorer.js';
import { Flights, type Outcome, type WantedTexts } from './flights.js';
import { Freshness, type FreshnessOptions } from './freshness.js';
import type { PairPlace } from './kept-pairs.js';
import { PairCache, type ScoredText } from './pair-cache.js';
import type { PairCaches, PairHolder } from './pair-caches.js';
import type { PairModel } from './pair-model.js';
import { isOfCaller, isRefusal, maySpare, Refusals } from './refusals.js';
import { RequestPairs, type Settled } from './request-pairs.js';

export interface PairScorerOptions {
  /** Lent. */
  readonly model: PairModel;
  /** Lent; shared by the pair scorers of a program. */
  readonly caches: PairCaches;
  readonly freshness: FreshnessOptions;
  /** How long a refusal is remembered, in milliseconds; 0 = not at all. */
  readonly negativeMs: number;
  /** Longest that scores are fetched behind an answer, in milliseconds. */
  readonly refreshTimeoutMs: number;
  /** Scores of a model with logits: through the logistic function, in 0…1, or as they are; default `sigmoid`. */
  readonly scores?: 'sigmoid' | 'raw' | undefined;
  /** What the caller sees where the model gives no answer and nothing may stand in for it; absent: the `ModelError`. */
  readonly toError?: ((error: ModelError) => AppError) | undefined;
  /** Default: a pace of 5 ms slices. */
  readonly startPace?: StartPace | undefined;
}

/**
 * A pair model as a scorer, behind the pair cache: a pair is asked for once in its time to live, however many ask at the
 * same time; a list of which some is known asks for the rest alone. Where the model fails, the whole list has scores that
 * it gave, though they be old, or the failure is thrown: `ModelError`, or the `AppError` that its caller must see.
 *
 * Equal texts of one request are scored once. The part `logit` or `probability` is what the model gave.
 */
export function createPairScorer(options: PairScorerOptions): Scorer {
  const { model, scores = 'sigmoid' } = options;
  const isRaw = model.scale === 'logit' && scores === 'raw';
  return {
    name: model.name,
    revision: `${model.name}-1 ${model.version} ${scores}`,
    autoInputPrior: false,
    scale: isRaw ? 'logit' : 'probability',
    open: (context) => new PairNamespace(context, options),
    async close() {},
  };
}

const NO_CONTROL: CacheControl = Object.freeze({});

class PairNamespace implements NamespaceScorer, PairHolder {
  private readonly cache: PairCache;
  private readonly flights = new Flights();
  private readonly refusals: Refusals;
  private lastFreshness: Freshness;
  private ttlMs: number | undefined;

  constructor(
    private readonly context: ScoringContext,
    private readonly options: PairScorerOptions,
  ) {
    const { caches } = options;
    this.cache = new PairCache(context.maxPairBytes, (pairs) => caches.events.evicted?.(pairs));
    caches.register(context.namespace, this);
    this.refusals = new Refusals(options.negativeMs);
    this.lastFreshness = new Freshness(options.freshness);
  }

  /** As the namespace says; scores that never age do not. */
  private get freshness(): Freshness {
    const ttlMs = this.context.cacheTtlMs?.();
    if (ttlMs === this.ttlMs) return this.lastFreshness;
    this.ttlMs = ttlMs;
    const { freshness } = this.options;
    const isFixed = ttlMs === undefined || freshness.ttlMs === Number.POSITIVE_INFINITY;
    this.lastFreshness = new Freshness(isFixed ? freshness : { ...freshness, ttlMs });
    return this.lastFreshness;
  }

  get bytes(): number {
    return this.cache.bytes;
  }

  async score(request: ScoreRequest): Promise<BaseScores> {
    const { noCache, noStore, onlyIfCached } = request.cacheControl ?? NO_CONTROL;
    const digests = this.knownDigests(request) ?? (await this.digest(request));
    const pairs = new RequestPairs(this.placeOf(request, digests), request.texts, digests);
    if (!noStore) this.look(pairs);
    if (!noStore && !noCache) {
      if (!this.freshness.isFresh(pairs.oldestMs)) await this.readKept(pairs, request);
      if (this.freshness.isServable(pairs.oldestMs)) {
        if (!onlyIfCached) this.refreshBehind(pairs, request);
        return this.remembered(pairs, request);
      }
    }
    if (onlyIfCached)
      throw new AppError('UPSTREAM_TIMEOUT', 'Not all scores are known, and only-if-cached asks nobody');
    const { toError } = this.options;
    return this.ask(pairs, request).catch((error: unknown) => {
      throw toError !== undefined && error instanceof ModelError ? toError(error) : error;
    });
  }

  learn(): void {}

  trim(bytes: number): void {
    this.cache.trim(bytes);
  }

  clear(): void {
    this.forget();
  }

  forget(model?: string): number {
    this.refusals.clear();
    this.flights.clear();
    return this.cache.forget(model);
  }

  /** The digests of texts that were all met before. */
  private knownDigests({ texts }: ScoreRequest): string[] | undefined {
    const digests: string[] = [];
    for (const { digest } of texts) {
      if (digest === undefined) return undefined;
      digests.push(digest);
    }
    return digests;
  }

  private async digest({ texts }: ScoreRequest): Promise<string[]> {
    const pace = (this.options.startPace ?? (() => new Pace()))();
    const digests: string[] = [];
    for (const entry of texts) {
      if (entry.digest === undefined) {
        if (pace.due()) await pace.rest();
        entry.digest = textDigest(entry.text);
        this.context.texts.grew(entry, 2 * entry.digest.length);
      }
      digests.push(entry.digest);
    }
    return digests;
  }

  /** Texts that are scored together are part of the question, in whatever order they come. */
  private placeOf({ query, wishes }: ScoreRequest, digests: readonly string[]): PairPlace {
    const { model } = this.options;
    const { namespace } = this.context;
    const together = model.isListwise(wishes, namespace) ? [...new Set(digests)].sort() : [];
    return {
      namespace,
      model: model.modelOf?.(wishes, namespace) ?? model.name,
      question: digestOfAll([model.name, model.version, model.keyOf(wishes, namespace), query, ...together]),
    };
  }

  private look(pairs: RequestPairs): void {
    pairs.look(this.cache.get(pairs.place.question), this.options.caches.clock.now());
  }

  /** Remembers what outlived the process, of what is not known, and looks again. */
  private async readKept(pairs: RequestPairs, { signal }: ScoreRequest): Promise<void> {
    const { kept } = this.options.caches;
    const unknown = [...pairs.wanted((age) => age === Number.POSITIVE_INFINITY).keys()];
    if (kept === undefined || unknown.length === 0) return;
    const { generation } = this.cache;
    const found = await kept.read(pairs.place, unknown, signal?.());
    if (found.length === 0 || this.cache.generation !== generation) return;
    this.cache.keep(pairs.place.question, pairs.place.model, found);
    this.look(pairs);
  }

  private remembered(pairs: RequestPairs, request: ScoreRequest): BaseScores {
    let stale = 0;
    if (!this.freshness.isFresh(pairs.oldestMs))
      for (const age of pairs.ages) if (!this.freshness.isFresh(age)) stale++;
    const { length } = pairs.digests;
    this.count({ remembered: length, joined: 0, repeated: 0, asked: 0 });
    return this.answer(pairs, request, { given: 0, spared: 0, stale, oldestMs: pairs.oldestMs });
  }

  /** Fetches what is past its time or near it, while the caller has its answer. */
  private refreshBehind(pairs: RequestPairs, request: ScoreRequest): void {
    const { caches, refreshTimeoutMs } = this.options;
    const chance = this.freshness.refreshChance(pairs.oldestMs);
    if (chance === 0 || (chance < 1 && caches.random.next() >= chance)) return;
    const isListwise = this.isListwise(request);
    const isOld = (age: number) => this.freshness.isEnding(age) || !this.freshness.isFresh(age);
    const wanted = pairs.wanted((age) => isListwise || isOld(age));
    for (const digest of wanted.keys())
      if (this.flights.has(pairs.place.question, digest)) wanted.delete(digest);
    // Who was sent away fetches nothing more: the namespace may be gone since.
    if (wanted.size === 0 || request.signal?.().aborted) return;
    caches.refresh(() => this.fetch(pairs.place, request, wanted, AbortSignal.timeout(refreshTimeoutMs)));
  }

  /** Asks the model for what is not fresh, or for all of it. */
  private async ask(pairs: RequestPairs, request: ScoreRequest): Promise<BaseScores> {
    const { noCache, noStore } = request.cacheControl ?? NO_CONTROL;
    const isListwise = this.isListwise(request);
    const isAll = isListwise || noCache || noStore;
    const isWanted = (age: number) => isAll || !this.freshness.isFresh(age);
    const wanted = pairs.wanted(isWanted);
    const wasKnown = pairs.oldestMs < Number.POSITIVE_INFINITY;
    if (!noCache && !noStore) this.checkRefusals(pairs, request, wanted);
    const { generation } = this.cache;
    const { outcomes, joined, isKept } = await this.fetch(pairs.place, request, wanted, request.signal?.());
    const places = pairs.ages.filter(isWanted).length;
    this.count({
      remembered: pairs.digests.length - places,
      joined,
      repeated: places - wanted.size,
      asked: wanted.size - joined,
    });
    this.throwUnspared(pairs, request, wanted, outcomes);
    const settled = this.settle(pairs, request, wanted, outcomes);
    const isStale = wasKnown || settled.spared > 0;
    const forward = wishedForward(request.cacheControl) ?? (isStale ? 'stale' : undefined);
    const isStored = !noStore && isKept && this.cache.generation === generation;
    return { ...this.answer(pairs, request, settled), isStored, ...(forward && { forward }) };
  }

  /** Never rejects. What comes is kept when all of it has come, unless something was forgotten on purpose meanwhile. */
  private fetch(
    place: PairPlace,
    request: ScoreRequest,
    wanted: WantedTexts,
    signal: AbortSignal | undefined,
  ) {
    const { query, wishes, cacheControl = NO_CONTROL } = request;
    const { noStore, noCache } = cacheControl;
    const { generation } = this.cache;
    const { namespace } = this.context;
    const askedAt = this.options.caches.clock.now();
    const cut = new Set<string>();
    return (noStore ? new Flights() : this.flights).wait({
      question: place.question,
      wanted,
      signal,
      joins: !noCache,
      start: (texts, callSignal) =>
        this.options.model.scoreEach(query, texts, {
          namespace,
          signal: callSignal,
          wishes,
          onCut: (at) => cut.add(texts[at]!),
        }),
      ended: (outcomes) => {
        if (noStore || this.cache.generation !== generation) return false;
        const ofWhole = [...outcomes].filter(([digest]) => !cut.has(wanted.get(digest)!));
        return this.keep(request, place, new Map(ofWhole), askedAt) && ofWhole.length === outcomes.size;
      },
    });
  }

  private isListwise({ wishes }: ScoreRequest): boolean {
    return this.options.model.isListwise(wishes, this.context.namespace);
  }

  /** Whether the scores are remembered now, in memory or beyond. */
  private keep(
    request: ScoreRequest,
    place: PairPlace,
    outcomes: ReadonlyMap<string, Outcome>,
    at: number,
  ): boolean {
    const { caches } = this.options;
    const scored: ScoredText[] = [];
    for (const [digest, outcome] of outcomes)
      if ('score' in outcome) scored.push({ digest, score: outcome.score, at });
    if (scored.length === 0 || (this.isListwise(request) && scored.length < outcomes.size)) return false;
    const { isHeld, latest } = this.cache.keep(place.question, place.model, scored);
    const isWritten = caches.kept?.write(place, latest, this.freshness.keptMs) ?? false;
    return isHeld || isWritten;
  }

  private checkRefusals(pairs: RequestPairs, request: ScoreRequest, wanted: WantedTexts): void {
    if (this.refusals.isEmpty) return;
    const now = this.options.caches.clock.now();
    this.refusals.check(this.callerKey(request), now);
    this.refusals.check(askKey(pairs, wanted), now);
  }

  /** What no old score may stand in for: a refusal, which is remembered and its caller's to see, and faults of ours. */
  private throwUnspared(
    pairs: RequestPairs,
    request: ScoreRequest,
    wanted: WantedTexts,
    outcomes: ReadonlyMap<string, Outcome>,
  ): void {
    for (const outcome of outcomes.values()) {
      if (!('error' in outcome) || maySpare(outcome.error)) continue;
      this.rememberRefusal(outcome.error, pairs, request, wanted);
      throw outcome.error;
    }
  }

  /** What came, and old scores where those may stand in. */
  private settle(
    pairs: RequestPairs,
    request: ScoreRequest,
    wanted: WantedTexts,
    outcomes: ReadonlyMap<string, Outcome>,
  ): Settled {
    try {
      return pairs.settle(outcomes, this.freshness, this.isListwise(request));
    } catch (error) {
      this.rememberRefusal(error, pairs, request, wanted);
      throw error;
    }
  }

  private rememberRefusal(
    error: unknown,
    pairs: RequestPairs,
    request: ScoreRequest,
    wanted: WantedTexts,
  ): void {
    if (!isRefusal(error) || request.cacheControl?.noStore) return;
    const key = isOfCaller(error) ? this.callerKey(request) : askKey(pairs, wanted);
    this.refusals.keep(key, error, this.options.caches.clock.now());
  }

  private callerKey({ wishes }: ScoreRequest): string {
    return `caller ${this.options.model.keyOf(wishes, this.context.namespace)}`;
  }

  private count(use: Parameters<NonNullable<PairCaches['events']['used']>>[2]): void {
    this.options.caches.events.used?.(this.context.namespace, this.options.model.name, use);
  }

  private answer(pairs: RequestPairs, { wishes }: ScoreRequest, settled: Settled): BaseScores {
    const { model, scores: wanted } = this.options;
    const isRaw = wishes?.rawScores === true || wanted === 'raw';
    const scale = model.scaleOf(wishes);
    const isMapped = scale === 'logit' && !isRaw;
    const { scores } = pairs;
    const hits = scores.length - settled.given;
    return {
      scores: isMapped ? scores.map(sigmoid) : scores,
      parts: { [scale]: scores },
      pairHits: hits,
      pairMisses: settled.given,
      ...(settled.stale > 0 && { pairStale: settled.stale }),
      ...(hits > 0 && { ageMs: settled.oldestMs }),
      ...(scale === 'logit' && isRaw && { scale }),
    };
  }
}

/** Names what is asked for of a question. */
function askKey({ place }: RequestPairs, wanted: WantedTexts): string {
  return place.question + digestOfAll([...wanted.keys()].sort());
}

/** The logistic function: (0, 1), .5 at 0. */
function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
