import type { AdaptiveMemory } from './memory.js';
import type { CounterRecord } from './records.js';

/** What an open namespace holds and has counted by now, written or not. */
export interface NamespaceFigures {
  /** Queries it remembers. */
  readonly cells: number;
  /** Documents with evidence of the namespace as a whole. */
  readonly documents: number;
  /** Impressions that the store has not got yet. */
  readonly unwrittenImpressions: number;
  readonly counters: Readonly<CounterRecord>;
}

export function figuresOf(
  memory: Pick<AdaptiveMemory, 'size' | 'documentsKnown'>,
  unwrittenImpressions: number,
  counters: CounterRecord,
): NamespaceFigures {
  return { cells: memory.size, documents: memory.documentsKnown, unwrittenImpressions, counters };
}
