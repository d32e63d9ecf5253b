import type { Candidate } from '../base/documents.js';
import type { ValidationIssue } from '../base/errors.js';
import type { Patience } from '../base/patience.js';
import type { CacheControl, ModelWishes } from '../base/request-wishes.js';
import type { ExceededQuota } from '../namespaces/stock.js';
import type { Forward, Scale } from '../scorers/scorer.js';

/** When the entropy gate lets candidates move. */
export type GateMode = 'off' | 'auto' | 'on';

/** Settings of the entropy gate after request overrides. */
export interface GateSettings {
  readonly mode: GateMode;
  /** Uncertainty in [0, 1] below which `auto` leaves all free. */
  readonly threshold: number;
  /** Fewest and most candidates that may move; 1 ≤ min ≤ max. */
  readonly minCandidates: number;
  readonly maxCandidates: number;
  /** Softmax temperature, > 0. */
  readonly temperature: number;
}

/** A validated request for ranking; every default is already filled in. */
export interface RerankRequest {
  /** Where this request stands in the body, for the `loc` of errors: `[]`, or `[i]` in a batch. */
  readonly loc: readonly (string | number)[];
  /** Ours, unguessable; feedback names it. */
  readonly requestId: string;
  readonly query: string;
  readonly candidates: readonly Candidate[];
  /** Present if and only if every candidate has an `embedding`, all of one dimension. */
  readonly queryEmbedding?: readonly number[];
  /** Most results returned, ≥ 1. */
  readonly topK: number;
  /** 1 = relevance only, 0 = novelty only. */
  readonly mmrLambda: number;
  readonly gate: GateSettings;
  readonly explain: boolean;
  /** False leaves no impression and no document frequencies. */
  readonly learn: boolean;
  /** Who asks, as in `FeedbackRequest.source`; stands in where the feedback does not say. */
  readonly source?: string;
  /** A signal that aborts when nobody waits for the answer any more; asked for by what takes a while. */
  readonly signal?: Patience | undefined;
  /** For scorers with a model behind them. */
  readonly wishes?: ModelWishes | undefined;
  readonly cacheControl?: CacheControl | undefined;
}

/** What holds for all requests of one call. */
export interface RerankOptions {
  /**
   * Whether the scores of all requests stand beside each other: then the spare scorer ranks all of them where it had to
   * for any.
   */
  readonly oneScale?: boolean | undefined;
  /** Most requests that are scored at the same time, from 1 to `SCORED_AT_ONCE`, which is the default. */
  readonly atOnce?: number | undefined;
}

/** Requests of one call that are scored at the same time, at most. */
export const SCORED_AT_ONCE = 8;

/** What each signal adds to a document, weighted, as it entered the order. */
export interface ScoreComponents {
  readonly dense: number;
  readonly narrative: number;
  readonly pheromone: number;
}

export interface RankedDocument {
  readonly candidate: Candidate;
  /** The candidate's text as a JSON string, quotes included; written when it is read, which takes longer than all the rest. */
  readonly quotedText: string;
  /** Position in the request, from 0. */
  readonly index: number;
  /** The base scores, sorted, dealt along the final order: falls with rank. */
  readonly score: number;
  readonly components: ScoreComponents;
  /** Present when asked for. */
  readonly explanation?: DocumentExplanation | undefined;
}

export interface DocumentExplanation {
  /** This document's own base score and its rank from 1 by it. */
  readonly base_score: number;
  readonly base_rank: number;
  /** Parts of the base score by name. */
  readonly parts: Readonly<Record<string, number>>;
  /** Base score scaled to [0, 1] over the candidates. */
  readonly b: number;
  /** Decayed evidence of the neighbouring cells: reward mass and expected examinations. */
  readonly S: number;
  readonly W: number;
  /** Shrunken excess of clicks, and similarity to what was accepted, before weights. */
  readonly P: number;
  readonly N: number;
  /** Namespace-wide signals before weights and trust. */
  readonly N_namespace: number;
  readonly P_namespace: number;
  /** Whether the entropy gate let this document move. */
  readonly free: boolean;
}

export interface RerankExplanation {
  /** Usual click rate here, and the strength of the prior. */
  readonly mu: number;
  readonly beta: number;
  /** Feedbacks applied to the cells that spoke. */
  readonly evidence: number;
  /** Cells that matched: cosine (1 for the same text), weight κ, trust a/(a+b), feedbacks. */
  readonly neighbours: readonly {
    readonly same_text: boolean;
    readonly similarity: number;
    readonly weight: number;
    readonly trust: number;
    readonly feedbacks: number;
  }[];
  /** Whether the memory's order was safe enough to use, with both sides of the test. */
  readonly safety_gate: { readonly open: boolean; readonly gain: number; readonly bound: number };
  /** Trust of the namespace-wide narrative and pheromones. */
  readonly trust: { readonly narrative: number; readonly pheromone: number };
}

export interface GateReport {
  readonly mode: GateMode;
  /** Whether the gate limited the candidates. */
  readonly applied: boolean;
  /** Uncertainty in [0, 1]. */
  readonly uncertainty: number;
  readonly candidate_count: number;
  readonly total_candidates: number;
}

export interface RerankAnswer {
  readonly results: readonly RankedDocument[];
  readonly debug: {
    readonly gating: GateReport;
    readonly deterministic: boolean;
    /** Chance with which neighbours could swap in this request; 0 where exploration did not apply. */
    readonly epsilon_used: number;
    readonly mmr_lambda_used: number;
    readonly explanation?: RerankExplanation;
  };
  /** What gave the base scores. */
  readonly scorer: string;
  /** How many pairs the pair cache knew: all, some, none; `bypass` where the scorer keeps no pairs. */
  readonly cache: 'hit' | 'partial' | 'miss' | 'bypass';
  /** The same in numbers, for `Cache-Status` and `Age`. */
  readonly pairs: {
    readonly hits: number;
    readonly misses: number;
    readonly stale: number;
    readonly ageMs: number | undefined;
    readonly isStored: boolean;
    readonly forward?: Forward | undefined;
  };
  /** What the scores mean; dialects with scores in 0…1 map them by it. */
  readonly scale: Scale;
  /** Whether memory changed the order. */
  readonly adapted: boolean;
  /**
   * What did not work: `memory` (it could not be read, or its encoder gave no answer), `scorer` (another one stood in).
   * Usually empty.
   */
  readonly degraded: readonly ('memory' | 'scorer')[];
  /** Milliseconds by stage, in order: `score`, `memory`. */
  readonly stages: readonly { readonly name: string; readonly ms: number }[];
}

/** A validated feedback. */
export interface FeedbackRequest {
  /** The request it speaks of; without it the newest fitting impression of the same query is taken. */
  readonly requestId?: string;
  /** Present unless `requestId` is. */
  readonly query?: string;
  /** Ids the caller's user chose; empty = nothing helped. */
  readonly selectedIds: readonly string[];
  /** The same for documents without ids: their places in the request, from 0, as answers give them in `index`. */
  readonly selectedIndices?: readonly number[] | undefined;
  /** In [0, 1]. */
  readonly success: number;
  /** Stand in for the embedding of a chosen document whose text is no longer known here. */
  readonly bestDocumentText?: string;
  readonly bestDocumentEmbedding?: readonly number[];
  /** Who speaks, as named by the caller's key and `X-NeuralCache-Source`; absent = no allowance to hold it to. */
  readonly source?: string;
  /** A signal that aborts when nobody waits for the outcome any more. */
  readonly signal?: Patience | undefined;
}

/** Outcome of a feedback; `issues` says what is wrong with an `invalid` one. */
export interface FeedbackResult {
  readonly outcome: FeedbackOutcome;
  readonly issues?: readonly ValidationIssue[];
  /** Of a `quota`, which it would exceed. */
  readonly exceeded?: ExceededQuota;
}

/** How a feedback ended. All but `failed`, `unknown`, `invalid` and `quota` are answered 200. */
export type FeedbackOutcome =
  | 'applied'
  | 'duplicate'
  | 'ignored_source'
  | 'unknown'
  | 'invalid'
  | 'failed'
  | 'quota';
