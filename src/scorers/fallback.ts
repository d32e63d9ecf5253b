import { ModelError } from '../base/model-call.js';
import type { BaseScores, NamespaceScorer, ScoreRequest, Scorer } from './scorer.js';

export interface FallbackOptions {
  /** Scores the whole list where the other one's model gives no answer: two scales never meet in one list. */
  readonly spare: Scorer;
  /** Told once for every request that fell back. */
  readonly onFallback?: ((namespace: string, error: ModelError) => void) | undefined;
}

/**
 * The scorer, and where its models fail, are overloaded or late (`ModelError`) the spare one for the whole request. All
 * other failures pass through. Document frequencies are learned by the scorer itself alone.
 */
export function withFallback(scorer: Scorer, options: FallbackOptions): Scorer {
  const { spare } = options;
  return {
    name: scorer.name,
    revision: scorer.revision,
    autoInputPrior: scorer.autoInputPrior,
    scale: scorer.scale,
    open(context) {
      const share = { ...context, maxPairBytes: SPARE_SHARE * context.maxPairBytes };
      const own = { ...context, maxPairBytes: context.maxPairBytes - share.maxPairBytes };
      return new FallbackNamespace(scorer.open(own), spare.open(share), context.namespace, options);
    },
    async close() {
      await Promise.all([scorer.close(), spare.close()]);
    },
  };
}

/** Share of the pair cache that the spare scorer has. */
const SPARE_SHARE = 0.1;

class FallbackNamespace implements NamespaceScorer {
  constructor(
    private readonly own: NamespaceScorer,
    private readonly spare: NamespaceScorer,
    private readonly namespace: string,
    private readonly options: FallbackOptions,
  ) {}

  get bytes(): number {
    return this.own.bytes + this.spare.bytes;
  }

  async score(request: ScoreRequest): Promise<BaseScores> {
    const { spare, onFallback } = this.options;
    try {
      return await this.own.score(request);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      onFallback?.(this.namespace, error);
      const scores = await this.spare.score(request);
      // A model was asked, whatever the spare one knew.
      return { ...scores, fallback: spare.name, scale: spare.scale, forward: 'miss', isStored: false };
    }
  }

  learn(request: ScoreRequest): void {
    this.own.learn(request);
  }

  clear(): void {
    this.own.clear();
    this.spare.clear();
  }
}
