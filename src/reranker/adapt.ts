import type { Neighbour } from '../namespaces/query-cells.js';
import { anchor } from '../ranking/anchor.js';
import { decayFactor } from '../ranking/decay.js';
import type { EntropyGate } from '../ranking/entropy-gate.js';
import { combineNarratives, narrative, type WeightedNarrative } from '../ranking/narrative.js';
import { type Evidence, type PheromoneSettings, pheromone, usualRate } from '../ranking/pheromone.js';
import { type SafetyDecision, safetyGate } from '../ranking/safety-gate.js';
import { dot, minMax } from '../ranking/similarity.js';

/** Settings of the order; see the settings table. */
export interface FusionSettings {
  readonly weightDense: number;
  readonly weightNarrative: number;
  readonly weightPheromone: number;
  readonly pheromone: PheromoneSettings;
  readonly halfLifeMs: number;
  /** Standard deviations of expected gain asked of the memory's order. */
  readonly gateZ: number;
  /** Every so many-th slot keeps the base order; 0 = none. */
  readonly anchor: number;
}

/** What the namespace knows beside cells. */
export interface WideSignals {
  readonly trust: { readonly narrative: number; readonly pheromone: number };
  readonly vector: Float32Array | null;
  readonly evidence: readonly Evidence[];
}

export interface AdaptInput {
  /** Base scores scaled to [0, 1], by candidate. */
  readonly b: Float64Array;
  /** Candidates, best base score first. */
  readonly baseOrder: readonly number[];
  /** Results returned. */
  readonly shown: number;
  readonly gate: EntropyGate;
  readonly neighbours: readonly Neighbour[];
  /** Encoder whose narratives count. */
  readonly encoder: string;
  readonly keys: readonly string[];
  /** Embeddings by candidate; needed where a narrative speaks, else empty. */
  readonly embeddings: readonly Float32Array[];
  readonly wide: WideSignals;
  readonly beta: number;
  readonly now: number;
}

/** An order with what led to it, by candidate. */
export interface Adapted {
  readonly order: readonly number[];
  /** Value the order goes by (G); base order's own where a candidate was held still. */
  readonly value: Float64Array;
  /** Weighted parts of `value` beyond the base score. */
  readonly narrative: Float64Array;
  readonly pheromone: Float64Array;
  readonly evidence: readonly Evidence[];
  readonly signals: {
    readonly N: Float64Array;
    readonly P: Float64Array;
    readonly wideN: Float64Array;
    readonly wideP: Float64Array;
  };
  readonly free: readonly boolean[];
  readonly mu: number;
  readonly feedbacks: number;
  readonly safety: SafetyDecision;
}

/** Sums of the neighbours' evidence of each document, decayed to `now`. */
export function neighbourEvidence(
  neighbours: readonly Neighbour[],
  keys: readonly string[],
  now: number,
  halfLifeMs: number,
): Evidence[] {
  const sums = keys.map(() => ({ S: 0, W: 0 }));
  for (const { cell, weight } of neighbours) {
    const factor = weight * decayFactor(cell.decayedAt, now, halfLifeMs);
    for (let d = 0; d < keys.length; d++) {
      const known = cell.documents.get(keys[d]);
      if (known === undefined) continue;
      sums[d].S += factor * known.S;
      sums[d].W += factor * known.W;
    }
  }
  return sums;
}

/** What the neighbours accepted, by weight and mass; null where they accepted nothing yet. */
export function neighbourNarrative(
  neighbours: readonly Neighbour[],
  encoder: string,
  now: number,
  halfLifeMs: number,
): WeightedNarrative | null {
  return combineNarratives(
    neighbours.flatMap(({ cell, weight }) => {
      const mass = weight * cell.mass * decayFactor(cell.decayedAt, now, halfLifeMs);
      return cell.narrative === null || cell.encoder !== encoder || !(mass > 0)
        ? []
        : [{ vector: cell.narrative, mass }];
    }),
  );
}

/**
 * The order memory gives: what the cells say, if the safety gate lets it; what the whole namespace says, as loudly as it
 * has earned; only among the candidates the entropy gate frees. Without neighbours and trust it is the base order.
 * Pure. Cost: neighbours × candidates look-ups, and a product of vectors per candidate where a narrative speaks.
 */
export function adapt(input: AdaptInput, settings: FusionSettings): Adapted {
  const { b, baseOrder, keys, neighbours, beta, now } = input;
  const n = b.length;
  const evidence = neighbourEvidence(neighbours, keys, now, settings.halfLifeMs);
  const accepted = neighbourNarrative(neighbours, input.encoder, now, settings.halfLifeMs);
  const mu = rate(evidence);
  const signals = {
    N: narrativeSignal(accepted, input, evidence),
    P: Float64Array.from(evidence, (known) => pheromone(known, mu, beta, settings.pheromone)),
    wideN: wideNarrativeSignal(input),
    wideP: widePheromoneSignal(input, settings),
  };
  const free = freeCandidates(baseOrder, input.gate.free);
  const said = Float64Array.from(b, (_, d) =>
    free[d] ? settings.weightNarrative * signals.N[d] + settings.weightPheromone * signals.P[d] : 0,
  );
  const proposed = orderOf(
    Float64Array.from(b, (score, d) => settings.weightDense * score + said[d]),
    free,
    baseOrder,
  );
  const feedbacks = neighbours.reduce((sum, { cell }) => sum + cell.feedbacks, 0);
  const safety = safetyGate({
    baseOrder,
    proposedOrder: proposed,
    shown: input.shown,
    evidence,
    mu,
    beta,
    feedbacks,
    z: settings.gateZ,
  });
  const narrativePart = new Float64Array(n);
  const pheromonePart = new Float64Array(n);
  const value = new Float64Array(n);
  const { trust } = input.wide;
  for (let d = 0; d < n; d++) {
    if (free[d]) {
      const cells = safety.open ? 1 : 0;
      narrativePart[d] =
        settings.weightNarrative * (cells * signals.N[d] + trust.narrative * signals.wideN[d]);
      pheromonePart[d] =
        settings.weightPheromone * (cells * signals.P[d] + trust.pheromone * signals.wideP[d]);
    }
    value[d] = settings.weightDense * b[d] + narrativePart[d] + pheromonePart[d];
  }
  const order = anchor(orderOf(value, free, baseOrder), baseOrder, settings.anchor);
  return {
    order,
    value,
    narrative: narrativePart,
    pheromone: pheromonePart,
    evidence,
    signals,
    free,
    mu,
    feedbacks,
    safety,
  };
}

function rate(evidence: readonly Evidence[]): number {
  return usualRate(
    evidence.reduce((sum, { S }) => sum + S, 0),
    evidence.reduce((sum, { W }) => sum + W, 0),
  );
}

function narrativeSignal(
  accepted: WeightedNarrative | null,
  input: AdaptInput,
  evidence: readonly Evidence[],
): Float64Array {
  const { b, embeddings, beta } = input;
  if (accepted === null || embeddings.length === 0) return new Float64Array(b.length);
  const similarity = embeddings.map((embedding) => dot(accepted.vector, embedding));
  if (similarity.every((cosine) => cosine === similarity[0])) return new Float64Array(b.length);
  const scaled = minMax(similarity);
  return b.map((score, d) => narrative(accepted.mass, beta, evidence[d].W, scaled[d], score));
}

function wideNarrativeSignal({ b, embeddings, wide }: AdaptInput): Float64Array {
  const { vector, trust } = wide;
  if (vector === null || trust.narrative === 0 || embeddings.length === 0) return new Float64Array(b.length);
  const products = Float64Array.from(embeddings, (embedding) => dot(vector, embedding));
  const mean = products.reduce((sum, product) => sum + product, 0) / products.length;
  // |V|·cos(V, x) is V·x for unit x
  return products.map((product) => product - mean);
}

function widePheromoneSignal({ b, beta, wide }: AdaptInput, settings: FusionSettings): Float64Array {
  if (wide.trust.pheromone === 0) return new Float64Array(b.length);
  const mu = rate(wide.evidence);
  return Float64Array.from(wide.evidence, (known) => pheromone(known, mu, beta, settings.pheromone));
}

/** Which candidates may move: the first so many by base score. */
function freeCandidates(baseOrder: readonly number[], count: number): boolean[] {
  const free = new Array<boolean>(baseOrder.length).fill(false);
  for (const d of baseOrder.slice(0, count)) free[d] = true;
  return free;
}

/** Free candidates by value, ties in base order; then the rest in base order. */
function orderOf(value: Float64Array, free: readonly boolean[], baseOrder: readonly number[]): number[] {
  const moving = baseOrder.filter((d) => free[d]);
  const still = baseOrder.filter((d) => !free[d]);
  return [...moving.sort((left, right) => value[right] - value[left]), ...still];
}
