import { detached } from '../base/detached.js';

/** Most words whose stem is remembered; then the memory starts again. */
const MEMO_LIMIT = 50_000;
const memo = new Map<string, string>();

/** Suffixes of steps 2 and 3 with what takes their place where the measure before them is above 0. */
const STEP_2 =
  replacements(`ational>ate tional>tion enci>ence anci>ance izer>ize abli>able alli>al entli>ent eli>e
  ousli>ous ization>ize ation>ate ator>ate alism>al iveness>ive fulness>ful ousness>ous aliti>al iviti>ive biliti>ble`);
const STEP_3 = replacements('icate>ic ative> alize>al iciti>ic ical>ic ful> ness>');
/** Suffixes of step 4, dropped where the measure before them is above 1. */
const STEP_4 =
  replacements(`al> ance> ence> er> ic> able> ible> ant> ement> ment> ent> ion> ou> ism> ate> iti> ous>
  ive> ize>`);

/**
 * Stem of a lower-case word: Porter's algorithm in its first published form (M. F. Porter, "An algorithm for suffix
 * stripping", Program 14 (3), 1980). Words shorter than 3 or with anything but a–z are their own stem. Remembered;
 * about 1 µs for a new word.
 */
export function stem(word: string): string {
  const known = memo.get(word);
  if (known !== undefined) return known;
  const key = detached(word);
  const stemmed = word.length > 2 && /^[a-z]+$/.test(word) ? detached(porter(word)) : key;
  if (memo.size >= MEMO_LIMIT) memo.clear();
  memo.set(key, stemmed);
  return stemmed;
}

function porter(word: string): string {
  let rest = participles(plurals(word));
  if (rest.endsWith('y') && hasVowel(rest, rest.length - 1)) rest = `${rest.slice(0, -1)}i`;
  rest = replaceSuffix(replaceSuffix(rest, STEP_2), STEP_3);
  return tidyEnd(dropSuffix(rest));
}

/** Step 1a. */
function plurals(word: string): string {
  if (word.endsWith('sses') || word.endsWith('ies')) return word.slice(0, -2);
  return word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}

/** Step 1b. */
function participles(word: string): string {
  if (word.endsWith('eed')) return measure(word, word.length - 3) > 0 ? word.slice(0, -1) : word;
  for (const suffix of ['ed', 'ing']) {
    const length = word.length - suffix.length;
    if (word.endsWith(suffix)) return hasVowel(word, length) ? mend(word.slice(0, length)) : word;
  }
  return word;
}

/** What step 1b does to a stem that lost -ed or -ing. */
function mend(rest: string): string {
  if (rest.endsWith('at') || rest.endsWith('bl') || rest.endsWith('iz')) return `${rest}e`;
  if (endsInDouble(rest) && !/[lsz]$/.test(rest)) return rest.slice(0, -1);
  return measure(rest, rest.length) === 1 && endsShort(rest) ? `${rest}e` : rest;
}

/** Steps 2 and 3: only the longest suffix that fits is tried. */
function replaceSuffix(word: string, table: readonly Replacement[]): string {
  const found = table.find(({ suffix }) => word.endsWith(suffix));
  if (found === undefined) return word;
  const length = word.length - found.suffix.length;
  return measure(word, length) > 0 ? word.slice(0, length) + found.by : word;
}

/** Step 4. */
function dropSuffix(word: string): string {
  const found = STEP_4.find(({ suffix }) => word.endsWith(suffix));
  if (found === undefined) return word;
  const rest = word.slice(0, word.length - found.suffix.length);
  if (measure(rest, rest.length) <= 1 || (found.suffix === 'ion' && !/[st]$/.test(rest))) return word;
  return rest;
}

/** Step 5. */
function tidyEnd(word: string): string {
  let rest = word;
  if (rest.endsWith('e')) {
    const shorter = rest.slice(0, -1);
    const count = measure(shorter, shorter.length);
    if (count > 1 || (count === 1 && !endsShort(shorter))) rest = shorter;
  }
  return rest.endsWith('ll') && measure(rest, rest.length) > 1 ? rest.slice(0, -1) : rest;
}

/** Porter's m: how often a vowel is followed by a consonant among the first `length` letters. */
function measure(word: string, length: number): number {
  let count = 0;
  let afterVowel = false;
  for (let index = 0; index < length; index++) {
    const consonant = isConsonant(word, index);
    if (consonant && afterVowel) count++;
    afterVowel = !consonant;
  }
  return count;
}

function hasVowel(word: string, length: number): boolean {
  for (let index = 0; index < length; index++) if (!isConsonant(word, index)) return true;
  return false;
}

/** A `y` is a consonant at the start and after a vowel. */
function isConsonant(word: string, index: number): boolean {
  let turns = 0;
  while (word[index - turns] === 'y' && turns < index) turns++;
  const letter = word[index - turns]!;
  const first = letter === 'y' || !'aeiou'.includes(letter);
  return turns % 2 === 0 ? first : !first;
}

function endsInDouble(word: string): boolean {
  const last = word.length - 1;
  return last > 0 && word[last] === word[last - 1] && isConsonant(word, last);
}

/** Consonant, vowel, consonant at the end, the last not w, x or y. */
function endsShort(word: string): boolean {
  const last = word.length - 1;
  if (last < 2 || /[wxy]$/.test(word)) return false;
  return isConsonant(word, last) && !isConsonant(word, last - 1) && isConsonant(word, last - 2);
}

interface Replacement {
  readonly suffix: string;
  readonly by: string;
}

/** Reads `suffix>replacement` pairs, longest suffix first. */
function replacements(table: string): Replacement[] {
  return table
    .split(/\s+/)
    .map((pair) => ({ suffix: pair.slice(0, pair.indexOf('>')), by: pair.slice(pair.indexOf('>') + 1) }))
    .sort((left, right) => right.suffix.length - left.suffix.length);
}
