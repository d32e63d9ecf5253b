/** A part of a `tokenizer.json`: a step, or a `Sequence` of steps. */
type Step = Readonly<Record<string, unknown>> | null | undefined;

/** Ideographs beyond the first plane, which the library does not see when it parts them. */
const FAR_IDEOGRAPHS = /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

/**
 * What has to be done to a text beforehand so that the library's normaliser gives what Hugging Face's own (Rust) gives:
 * ideographs of all planes are parted, and a capital sigma becomes σ at a word's end too.
 */
export function textAmendment(normalizer: Step): (text: string) => string {
  const steps = flatten(normalizer, 'normalizers');
  const isParted = steps.some((step) => step.type === 'BertNormalizer' && step.handle_chinese_chars === true);
  const isLowered = steps.some(
    (step) => step.type === 'Lowercase' || (step.type === 'BertNormalizer' && step.lowercase === true),
  );
  return (text) => {
    const parted = isParted ? text.replace(FAR_IDEOGRAPHS, ' $& ') : text;
    return isLowered ? parted.replaceAll('Σ', 'σ') : parted;
  };
}

/** Characters of words as `\w` has them in Rust. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200C\\u200D';

const PUNCTUATION = '[\\p{P}\\u0021-\\u002F\\u003A-\\u0040\\u005B-\\u0060\\u007B-\\u007E]';

/** Steps that the library reads as ASCII or joins, said as patterns that it reads as the original does. */
const PATTERNS = new Map<unknown, (step: NonNullable<Step>) => Step>([
  ['Whitespace', () => matches(`[${WORD}]+|[^${WORD}\\s]+`)],
  ['WhitespaceSplit', () => matches('\\S+')],
  ['Digits', (step) => isolated(step.individual_digits === true ? '\\p{N}' : '\\p{N}+')],
  ['Punctuation', (step) => ((step.behavior ?? 'Isolated') === 'Isolated' ? isolated(PUNCTUATION) : step)],
]);

/** The matches of a pattern, what lies between them left out. */
function matches(pattern: string): Step {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true };
}

/** The matches of a pattern, and what lies between them. */
function isolated(pattern: string): Step {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

/** A pre-tokenizer that does in the library what the given one does in Hugging Face's own. */
export function amendPreTokenizer(step: Step): Step {
  if (step === null || step === undefined) return step;
  if (step.type === 'Sequence')
    return { ...step, pretokenizers: (step.pretokenizers as Step[]).map(amendPreTokenizer) };
  const amend = PATTERNS.get(step.type);
  return amend === undefined ? step : amend(step);
}

/** Whether a post-processor gives all tokens type 0 whatever the library says, as RoBERTa's does. */
export function hasOneType(postProcessor: Step): boolean {
  return flatten(postProcessor, 'processors').some((step) => step.type === 'RobertaProcessing');
}

/** A step, or those of a sequence, one after the other. */
function flatten(step: Step, list: string): NonNullable<Step>[] {
  if (step === null || step === undefined) return [];
  return step.type === 'Sequence'
    ? ((step[list] ?? []) as Step[]).flatMap((each) => flatten(each, list))
    : [step];
}
