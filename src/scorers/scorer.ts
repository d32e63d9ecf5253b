import type { Candidate } from '../base/documents.js';
import type { Patience } from '../base/patience.js';
import type { CacheControl, ModelWishes } from '../base/request-wishes.js';
import type { DocumentFrequencies } from '../text/document-frequencies.js';
import type { QueryVectors } from './query-vectors.js';
import type { TextCache, TextEntry } from './text-cache.js';

/**
 * What scores mean: `relative` to the list, in 0…1; `probability`, in 0…1 and the same in every list; `cosine`, −1…1; `logit`,
 * any number, .5 at 0 through the logistic function.
 */
export type Scale = 'relative' | 'probability' | 'cosine' | 'logit';

/**
 * What gives candidates their base score. A scorer holds what comes from models alone and is shared by all namespaces;
 * what it keeps of a namespace's texts lives in the `NamespaceScorer` it opens.
 */
export interface Scorer {
  /** As written in `SCORER`, for example `hybrid` or `lexical:0.35,embedding:0.65`. */
  readonly name: string;
  /** Changes whenever scores may change; stored, because evidence about one order does not carry to another. */
  readonly revision: string;
  /** Whether `INPUT_PRIOR=auto` acts for this scorer (`hybrid` and `lexical` alone). */
  readonly autoInputPrior: boolean;
  /** What its scores mean; see `Scale`. */
  readonly scale: Scale;
  /** Opens the scorer for one namespace. Cheap. */
  open(context: ScoringContext): NamespaceScorer;
  close(): Promise<void>;
}

/** What a namespace lends its scorer. */
export interface ScoringContext {
  /** Name of the namespace. */
  readonly namespace: string;
  readonly texts: TextCache;
  /** Vectors of queries by the key encoder. */
  readonly queryVectors: QueryVectors;
  readonly frequencies: DocumentFrequencies;
  /** Bound of the pair cache, in bytes. */
  readonly maxPairBytes: number;
  /** How long scores of an upstream are good for in this namespace, in milliseconds; absent or undefined = as usual. */
  readonly cacheTtlMs?: (() => number | undefined) | undefined;
}

/**
 * Why a model was asked (RFC 9211, 2.2): `miss` nothing was known; `stale` what was known is past its time; `request` the
 * caller wants it asked; `bypass` nothing may be remembered.
 */
export type Forward = 'miss' | 'stale' | 'request' | 'bypass';

/** One request as scorers see it. */
export interface ScoreRequest {
  readonly query: string;
  readonly candidates: readonly Candidate[];
  /** The cache entries of the candidates' texts, in their order (`texts.get` of each, called once per request). */
  readonly texts: readonly TextEntry[];
  /** The caller's vector for the query; present if and only if the candidates carry theirs. */
  readonly queryEmbedding?: readonly number[];
  /** A signal that aborts when nobody waits for the scores any more; asked for by scorers that take a while. */
  readonly signal?: Patience | undefined;
  /** For scorers with a model behind them. */
  readonly wishes?: ModelWishes | undefined;
  readonly cacheControl?: CacheControl | undefined;
  /** Leave it to the spare scorer from the start, where there is one. */
  readonly sparely?: boolean | undefined;
}

/** Base scores in the candidates' order. */
export interface BaseScores {
  /** Finite; larger is more relevant; length = number of candidates. */
  readonly scores: Float64Array;
  /** Each part of the score by name (`bm25`, `cosine`, `head`, `input` …), same length, for `explain`. */
  readonly parts: Readonly<Record<string, Float64Array>>;
  /** Pairs whose features were known before this request, and those computed for it; both 0 without a pair cache. */
  readonly pairHits: number;
  readonly pairMisses: number;
  /** Of the hits, those that were past their time and given all the same; absent = none. */
  readonly pairStale?: number;
  /** Age of the oldest score that was remembered, in milliseconds; absent where none was or nobody knows. */
  readonly ageMs?: number;
  /** Whether what was asked for is remembered now; absent = it is. */
  readonly isStored?: boolean;
  /** Why a model was asked, or should have been, where it is not simply that pairs were missing. */
  readonly forward?: Forward;
  /** Name of the scorer that stood in for all of them because a model gave no answer; absent = none had to. */
  readonly fallback?: string;
  /** What these scores mean where it is not what the scorer's usually do. */
  readonly scale?: Scale;
}

/** A scorer at work in one namespace. Calls may overlap. */
export interface NamespaceScorer {
  /**
   * Scores the candidates; no candidates, no scores. Yields to the event loop at least every 10 ms. Throws `AppError`
   * 422 where this scorer cannot work with the request (for example vectors of another dimension).
   */
  score(request: ScoreRequest): Promise<BaseScores>;
  /** Learns document frequencies from an answered request. Nothing for scorers that have none. */
  learn(request: ScoreRequest): void;
  /** Bytes held (estimate), pair cache included, text cache not. */
  readonly bytes: number;
  /**
   * Makes room of about `bytes`, now that the texts have left their cache: lets go of all that is computed here, and of what
   * a model was asked for as much as it takes, used least recently first. What is being asked for is kept when it comes.
   */
  trim(bytes: number): void;
  /** Forgets what can be computed or asked for again, also what is being asked for. */
  clear(): void;
}
