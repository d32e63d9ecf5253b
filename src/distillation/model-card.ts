import type { DistilOptions, StaticModel } from './distil.js';

/** Where a static model comes from, as its card and manifest tell it. */
export interface ModelOrigin {
  /** Name of the new model. */
  readonly name: string;
  readonly teacher: {
    readonly name: string;
    readonly revision: string;
    /** Carried over: what is made from a model's vectors stays under its terms. */
    readonly licence: string;
    /** Where the teacher was pulled from, as `ORG/NAME` at a commit; undefined where that is not known. */
    readonly source?: { readonly repository: string; readonly commit: string } | undefined;
  };
  readonly recipe: Pick<DistilOptions, 'lambda' | 'steps'>;
  /** Most characters of a text that were read. */
  readonly textCharacters: number;
}

/** The model's card: its README. */
export function modelCard(model: StaticModel, origin: ModelOrigin): string {
  const { dimension, scales, vocabulary, figures } = model;
  const { name, teacher } = origin;
  const vocabularyText = vocabulary.isTeachers
    ? 'is the teacher’s own: ids can be shared with it'
    : 'holds an uncased WordPiece vocabulary made from the teacher’s pieces: lower-cased, without accents, each once, and every ' +
      'letter by itself as well';
  const rows = count(scales.length);
  return `# ${name}

Static text embedding: one int8 vector of ${dimension} dimensions for each of ${rows} word pieces; a text's vector is the sum of its
pieces' vectors, scaled to length 1. No attention, no position: a table.

- **Files.** \`onnx/model.onnx\` (graph) with \`onnx/model.onnx_data\` beside it (ONNX external data): int8 rows ${scales.length} × ${dimension}
  from byte 0, then float32 row scales at the offset in \`config.json\`, so plain typed arrays can read the same file. \`tokenizer.json\`
  ${vocabularyText}. ${count(figures.pieces)} pieces have a vector; the rows of special and unused ones are zero.
- **Inputs** \`input_ids\`, \`attention_mask\` (int64, batch × length, any length). **Output** \`sentence_embedding\` (float32, batch ×
  ${dimension}): pooled and normalised; the zero vector for an empty text.
- **Origin.** Distilled from ${teacherText(teacher)} by \`neuralcache models distil\`.
- **Recipe.** ${recipeText(model, origin)}
- **Figures.** ${figuresText(model)}
- **Licence.** That of the teacher: ${teacher.licence}.
- **Limits.** Knows the teacher's languages at best; blind to word order and negation; numbers are pieces like any other. Measure it by
  \`neuralcache evaluate\` before it is used, and let \`neuralcache models calibrate\` find its τ: without one, static-minilm-192 keys the
  memory.
`;
}

function teacherText({ name, revision, source }: ModelOrigin['teacher']): string {
  const origin = source === undefined ? '' : ` (${source.repository} at ${source.commit})`;
  return `${name}, revision ${revision}${origin}`;
}

function recipeText(
  { dimension, figures: { texts } }: StaticModel,
  { recipe: { lambda, steps }, textCharacters }: ModelOrigin,
): string {
  const start = (centre: string, share: string) =>
    `the teacher's vector of each piece alone, less their mean, ${centre}, unit length, times a/(a + p), a = .001, p from ${share}`;
  const kept = `first ${dimension} principal components`;
  if (texts === null) {
    return `Vectors: ${start(kept, 'the rank in the vocabulary')}. No texts were used. int8 with a scale for each row.`;
  }
  return `Start: ${start(`in those components`, 'how often it stands in the texts and its rank in the vocabulary')}. Targets: the teacher's
  vectors of ${count(texts.learnt + texts.measured)} texts (their first ${count(textCharacters)} characters), less their mean, ${kept}. Ridge regression
  (λ = ${lambda}, conjugate gradients, ${steps} steps) of the mean of a text's piece vectors on the target, around the start. int8 with a
  scale for each row.`;
}

function figuresText({ figures: { varianceKept, texts } }: StaticModel): string {
  const kept = `The dimensions keep ${(varianceKept * 100).toFixed(1)} % of the variance of the teacher's vectors`;
  if (texts === null) return `${kept} of the pieces.`;
  return `${kept} of the texts. Mean cosine to the teacher in these dimensions on ${count(texts.measured)} texts that were
  not learnt from: ${texts.cosineBefore.toFixed(3)} at the start, ${texts.cosineAfter.toFixed(3)} after.`;
}

function count(value: number): string {
  return value.toLocaleString('en-US').replaceAll(',', ' ');
}
