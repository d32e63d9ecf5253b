import type { StartPace } from '../base/pace.js';
import type { Encoder } from '../encoders/encoder.js';
import type { DocumentPrior } from '../text/prior.js';
import { type CombinedPart, createCombinedScorer } from './combine.js';
import { createEmbeddingScorer } from './embedding.js';
import { type FallbackOptions, withFallback } from './fallback.js';
import { createHybridScorer } from './hybrid.js';
import { createInputScorer } from './input.js';
import { type InputPrior, withInputPrior } from './input-prior.js';
import { createLexicalScorer } from './lexical.js';
import { Lexicon } from './lexicon.js';
import type { Scorer } from './scorer.js';
import { parseScorerSpec, type ScorerName } from './scorer-spec.js';
import type { WordVectors } from './word-similarity.js';

/** Scorers that ask a model besides the bundled ones. */
const MODEL_SCORERS: ReadonlySet<ScorerName> = new Set(['embedding', 'cross-encoder', 'upstream']);

/** What scorers are made of. They are lent: closing a scorer closes none of them. */
export interface ScorerTools {
  /** Encoder of `embedding`. */
  readonly encoder: Encoder;
  /** Scorers that are made elsewhere, by name: those with a pair model. */
  readonly pairScorers?: Readonly<Partial<Record<ScorerName, Scorer>>>;
  /** Models may give no answer; then `spare` stands in and this is told. Absent = they always answer. */
  readonly onFallback?: FallbackOptions['onFallback'];
  /** Stands in where a model gives no answer; default `lexical`. */
  readonly spare?: 'lexical' | 'input' | undefined;
  /** Static word vectors of `hybrid`. */
  readonly words: WordVectors;
  readonly prior: DocumentPrior;
  readonly inputPrior: InputPrior;
  /** The encoder that makes `TextEntry.vector`; where it is `encoder` or `words` itself, vectors are made once for both. */
  readonly keyEncoder?: Encoder;
  /** Bound of the similarities between words, shared by all namespaces, in bytes; default 64 MiB. */
  readonly maxRowBytes?: number;
  /** Default: a pace of 5 ms slices. */
  readonly startPace?: StartPace;
  /** What scorers of the same tools share; absent: each has its own. */
  readonly shared?: SharedParts | undefined;
}

/** Parts that are made once for several scorers: what they hold is bounded for all of them together. */
export class SharedParts {
  readonly lexicon = new Lexicon();
  readonly parts = new Map<ScorerName, Scorer>();
}

/** The scorer that `SCORER` asks for, with the input prior. Throws an Error as `parseScorerSpec` does. */
export function createScorer(spec: string, tools: ScorerTools): Scorer {
  const parts = parseScorerSpec(spec);
  const learner = parts.find(({ name }) => name === 'hybrid' || name === 'lexical')?.name;
  const shared = tools.shared ?? new SharedParts();
  const combined = parts.map(
    ({ name, weight }): CombinedPart => ({
      scorer: partOf(name, tools, shared),
      weight,
      learns: name === learner,
    }),
  );
  const own = combined.length === 1 ? combined[0]!.scorer : createCombinedScorer(combined);
  const scorer = withInputPrior(own, tools.inputPrior);
  if (tools.onFallback === undefined || !parts.some(({ name }) => MODEL_SCORERS.has(name))) return scorer;
  const spare = partOf(tools.spare ?? 'lexical', tools, shared);
  return withFallback(scorer, {
    spare: withInputPrior(spare, tools.inputPrior),
    onFallback: tools.onFallback,
  });
}

function partOf(name: ScorerName, tools: ScorerTools, { lexicon, parts }: SharedParts): Scorer {
  // Those with a pair model are their maker's to share.
  if (name === 'cross-encoder' || name === 'upstream') return createPart(name, tools, lexicon);
  const part = parts.get(name) ?? createPart(name, tools, lexicon);
  parts.set(name, part);
  return part;
}

function createPart(name: ScorerName, tools: ScorerTools, lexicon: Lexicon): Scorer {
  const { encoder, pairScorers, words, prior, keyEncoder, maxRowBytes, startPace } = tools;
  switch (name) {
    case 'hybrid':
      return createHybridScorer({
        lexicon,
        words,
        prior,
        maxRowBytes,
        startPace,
        sharesKeyVectors: isSame(keyEncoder, words),
      });
    case 'lexical':
      return createLexicalScorer({ prior, startPace, lexicon });
    case 'embedding':
      return createEmbeddingScorer({ encoder, startPace, sharesKeyVectors: isSame(keyEncoder, encoder) });
    case 'cross-encoder':
    case 'upstream':
      if (pairScorers?.[name] === undefined) throw new Error(`scorer "${name}" needs a model`);
      return pairScorers[name];
    case 'input':
      return createInputScorer();
  }
}

function isSame(keyEncoder: Encoder | undefined, other: object): boolean {
  return keyEncoder === other;
}
