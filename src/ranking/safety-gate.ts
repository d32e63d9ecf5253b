import type { Evidence } from './pheromone.js';

export interface SafetyInput {
  /** Candidates in base order, and in the order the memory proposes. */
  readonly baseOrder: readonly number[];
  readonly proposedOrder: readonly number[];
  /** Results returned; ranks beyond it do not count. */
  readonly shown: number;
  readonly evidence: readonly Evidence[];
  readonly mu: number;
  readonly beta: number;
  /** Feedbacks behind the cells that spoke. */
  readonly feedbacks: number;
  /** Standard deviations of gain asked for (`MEMORY_GATE_Z`). */
  readonly z: number;
}

export interface SafetyDecision {
  readonly open: boolean;
  /** Expected gain of the proposal in discounted clicks, and what it must reach. */
  readonly gain: number;
  readonly bound: number;
}

/**
 * Whether the memory's order may be used: only where its own evidence says it beats the base order by `z` standard
 * deviations, and at least two feedbacks speak (high-confidence improvement: GENSPEC, arXiv 2102.05990; SEA, 2002.00467).
 */
export function safetyGate(input: SafetyInput): SafetyDecision {
  const change = new Float64Array(input.baseOrder.length);
  for (let rank = 0; rank < Math.min(input.shown, change.length); rank++) {
    const discount = 1 / Math.log2(rank + 2);
    change[input.proposedOrder[rank]] += discount;
    change[input.baseOrder[rank]] -= discount;
  }
  let gain = 0;
  let variance = 0;
  for (let d = 0; d < change.length; d++) {
    if (change[d] === 0) continue;
    const { S, W } = input.evidence[d];
    const rate = (S + input.beta * input.mu) / (W + input.beta);
    gain += change[d] * rate;
    variance += (change[d] * change[d] * rate) / (W + input.beta);
  }
  const bound = input.z * Math.sqrt(variance);
  return { open: input.feedbacks >= 2 && gain >= bound, gain, bound };
}
