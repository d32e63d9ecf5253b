import type { NamespaceScorer } from './scorer.js';

/** Makes room in several scorers of one namespace, in their order: each gives what those before it did not. */
export function trimAll(scorers: readonly NamespaceScorer[], bytes: number): void {
  let lacking = bytes;
  for (const scorer of scorers) {
    const before = scorer.bytes;
    scorer.trim(lacking);
    lacking -= before - scorer.bytes;
  }
}
