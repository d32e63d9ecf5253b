import { stem } from './stem.js';
import { STOP_WORDS } from './stop-words.js';

/**
 * What must agree before one query may speak for another: its numbers, its negations, and no word against its opposite.
 * Embeddings score opposites as alike ("enable x" and "disable x"; GPTCache issue 694). Holds keyed hashes, no words.
 */
export interface QueryGuard {
  /** Hash of the sorted distinct numbers; empty for none. */
  readonly numbers: string;
  /** Negating words in the query. */
  readonly negations: number;
  /** Hashes of the content words' canonical forms, sorted, each with its polarity `+` or `-` before it. */
  readonly words: readonly string[];
}

const NEGATIONS = new Set(
  'no not without never none nothing cannot neither nor non nobody nowhere hardly'.split(' '),
);

/** Words with an opposite that is not made by un- or dis-; the first of a pair counts as `+`. */
const OPPOSITES: readonly (readonly [string, string])[] = [
  ['on', 'off'],
  ['enable', 'disable'],
  ['before', 'after'],
  ['above', 'below'],
  ['start', 'stop'],
  ['open', 'close'],
  ['open', 'shut'],
  ['add', 'remove'],
  ['add', 'delete'],
  ['create', 'delete'],
  ['include', 'exclude'],
  ['increase', 'decrease'],
  ['raise', 'lower'],
  ['high', 'low'],
  ['maximum', 'minimum'],
  ['max', 'min'],
  ['allow', 'deny'],
  ['allow', 'forbid'],
  ['accept', 'reject'],
  ['permit', 'prohibit'],
  ['show', 'hide'],
  ['import', 'export'],
  ['upload', 'download'],
  ['encrypt', 'decrypt'],
  ['encode', 'decode'],
  ['compress', 'decompress'],
  ['activate', 'deactivate'],
  ['active', 'inactive'],
  ['valid', 'invalid'],
  ['correct', 'incorrect'],
  ['complete', 'incomplete'],
  ['visible', 'invisible'],
  ['true', 'false'],
  ['left', 'right'],
  ['larger', 'smaller'],
  ['buy', 'sell'],
  ['win', 'lose'],
  ['push', 'pull'],
  ['hot', 'cold'],
  ['positive', 'negative'],
  ['legal', 'illegal'],
  ['upgrade', 'downgrade'],
  ['subsonic', 'supersonic'],
  ['hypo', 'hyper'],
  ['internal', 'external'],
];

/** What words are made of, and numbers; of printable ASCII alone they are told apart in a fraction of the time. */
const ANY = { word: /[\p{L}\p{N}\p{M}_]+/gu, digit: /\p{N}/u } as const;
const ASCII = { word: /\w+/g, digit: /\d/ } as const;
const BEYOND_ASCII = /[^ -~]/;
/** Characters by which a word is not simply read as it stands. */
const JOINTS = /['’\-‐‑.,]/;

/** Words of a query that are looked at: bounds what is stored with every cell and impression. */
const MAX_WORDS = 128;
/** Shortest word that is left after un- or dis- is taken off. */
const MINIMAL_BASE_LENGTH = 4;

interface Canonical {
  readonly form: string;
  readonly positive: boolean;
}

const POLAR = new Map<string, Canonical[]>();
for (const [positive, negative] of OPPOSITES) {
  const form = `${positive}/${negative}`;
  for (const [word, isPositive] of [
    [positive, true],
    [negative, false],
  ] as const) {
    POLAR.set(word, [...(POLAR.get(word) ?? []), { form, positive: isPositive }]);
  }
}

/** The pairs by the stems of their longer words, so that inflected forms are found too. */
const POLAR_STEMS = new Map(
  [...POLAR].filter(([word]) => word.length > 3).map(([word, forms]) => [stem(word), forms]),
);

function canonicalForms(word: string): readonly Canonical[] {
  const form = stem(word);
  const polar = POLAR.get(word) ?? POLAR_STEMS.get(form);
  const own = negatedForm(word) ?? (STOP_WORDS.has(word) ? undefined : { form, positive: true });
  if (own === undefined) return polar ?? [];
  return polar === undefined ? [own] : [...polar, own];
}

/** The form of a word that begins with un- or dis-. */
function negatedForm(word: string): Canonical | undefined {
  const length = word.startsWith('un') ? 2 : word.startsWith('dis') ? 3 : 0;
  if (length === 0 || word.length - length < MINIMAL_BASE_LENGTH) return undefined;
  return { form: stem(word.slice(length)), positive: false };
}

/**
 * Reads a query's guard; `hash` is a keyed hash of a word. `3.2` is one number, not a 3 and a 2. Cost: linear in its
 * words.
 */
export function queryGuard(query: string, hash: (word: string) => string): QueryGuard {
  const lower = query.normalize('NFKC').toLowerCase();
  const plain = JOINTS.test(lower) ? withoutJoints(lower) : lower;
  const { word: wordPattern, digit } = BEYOND_ASCII.test(plain) ? ANY : ASCII;
  const numbers = new Set<string>();
  const words = new Set<string>();
  let negations = 0;
  for (const word of (plain.match(wordPattern) ?? []).slice(0, MAX_WORDS)) {
    if (NEGATIONS.has(word)) negations++;
    if (digit.test(word)) numbers.add(word);
    for (const { form, positive } of canonicalForms(word)) words.add((positive ? '+' : '-') + hash(form));
  }
  return {
    numbers: numbers.size === 0 ? '' : hash([...numbers].sort().join(' ')),
    negations,
    words: [...words].sort(),
  };
}

/** `isn't` is `is not`, `un-do` is `undo`, and `3.2` one word. */
function withoutJoints(lower: string): string {
  return lower
    .replace(/n['’]t(?!\p{L})/gu, ' not')
    .replace(/(?<![\p{L}\p{N}\p{M}_])(un|dis)[-‐‑](?=\p{L})/gu, '$1')
    .replace(/(?<=\p{N})[.,](?=\p{N})/gu, '_');
}

/** Whether two queries differ in a number, in how often they negate, or in a word against its opposite. Symmetric. */
export function guardsConflict(left: QueryGuard, right: QueryGuard): boolean {
  if (left.numbers !== right.numbers || left.negations !== right.negations) return true;
  const theirs = new Set(right.words);
  const ours = new Set(left.words);
  return left.words.some((word) => {
    const opposite = (word[0] === '+' ? '-' : '+') + word.slice(1);
    return theirs.has(opposite) && !theirs.has(word) && !ours.has(opposite);
  });
}
