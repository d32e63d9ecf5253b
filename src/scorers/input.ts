import { linearRanks, retrieverScores } from './retriever-scores.js';
import type { NamespaceScorer, Scorer } from './scorer.js';

/** The retriever's word as it is: its scores where every document has one, else the order that came in, from 1 to 0. */
export function createInputScorer(): Scorer {
  return {
    name: 'input',
    revision: 'input-1',
    autoInputPrior: false,
    scale: 'relative',
    open: () => NAMESPACE,
    async close() {},
  };
}

/** Keeps nothing, so all namespaces may share it. */
const NAMESPACE: NamespaceScorer = {
  bytes: 0,
  async score({ candidates }) {
    const scores = retrieverScores(candidates) ?? linearRanks(candidates.length);
    return { scores, parts: { input: scores }, pairHits: 0, pairMisses: 0 };
  },
  learn() {},
  trim() {},
  clear() {},
};
