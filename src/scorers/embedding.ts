import { type ValidationIssue, validationError } from '../base/errors.js';
import { Pace, type StartPace } from '../base/pace.js';
import type { Encoder } from '../encoders/encoder.js';
import { cosine, unitCosine } from './cosine.js';
import type { BaseScores, NamespaceScorer, ScoreRequest, Scorer } from './scorer.js';
import { VectorStore } from './vector-store.js';

export interface EmbeddingOptions {
  /** Encodes query and texts of requests that carry no vectors. */
  readonly encoder: Encoder;
  /** Whether `encoder` is also the key encoder, so that entries' vectors are its own; default false. */
  readonly sharesKeyVectors?: boolean | undefined;
  /** Default: a pace of 5 ms slices. */
  readonly startPace?: StartPace | undefined;
}

/**
 * Cosine of query and text, −1 to 1: of the vectors sent with the request where there are, else of the encoder's. Not
 * scaled. Sent vectors of another dimension than the query's are 422; a zero vector has cosine 0 with everything.
 */
export function createEmbeddingScorer({
  encoder,
  sharesKeyVectors = false,
  startPace,
}: EmbeddingOptions): Scorer {
  return {
    name: 'embedding',
    revision: `embedding-1 ${encoder.name}@${encoder.version}`,
    autoInputPrior: false,
    scale: 'cosine',
    open(context) {
      const vectors = new VectorStore(encoder, context, sharesKeyVectors);
      return new EmbeddingNamespace(vectors, startPace ?? (() => new Pace()));
    },
    async close() {},
  };
}

class EmbeddingNamespace implements NamespaceScorer {
  constructor(
    private readonly vectors: VectorStore,
    private readonly startPace: StartPace,
  ) {}

  get bytes(): number {
    return this.vectors.bytes;
  }

  async score(request: ScoreRequest): Promise<BaseScores> {
    if (request.candidates.length === 0) return answer(new Float64Array(0), 0, 0);
    if (request.queryEmbedding !== undefined) return this.scoreSent(request, request.queryEmbedding);
    const { query, texts, missing } = await this.vectors.get(request);
    const scores = Float64Array.from(texts, (text) => unitCosine(query, text));
    return answer(scores, texts.length - missing, missing);
  }

  learn(): void {}

  trim(): void {
    this.clear();
  }

  clear(): void {
    this.vectors.clear();
  }

  private async scoreSent({ candidates }: ScoreRequest, query: readonly number[]): Promise<BaseScores> {
    const issues = candidates.flatMap(({ embedding }, index) => mismatch(query.length, embedding, index));
    if (issues.length > 0) throw validationError(issues);
    const pace = this.startPace();
    const scores = new Float64Array(candidates.length);
    for (let index = 0; index < candidates.length; index++) {
      if (pace.due()) await pace.rest();
      scores[index] = cosine(query, candidates[index]!.embedding!);
    }
    return answer(scores, 0, 0);
  }
}

function mismatch(
  dimension: number,
  embedding: readonly number[] | undefined,
  index: number,
): ValidationIssue[] {
  if (embedding?.length === dimension) return [];
  const msg =
    embedding === undefined
      ? `Every document needs an embedding, for query_embedding is there`
      : `The embedding has ${embedding.length} dimensions, query_embedding has ${dimension}`;
  return [{ loc: ['documents', index, 'embedding'], msg, type: 'embedding_dimension' }];
}

function answer(scores: Float64Array, pairHits: number, pairMisses: number): BaseScores {
  return { scores, parts: { cosine: scores }, pairHits, pairMisses };
}
