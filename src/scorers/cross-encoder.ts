import type { CrossEncoder } from '../encoders/cross-encoder.js';
import { PairScores } from './pair-scores.js';
import type { BaseScores, NamespaceScorer, ScoreRequest, Scorer } from './scorer.js';

export interface CrossEncoderOptions {
  readonly model: CrossEncoder;
  /** Scores in answers: through the logistic function, in 0…1, or as the model gives them; default `sigmoid`. */
  readonly scores?: 'sigmoid' | 'raw' | undefined;
}

/** An ONNX pair model. Part `logit` is the model's raw score. Equal texts of one request are scored once. */
export function createCrossEncoderScorer({ model, scores = 'sigmoid' }: CrossEncoderOptions): Scorer {
  return {
    name: 'cross-encoder',
    revision: `cross-encoder-1 ${model.name}@${model.version} ${scores}`,
    autoInputPrior: false,
    scale: scores === 'sigmoid' ? 'probability' : 'logit',
    open: ({ namespace, maxPairBytes }) =>
      new CrossEncoderNamespace(model, namespace, new PairScores(maxPairBytes), scores === 'sigmoid'),
    async close() {},
  };
}

class CrossEncoderNamespace implements NamespaceScorer {
  constructor(
    private readonly model: CrossEncoder,
    private readonly namespace: string,
    private readonly pairs: PairScores,
    private readonly isScaled: boolean,
  ) {}

  get bytes(): number {
    return this.pairs.bytes;
  }

  async score({ query, texts, signal }: ScoreRequest): Promise<BaseScores> {
    const logits = this.pairs.get(query, texts);
    const places = logits.flatMap((logit, place) => (logit === undefined ? [place] : []));
    if (places.length > 0) {
      const wanted = places.map((place) => texts[place]!.text);
      const call = { namespace: this.namespace, signal: signal?.() };
      const scored = this.model.scoreEach(query, wanted, call).map(async (score, index) => {
        logits[places[index]!] = await score;
      });
      // What is done is kept even where the rest fails: the next request has that much less to wait for.
      await Promise.allSettled(scored);
      this.pairs.keep(query, texts, logits);
      await Promise.all(scored);
    }
    const logit = Float64Array.from(logits as number[]);
    return {
      scores: this.isScaled ? logit.map(sigmoid) : logit,
      parts: { logit },
      pairHits: texts.length - places.length,
      pairMisses: places.length,
    };
  }

  learn(): void {}

  clear(): void {
    this.pairs.clear();
  }
}

/** The logistic function: (0, 1), .5 at 0. */
function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
