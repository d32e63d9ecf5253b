import type { Arm } from '../namespaces/impression.js';
import type { Neighbour } from '../namespaces/query-cells.js';
import type { EntropyGate } from '../ranking/entropy-gate.js';
import type { Adapted } from './adapt.js';
import type { IdentifiedQuery } from './identify.js';

/** One request's order and what led to it. */
export interface Ranking {
  /** Candidates, best base score first. */
  readonly baseOrder: readonly number[];
  /** Base scores scaled to [0, 1], by candidate. */
  readonly b: Float64Array;
  /** Candidates in the order they are answered. */
  readonly shown: readonly number[];
  readonly gate: EntropyGate;
  readonly arm: Arm;
  /** Null where the request leaves no trace and nothing is known here. */
  readonly identified: IdentifiedQuery | null;
  readonly neighbours: readonly Neighbour[];
  /** Null where memory had nothing to say. */
  readonly adapted: Adapted | null;
  /** What the order goes by, by candidate. */
  readonly value: Float64Array;
  /** Whether memory changed which documents are shown, or their order. */
  readonly moved: boolean;
  readonly epsilonUsed: number;
  /** False where the key encoder gave no answer, so that memory did without it. */
  readonly isMemoryWhole: boolean;
}
