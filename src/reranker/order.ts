import type { Clock } from '../base/clock.js';
import type { KeyedHash } from '../base/keyed-hash.js';
import type { Patience } from '../base/patience.js';
import type { Random } from '../base/random.js';
import type { Encoder } from '../encoders/encoder.js';
import type { Arm } from '../namespaces/impression.js';
import type { Namespace } from '../namespaces/namespace.js';
import type { Neighbour } from '../namespaces/query-cells.js';
import { diversify, NEAR_COPY } from '../ranking/diversify.js';
import { entropyGate } from '../ranking/entropy-gate.js';
import { swapNeighbours } from '../ranking/explore.js';
import { KEY_DOCUMENTS } from '../ranking/key-vector.js';
import { PairSimilarities } from '../ranking/pair-similarities.js';
import { dot, minMax, orderByDescending, toUnit } from '../ranking/similarity.js';
import type { BaseScores } from '../scorers/scorer.js';
import type { TextEntry } from '../scorers/text-cache.js';
import { type Adapted, adapt, type FusionSettings } from './adapt.js';
import { documentKey } from './document-key.js';
import { type IdentifiedQuery, type IdentifyEvents, identify, vectorsOf } from './identify.js';
import type { Ranking } from './ranking.js';
import type { RerankRequest } from './request.js';

export interface OrderSettings extends FusionSettings {
  /** Chance that a request explores, in [0, 1]. */
  readonly epsilon: number;
  /** No exploration, and evidence fades in steps. */
  readonly deterministic: boolean;
  /** Share of requests answered in base order on purpose, in [0, 1]. */
  readonly holdout: number;
}

export interface OrderTools {
  readonly encoder: Encoder;
  readonly hash: KeyedHash;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: OrderSettings;
  readonly events: IdentifyEvents;
}

/** A request with its base scores. */
export interface ScoredRequest {
  readonly request: RerankRequest;
  /** Entries of its candidates' texts, in their order. */
  readonly texts: readonly TextEntry[];
  readonly base: BaseScores;
  /** Aborts when nobody waits for models any more: the caller left, or their time is over. */
  readonly signal: Patience;
}

/** In deterministic mode time moves in so many steps a half-life: an hour each at 14 days. */
const STEPS_PER_HALF_LIFE = 336;

/** The order of the answer, with all that led to it. */
export async function orderCandidates(
  namespace: Namespace,
  scored: ScoredRequest,
  tools: OrderTools,
): Promise<Ranking> {
  const { request, texts, base, signal } = scored;
  const { settings, random, clock } = tools;
  const { memory } = namespace;
  const baseOrder = orderByDescending(base.scores);
  const b = minMax(base.scores);
  const shownCount = Math.min(request.topK, baseOrder.length);
  const gate = entropyGate(base.scores, request.gate);
  const heldOut = request.learn && settings.holdout > 0 && random.next() < settings.holdout;
  const arm: Arm = heldOut ? 'base' : 'memory';
  const best = baseOrder.slice(0, KEY_DOCUMENTS).map((d) => texts[d]);
  const needed = best.length > 0 && (request.learn || memory.size > 0);
  const identified = needed ? await identify(request.query, best, namespace, tools, signal) : null;
  const neighbours = arm === 'memory' && identified !== null ? findNeighbours(namespace, identified) : [];
  const { trust } = memory;
  const silent =
    neighbours.length === 0 && (arm === 'base' || (trust.narrative === 0 && trust.pheromone === 0));
  const applied = silent
    ? null
    : await applyMemory(namespace, scored, { b, baseOrder, shown: shownCount, gate, neighbours }, tools);
  const adapted = applied?.adapted ?? null;
  const value = adapted?.value ?? weighted(b, settings.weightDense);
  const order = adapted?.order ?? baseOrder;
  const front = order.slice(0, shownCount);
  const sunk = await sinkNearCopies(namespace, scored, front, value, tools, identified);
  const diverse = sunk ?? front;
  // Without an impression nothing is learned from a swap, and whoever looks wants to see the order itself.
  const mayExplore = request.learn && !settings.deterministic && neighbours[0]?.sameText === true;
  const explores = mayExplore && settings.epsilon > 0 && random.next() < settings.epsilon;
  const exposure = (d: number) => adapted?.evidence[d].W ?? 0;
  const shown = explores ? swapNeighbours(diverse, value, exposure, random) : diverse;
  if (request.learn && neighbours.length > 0) memory.cells.touch(neighbours, clock.now());
  return {
    baseOrder,
    b,
    shown,
    gate,
    arm,
    identified,
    neighbours,
    adapted,
    value,
    moved: order.some((d, rank) => rank < shownCount && d !== baseOrder[rank]),
    epsilonUsed: mayExplore ? settings.epsilon : 0,
    isMemoryWhole: identified?.isWhole !== false && applied?.isWhole !== false && sunk !== null,
  };
}

/** The base scores as they count; not a copy where they count as they are. */
function weighted(b: Float64Array, weight: number): Float64Array {
  if (weight === 1) return b;
  const value = new Float64Array(b.length);
  for (let d = 0; d < b.length; d++) value[d] = weight * b[d];
  return value;
}

async function applyMemory(
  namespace: Namespace,
  { request, texts, signal }: ScoredRequest,
  ranking: Pick<Ranking, 'b' | 'baseOrder' | 'gate' | 'neighbours'> & { shown: number },
  tools: OrderTools,
): Promise<{ readonly adapted: Adapted; readonly isWhole: boolean }> {
  const { encoder, hash, clock, settings } = tools;
  const { memory } = namespace;
  const { neighbours } = ranking;
  const now = settings.deterministic ? stepOf(clock.now(), settings.halfLifeMs) : clock.now();
  const keys = request.candidates.map((candidate, d) =>
    documentKey(candidate, texts[d], namespace.ids.keys, hash),
  );
  const narrates = memory.trust.narrative > 0 || neighbours.some(({ cell }) => cell.narrative !== null);
  const embeddings = narrates ? await vectorsOf(texts, namespace, tools, signal) : [];
  const adapted = adapt(
    {
      ...ranking,
      encoder: `${encoder.name}@${encoder.version}`,
      keys,
      embeddings: embeddings ?? [],
      wide: {
        trust: memory.trust,
        vector: memory.narrative,
        evidence: memory.trust.pheromone > 0 ? keys.map((key) => memory.wideEvidence(key, now)) : [],
      },
      beta: memory.beta,
      now,
    },
    settings,
  );
  return { adapted, isWhole: embeddings !== null };
}

/** The start of the step of time that `now` is in: within it evidence does not fade, so answers repeat to the last bit. */
function stepOf(now: number, halfLifeMs: number): number {
  const stepMs = halfLifeMs / STEPS_PER_HALF_LIFE;
  return Math.floor(now / stepMs) * stepMs;
}

/** The order with near copies further down; null where the encoder gives no answer by which to know them. */
async function sinkNearCopies(
  namespace: Namespace,
  { request, texts, signal }: ScoredRequest,
  shown: readonly number[],
  value: Float64Array,
  tools: OrderTools,
  identified: IdentifiedQuery | null,
): Promise<readonly number[] | null> {
  if (request.mmrLambda >= 1 || shown.length < 2) return shown;
  const { candidates } = request;
  if (request.queryEmbedding !== undefined) {
    const sent = shown.map((d) => toUnit(Float32Array.from(candidates[d].embedding ?? [])));
    return diversify(shown, value, request.mmrLambda, (a, other) => dot(sent[a], sent[other]));
  }
  const vectors = await vectorsOf(
    shown.map((d) => texts[d]),
    namespace,
    tools,
    signal,
  );
  if (vectors === null) return null;
  const known = identified === null ? null : knownSimilarities(identified, vectors);
  if (known !== null && known.largest <= NEAR_COPY) return shown;
  const similarity = known?.between ?? ((a: number, other: number) => dot(vectors[a], vectors[other]));
  return diversify(shown, value, request.mmrLambda, similarity);
}

/** Cosines among a query's best results, worked out once, and the largest; null where other texts are among these. */
function knownSimilarities(
  { keyed, best }: IdentifiedQuery,
  vectors: readonly Float32Array[],
): { largest: number; between(a: number, b: number): number } | null {
  const places = vectors.map((vector) => best.indexOf(vector));
  if (places.includes(-1)) return null;
  keyed.similarities ??= new PairSimilarities(best);
  const { similarities } = keyed;
  // A further document may have the text of one that is among the best.
  const isRepeated = new Set(places).size < places.length;
  return {
    largest: isRepeated ? 1 : similarities.largest,
    between: (a, b) =>
      places[a] === places[b] ? dot(vectors[a], vectors[b]) : similarities.between(places[a], places[b]),
  };
}

function findNeighbours(namespace: Namespace, { known, keyed }: IdentifiedQuery): Neighbour[] {
  const identity = { cellId: known.cellId, guard: known.guard, key: keyed.key };
  keyed.search = namespace.memory.cells.search(identity, keyed.search);
  return namespace.memory.cells.neighbours(identity, keyed.search);
}
