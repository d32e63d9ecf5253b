import type { TextEntry } from '../scorers/text-cache.js';
import type { Outcome } from './flights.js';
import type { Freshness } from './freshness.js';
import type { PairPlace } from './kept-pairs.js';
import type { KnownPairs } from './pair-cache.js';

/** What became of the places of a list after its model was asked. */
export interface Settled {
  /** Places that got a new score. */
  readonly given: number;
  /** Places that were asked for and keep an old score, because the model failed. */
  readonly spared: number;
  /** Of the places with an old score: how many are past their time, and the largest age, in milliseconds. */
  readonly stale: number;
  readonly oldestMs: number;
}

/** The pairs of one request: what is known of each, and what is still wanted. */
export class RequestPairs {
  /** Scores as the model gives them, in the order of the texts; meaningless where a text is not known. */
  readonly scores: Float64Array;
  /** Milliseconds since each was given; `Infinity` where a text is not known. */
  readonly ages: Float64Array;
  /** The largest of the ages. */
  oldestMs: number;

  /** `digests`: of the texts, in their order. */
  constructor(
    readonly place: PairPlace,
    readonly texts: readonly TextEntry[],
    readonly digests: readonly string[],
  ) {
    this.oldestMs = texts.length === 0 ? 0 : Number.POSITIVE_INFINITY;
    this.scores = new Float64Array(texts.length);
    this.ages = new Float64Array(texts.length).fill(Number.POSITIVE_INFINITY);
  }

  /** Takes over what is known. */
  look(known: KnownPairs | undefined, now: number): void {
    if (known !== undefined) this.oldestMs = known.read(this.digests, now, this.scores, this.ages);
  }

  /** The texts whose ages are meant, by digest, each once. */
  wanted(isMeant: (ageMs: number) => boolean): Map<string, string> {
    const wanted = new Map<string, string>();
    for (const [place, digest] of this.digests.entries()) {
      if (isMeant(this.ages[place]!)) wanted.set(digest, this.texts[place]!.text);
    }
    return wanted;
  }

  /**
   * Takes the outcomes over. A text that failed keeps its old score if that is good for it; if it has none, the failure is
   * thrown. Of a list that hangs together (`isWhole`) new scores are taken all or none: two lists make no third.
   */
  settle(outcomes: ReadonlyMap<string, Outcome>, freshness: Freshness, isWhole: boolean): Settled {
    const failure = [...outcomes.values()].find((outcome) => 'error' in outcome);
    const isVoid = isWhole && failure !== undefined;
    let [given, spared, stale, oldestMs] = [0, 0, 0, 0];
    for (const [place, digest] of this.digests.entries()) {
      const outcome = outcomes.get(digest);
      if (outcome !== undefined && 'score' in outcome && !isVoid) {
        this.scores[place] = outcome.score;
        given++;
        continue;
      }
      const age = this.ages[place]!;
      if (outcome !== undefined) {
        if (!freshness.isSpare(age)) throw (failure as { readonly error: unknown }).error;
        spared++;
      }
      if (!freshness.isFresh(age)) stale++;
      oldestMs = Math.max(oldestMs, age);
    }
    return { given, spared, stale, oldestMs };
  }
}
