import { z } from 'zod';
import { DistilError } from './distil-error.js';

const normalizerSchema = z.looseObject({
  type: z.string(),
  lowercase: z.boolean().nullish(),
  strip_accents: z.boolean().nullish(),
});

const fileSchema = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ id: z.int().min(0), content: z.string(), special: z.boolean().optional() }))
    .nullish(),
  normalizer: normalizerSchema.nullish(),
  pre_tokenizer: z.unknown().optional(),
  decoder: z.unknown().optional(),
  model: z.looseObject({
    type: z.enum(['WordPiece', 'BPE', 'Unigram']),
    vocab: z.union([z.record(z.string(), z.int().min(0)), z.array(z.tuple([z.string(), z.number()]))]),
    continuing_subword_prefix: z.string().nullish(),
    end_of_word_suffix: z.string().nullish(),
  }),
});

/** How a vocabulary's pieces say where words begin. */
export type PieceStyle = 'wordpiece' | 'byte-level' | 'metaspace';

/** What a `tokenizer.json` says of its vocabulary. */
export interface TokenizerFile {
  readonly style: PieceStyle;
  /** By id; undefined where no piece has that id. */
  readonly pieces: readonly (string | undefined)[];
  /** Contents of the special tokens. */
  readonly specials: ReadonlySet<string>;
  /** Whether its texts are read as those of BERT uncased: lower case, without accents, continuations by `##`. */
  readonly isUncased: boolean;
}

/** Most pieces that are read. */
const MAX_PIECES = 1_000_000;

/** Reads a `tokenizer.json`. Throws an Error that says what it is not. */
export function readTokenizerFile(text: string): TokenizerFile {
  const parsed = fileSchema.safeParse(parse(text));
  if (!parsed.success)
    throw new DistilError(
      `tokenizer.json has no WordPiece, BPE or Unigram vocabulary: ${firstIssue(parsed.error)}`,
    );
  const { model, normalizer, added_tokens, pre_tokenizer, decoder } = parsed.data;
  const style = styleOf(model, JSON.stringify([pre_tokenizer, decoder]));
  const pieces: (string | undefined)[] = [];
  const place = (piece: string, id: number): void => {
    if (id >= MAX_PIECES) throw new DistilError(`tokenizer.json has ids above ${MAX_PIECES}`);
    pieces[id] = piece;
  };
  if (Array.isArray(model.vocab)) for (const [id, [piece]] of model.vocab.entries()) place(piece, id);
  else for (const [piece, id] of Object.entries(model.vocab)) place(piece, id);
  const added = added_tokens ?? [];
  for (const { id, content } of added) place(content, id);
  return {
    style,
    pieces: Array.from(pieces),
    specials: new Set(added.filter(({ special }) => special !== false).map(({ content }) => content)),
    isUncased:
      style === 'wordpiece' &&
      normalizer?.type === 'BertNormalizer' &&
      normalizer.lowercase === true &&
      normalizer.strip_accents !== false,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Without V8's own message, which quotes the file.
    throw new DistilError('tokenizer.json is no JSON', { cause });
  }
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return `${issue.path.join('.') || 'the file'}: ${issue.message}`;
}

function styleOf(model: z.infer<typeof fileSchema>['model'], stages: string): PieceStyle {
  const { type, vocab, continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = model;
  if (type === 'WordPiece') {
    if ((prefix ?? '##') === '##') return 'wordpiece';
    throw new DistilError(`tokenizer.json continues words by ${JSON.stringify(prefix)}, not by "##"`);
  }
  if (stages.includes('"ByteLevel"')) return 'byte-level';
  if (!suffix && !prefix && hasMetaspace(vocab)) return 'metaspace';
  throw new DistilError(
    'tokenizer.json marks neither the begin of words (by a space, "▁" or "Ġ") nor their rest (by "##")',
  );
}

function hasMetaspace(vocab: z.infer<typeof fileSchema>['model']['vocab']): boolean {
  return Array.isArray(vocab)
    ? vocab.some(([piece]) => piece.startsWith('▁'))
    : Object.keys(vocab).some((piece) => piece.startsWith('▁'));
}
