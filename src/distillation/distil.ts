import type { Encoder } from '../encoders/encoder.js';
import { DistilError } from './distil-error.js';
import { encodeTexts } from './encode-texts.js';
import { type Examples, readLesson } from './lesson.js';
import { cosineOf, lengthOf, type Matrix, rowOf, zeroMatrix } from './matrix.js';
import { pieceWeight, sharesByRank, sharesInTexts } from './piece-weights.js';
import { meanRow, principalComponents, project } from './principal-components.js';
import { type QuantisedRows, quantiseRows, restoreRows } from './quantise.js';
import { ridgeRegression, scaledToFit } from './ridge-regression.js';
import { times } from './sparse-rows.js';
import { type Vocabulary, vocabularyOf } from './vocabulary.js';

/** Fewest texts that a regression makes sense with. */
export const FEWEST_TEXTS = 100;

export interface Teacher {
  readonly encoder: Pick<Encoder, 'encode' | 'dimension'>;
  /** Text of the `tokenizer.json` whose pieces the static model gets. */
  readonly tokenizer: string;
}

export type Stage = 'texts' | 'pieces' | 'regression';

export interface DistilOptions {
  /** Length of the vectors, from 1 to the teacher's. */
  readonly dimensions: number;
  /** See `RidgeOptions`. */
  readonly lambda: number;
  readonly steps: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the share done of each stage; waited for between the parts of long computations. */
  readonly onProgress?: (stage: Stage, share: number) => Promise<void> | void;
}

export interface Figures {
  /** Pieces that have a vector. */
  readonly pieces: number;
  /** Share of the variance of the teacher's vectors (of the texts, else of the pieces) that the dimensions hold. */
  readonly varianceKept: number;
  readonly texts: TextFigures | null;
}

export interface TextFigures {
  /** Texts the regression saw, and texts kept from it to measure by. */
  readonly learnt: number;
  readonly measured: number;
  /**
   * Mean cosine of those texts' static vectors and the teacher's in these dimensions, before the regression and after.
   */
  readonly cosineBefore: number;
  readonly cosineAfter: number;
}

export interface StaticModel extends QuantisedRows {
  readonly dimension: number;
  readonly vocabulary: Vocabulary;
  readonly figures: Figures;
}

/**
 * Makes a static model of any encoder: a vector for each piece of a vocabulary, whose sum over a text's pieces looks
 * where the encoder's vector of the text looks.
 *
 * Each piece starts as the teacher's vector of its text alone, less their mean, in the first principal components, of
 * unit length, times a weight that falls with how frequent it is. With texts, the principal components are those of the
 * teacher's vectors of them, and a ridge regression moves the pieces so that the mean over a text's pieces comes close
 * to its vector.
 *
 * Asks the teacher for as many texts as there are pieces and texts. Memory: 4 bytes × the teacher's dimension × the
 * larger of the two numbers, and about 8 bytes for each piece of each text. Throws an Error where the teacher has fewer
 * dimensions, the vocabulary no piece, or where there are texts but fewer than `FEWEST_TEXTS` of use.
 */
export async function distil(
  { encoder, tokenizer }: Teacher,
  texts: readonly string[],
  options: DistilOptions,
): Promise<StaticModel> {
  const { dimensions, signal, onProgress } = options;
  if (dimensions > encoder.dimension)
    throw new DistilError(
      `the teacher has ${encoder.dimension} dimensions, ${dimensions} cannot be made of them`,
    );
  const ask = (asked: readonly string[], stage: Stage) =>
    encodeTexts(encoder, asked, { signal, onProgress: (share) => void onProgress?.(stage, share) });
  const vocabulary = vocabularyOf(tokenizer);
  const lesson =
    texts.length === 0
      ? null
      : await readLesson(vocabulary, texts, dimensions, FEWEST_TEXTS, (asked) => ask(asked, 'texts'));

  const known = [...vocabulary.surfaces.entries()].flatMap(([id, surface]) =>
    surface === null ? [] : [{ id, surface }],
  );
  if (known.length === 0) throw new DistilError('the vocabulary has no piece that a text could hold');
  const alone = await ask(
    known.map(({ surface }) => surface),
    'pieces',
  );
  const { axes, share } = lesson?.components ?? principalComponents(alone, dimensions);
  const directions = project(alone, meanRow(alone), axes);
  const thought = sharesByRank(vocabulary.surfaces);
  const shares = lesson === null ? thought : sharesInTexts(thought, lesson.counts);
  const start = zeroMatrix(vocabulary.surfaces.length, dimensions);
  for (const [row, { id }] of known.entries()) {
    setLength(rowOf(start, id), rowOf(directions, row), pieceWeight(shares[id]));
  }

  const figures = { pieces: known.length, varianceKept: share };
  const made = { dimension: dimensions, vocabulary };
  if (lesson === null) return { ...quantiseRows(start), ...made, figures: { ...figures, texts: null } };

  const { learnt, measured } = lesson;
  const { means, targets } = learnt;
  const learned = await ridgeRegression(means, scaledToFit(means, start, targets), targets, {
    lambda: options.lambda,
    steps: options.steps,
    onProgress: (share) => onProgress?.('regression', share),
  });
  const quantised = quantiseRows(learned);
  const textFigures = {
    learnt: learnt.means.rows,
    measured: measured.means.rows,
    cosineBefore: meanCosine(measured, start),
    cosineAfter: meanCosine(measured, restoreRows(quantised, dimensions)),
  };
  return { ...quantised, ...made, figures: { ...figures, texts: textFigures } };
}

/** Writes a vector in another length; zero stays zero. */
function setLength(to: Float32Array, from: Float32Array, length: number): void {
  const factor = length / lengthOf(from);
  if (Number.isFinite(factor)) for (let k = 0; k < to.length; k++) to[k] = from[k] * factor;
}

function meanCosine({ means, targets }: Examples, pieces: Matrix): number {
  const vectors = times(means, pieces);
  let sum = 0;
  for (let row = 0; row < vectors.rows; row++) sum += cosineOf(rowOf(vectors, row), rowOf(targets, row));
  return sum / vectors.rows;
}
