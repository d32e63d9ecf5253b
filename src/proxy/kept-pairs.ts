import { PatientReads } from '../base/patient-reads.js';
import { textDigest } from '../base/text-digest.js';
import type { CacheStore } from '../stores/cache-store.js';
import type { ScoredText } from './pair-cache.js';

/** What of a cache store is needed here. */
export type PairStore = Pick<CacheStore, 'getMany' | 'put'>;

/** Longest that a request waits for the store, milliseconds. */
const WAIT_MS = 250;
/** A score and the time it was given, each a float64, little-endian. */
const VALUE_BYTES = 16;

/** What the keys of a model's pairs begin with; of all models without one. */
export function pairPrefix(model?: string): string {
  return model === undefined ? 'pair/' : `pair/${textDigest(model).slice(0, 16)}/`;
}

/**
 * Scores of pairs in a store that outlives the process, by namespace, model, question and text; the keys are SHA-256. A
 * store that is slow costs a quarter of a second once and is passed over until it answers again; one that fails costs
 * nothing.
 */
export class KeptPairs {
  private readonly reads = new PatientReads(WAIT_MS);

  /** `store` is lent. */
  constructor(private readonly store: PairStore) {}

  /** What is kept of these texts of a question, with one read. */
  async read(
    place: PairPlace,
    digests: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<ScoredText[]> {
    const keys = digests.map((digest) => keyOf(place, digest));
    const found = await this.reads.read(() => this.store.getMany(place.namespace, keys), signal);
    return digests.flatMap((digest, index) => {
      const value = found?.[index];
      return value?.byteLength === VALUE_BYTES ? [scoredText(digest, value)] : [];
    });
  }

  /** Written later; false = the store takes nothing. `keptMs`: how long from its time a score is worth keeping. */
  write(place: PairPlace, scored: readonly ScoredText[], keptMs: number): boolean {
    const entries = scored.map(({ digest, score, at }) => {
      const value = new Uint8Array(VALUE_BYTES);
      const view = new DataView(value.buffer);
      view.setFloat64(0, score, true);
      view.setFloat64(8, at, true);
      const key = keyOf(place, digest);
      return Number.isFinite(keptMs) ? { key, value, expiresAt: at + keptMs } : { key, value };
    });
    try {
      this.store.put(place.namespace, entries);
      return true;
    } catch {
      // It is closed: what is not kept is asked for again.
      return false;
    }
  }
}

/** Whose scores these are, and to which question; `question` and the texts' digests are of one length each. */
export interface PairPlace {
  readonly namespace: string;
  readonly model: string;
  readonly question: string;
}

function keyOf({ model, question }: PairPlace, digest: string): string {
  return pairPrefix(model) + textDigest(question + digest);
}

function scoredText(digest: string, value: Uint8Array): ScoredText {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return { digest, score: view.getFloat64(0, true), at: view.getFloat64(8, true) };
}
