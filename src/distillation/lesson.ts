import { TokenPieces } from '../text/token-pieces.js';
import { WordPieces } from '../text/word-pieces.js';
import { DistilError } from './distil-error.js';
import { type Matrix, rowOf, zeroMatrix } from './matrix.js';
import { meanRow, type PrincipalComponents, principalComponents, project } from './principal-components.js';
import { meansOf, type SparseRows } from './sparse-rows.js';
import type { Vocabulary } from './vocabulary.js';

/** Every so many-th text is kept from the regression to measure by, and so many at most. */
const MEASURED_EVERY = 20;
const MEASURED_TEXTS = 1000;

/** Texts as pieces, with where their vectors should look. */
export interface Examples {
  /** A row for each text, see `meansOf`. */
  readonly means: SparseRows;
  /** The teacher's vector of each text, less the mean of all, in the principal components. */
  readonly targets: Matrix;
}

/** What texts teach. */
export interface Lesson {
  /** Of the teacher's vectors of the texts. */
  readonly components: PrincipalComponents;
  readonly learnt: Examples;
  /** Not among the learnt. */
  readonly measured: Examples;
  /** How often each piece stands in the texts. */
  readonly counts: Uint32Array;
}

/**
 * Reads texts as pieces and asks the teacher for their vectors. Texts without a piece that has a vector are left out.
 * Throws an Error where fewer than `fewest` are left.
 */
export async function readLesson(
  vocabulary: Vocabulary,
  texts: readonly string[],
  dimensions: number,
  fewest: number,
  ask: (texts: readonly string[]) => Promise<Matrix>,
): Promise<Lesson> {
  const pieces = new TokenPieces(new WordPieces(vocabulary.ids));
  const hasVector = (id: number) => vocabulary.surfaces[id] !== null;
  const read = texts
    .map((text) => ({ text, ids: Uint32Array.from(pieces.piecesOf(text).filter(hasVector)) }))
    .filter(({ ids }) => ids.length > 0);
  if (read.length < fewest)
    throw new DistilError(
      `${read.length} usable texts are too few to learn from: ${fewest} at least, or none`,
    );
  const counts = new Uint32Array(vocabulary.surfaces.length);
  for (const { ids } of read) for (const id of ids) counts[id]++;

  const vectors = await ask(read.map(({ text }) => text));
  const components = principalComponents(vectors, dimensions);
  const targets = project(vectors, meanRow(vectors), components.axes);
  const every = Math.max(MEASURED_EVERY, Math.ceil(read.length / MEASURED_TEXTS));
  const examples = (rows: readonly number[]): Examples => ({
    means: meansOf(
      rows.map((row) => read[row].ids),
      vocabulary.surfaces.length,
    ),
    targets: pick(targets, rows),
  });
  const all = [...read.keys()];
  return {
    components,
    counts,
    learnt: examples(all.filter((row) => row % every !== 0)),
    measured: examples(all.filter((row) => row % every === 0)),
  };
}

function pick(matrix: Matrix, rows: readonly number[]): Matrix {
  const picked = zeroMatrix(rows.length, matrix.columns);
  for (const [place, row] of rows.entries()) rowOf(picked, place).set(rowOf(matrix, row));
  return picked;
}
