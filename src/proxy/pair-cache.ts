import { LRUCache } from 'lru-cache';

/** A score of one text for the question it belongs to. */
export interface ScoredText {
  readonly digest: string;
  readonly score: number;
  /** Milliseconds since the epoch at which the model was asked for it. */
  readonly at: number;
}

/** Bytes of a question, and of a pair, the digest included: measured. */
const QUESTION_BYTES = 600;
const PAIR_BYTES = 150;
/** Most pairs of one question; one that meets more starts anew. */
const MAX_PAIRS = 16_384;

/** What is known of one question: scores by the texts' digests. */
export class KnownPairs {
  private readonly slots = new Map<string, number>();
  private readonly scores: number[] = [];
  private readonly times: number[] = [];

  /** `model`: whose scores these are, as purges name it. */
  constructor(readonly model: string) {}

  get size(): number {
    return this.slots.size;
  }

  get bytes(): number {
    return QUESTION_BYTES + PAIR_BYTES * this.size;
  }

  /**
   * Puts the scores and ages of the texts into `scores` and `ages` (`Infinity` and no score where a text is not known).
   * Answers the largest age. One look-up for each text.
   */
  read(digests: readonly string[], now: number, scores: Float64Array, ages: Float64Array): number {
    let oldest = 0;
    for (let place = 0; place < digests.length; place++) {
      const slot = this.slots.get(digests[place]!);
      const age = slot === undefined ? Number.POSITIVE_INFINITY : Math.max(0, now - this.times[slot]!);
      ages[place] = age;
      if (slot !== undefined) scores[place] = this.scores[slot]!;
      if (age > oldest) oldest = age;
    }
    return oldest;
  }

  /** The later score of a text stays. False: that is another. */
  set({ digest, score, at }: ScoredText): boolean {
    const slot = this.slots.get(digest) ?? this.slots.size;
    if (slot < this.slots.size && this.times[slot]! > at) return false;
    this.slots.set(digest, slot);
    this.scores[slot] = score;
    this.times[slot] = at;
    return true;
  }
}

/**
 * Scores of one namespace, as a model gave them: by question, and in each question by text, so that a request costs one
 * look-up and one for each of its texts. Bounded in bytes, the question used least recently first out.
 *
 * Questions and texts are named by SHA-256: a text that left the text cache and comes back still finds its scores, which
 * were paid for, and neither query nor text is kept. A 64-bit hash would do against chance, but whoever writes documents
 * can make two that share an XXH64 under half of all seeds, and so lend one the other's score.
 */
export class PairCache {
  private readonly questions: LRUCache<string, KnownPairs>;
  private epoch = 0;

  /** `onEvicted` is told how many pairs had to make room. */
  constructor(maxBytes: number, onEvicted: (pairs: number) => void = () => {}) {
    this.questions = new LRUCache({
      maxSize: Math.max(1, Math.floor(maxBytes)),
      dispose: (known, _, reason) => {
        if (reason === 'evict') onEvicted(known.size);
      },
    });
  }

  /** Bytes held (estimate). */
  get bytes(): number {
    return this.questions.calculatedSize;
  }

  /** Changes when something is forgotten on purpose: what was asked for before must not be kept after. */
  get generation(): number {
    return this.epoch;
  }

  get(question: string): KnownPairs | undefined {
    return this.questions.get(question);
  }

  /**
   * Remembers scores of a question. Answers whether they are known now (not if they are more than this may hold), and
   * those than which none is known that was asked for later.
   */
  keep(
    question: string,
    model: string,
    scored: readonly ScoredText[],
  ): { isHeld: boolean; latest: ScoredText[] } {
    let known = this.questions.get(question);
    if (known === undefined || known.size + scored.length > MAX_PAIRS) known = new KnownPairs(model);
    const pairs = known;
    const latest = scored.filter((pair) => pairs.set(pair));
    // Setting the same value again would keep its old size.
    this.questions.delete(question);
    this.questions.set(question, known, { size: known.bytes });
    return { isHeld: this.questions.has(question), latest };
  }

  /** Makes room of so many bytes, as far as they are held: the questions used least recently go, as for new ones. */
  trim(bytes: number): void {
    const target = this.bytes - bytes;
    while (this.questions.size > 0 && this.bytes > target) this.questions.pop();
  }

  /** Forgets the scores of a model, or all. Answers how many pairs that were. */
  forget(model?: string): number {
    this.epoch++;
    let pairs = 0;
    for (const [question, known] of [...this.questions.entries()]) {
      if (model !== undefined && known.model !== model) continue;
      pairs += known.size;
      this.questions.delete(question);
    }
    return pairs;
  }
}
