import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_PATTERN } from '../../src/namespaces/name.js';
import { patternProblem } from '../../src/namespaces/pattern.js';

it.each([
  DEFAULT_PATTERN,
  '^default$',
  '[a-z]+',
  '\\w+',
  '.+',
  '[a-z]([a-z0-9-]*[a-z0-9])?',
  '[a-z]+(\\.[a-z]+)*',
  '[a-z]{1,32}(?:\\.[a-z]{1,32}){0,4}',
  '(?:team-[0-9]+|default)',
  '(?<label>[a-z]+)',
  '[^/]{1,64}?',
  '^default$|^[a-z]{2}$',
])('takes %s', (pattern) => {
  expect(patternProblem(pattern)).toBeUndefined();
});

it.each([
  '(a+)+',
  '([a-z]+)*',
  '(a|a)*',
  '(a|[a-z])+',
  '(a|aa)+',
  '(?:(?:|)a)+',
  '(?:[a-z]{1,10}){1,10}',
  '[a-z]*[a-z]*[a-z]*[a-z]*',
  '(.*,)*.*',
  '(ä|[^a])+',
  '(é|ü|[\\u0000-\\uffff])+',
])('refuses what may take very long: %s', (pattern) => {
  expect(patternProblem(pattern)).toMatch(/steps|linear time/);
});

it.each([
  '(a)\\1',
  '(?=a)default',
  '(?<!a)default',
  '(?i:default)',
  '\\p{L}+',
  '(a?)*',
  '[a-z]{1,60}[a-z]{1,60}'.repeat(20),
])('refuses what it cannot judge: %s', (pattern) => {
  expect(patternProblem(pattern)).toBeDefined();
});

it('refuses what is no regular expression', () => {
  expect(patternProblem('(')).toBe('is not a regular expression');
});

it('refuses what the default namespace does not match', () => {
  expect(patternProblem('tenant-[a-z]+')).toBe('does not match the default namespace "default"');
  expect(patternProblem('[a-z]{3}', 'abc')).toBeUndefined();
  expect(patternProblem('.*', 'x'.repeat(65))).toContain('does not match');
});

/** Steps of a matcher that tries every way, for expressions over `a` and `b` given as functions. */
type Matcher = (text: string, at: number, next: (at: number) => void) => void;
interface Expression {
  readonly source: string;
  readonly matcher: (count: () => void) => Matcher;
  readonly mayBeEmpty: boolean;
}

const character: fc.Arbitrary<Expression> = fc.constantFrom('a', 'b', '[ab]').map((source) => ({
  source,
  mayBeEmpty: false,
  matcher: (count) => (text, at, next) => {
    if (at < text.length && new RegExp(source).test(text[at]!)) {
      count();
      next(at + 1);
    }
  },
}));

const expression = fc.letrec<{ any: Expression }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    character,
    fc.tuple(tie('any'), tie('any')).map(([one, other]) => ({
      source: `(?:${one.source})(?:${other.source})`,
      mayBeEmpty: one.mayBeEmpty && other.mayBeEmpty,
      matcher: (count: () => void): Matcher => {
        const [first, second] = [one.matcher(count), other.matcher(count)];
        return (text, at, next) => first(text, at, (middle) => second(text, middle, next));
      },
    })),
    fc.tuple(tie('any'), tie('any')).map(([one, other]) => ({
      source: `(?:${one.source}|${other.source})`,
      mayBeEmpty: one.mayBeEmpty || other.mayBeEmpty,
      matcher: (count: () => void): Matcher => {
        const [first, second] = [one.matcher(count), other.matcher(count)];
        return (text, at, next) => {
          first(text, at, next);
          second(text, at, next);
        };
      },
    })),
    tie('any').map((one) => ({
      source: one.mayBeEmpty ? one.source : `(?:${one.source})*`,
      mayBeEmpty: true,
      matcher: (count: () => void): Matcher => {
        const inner = one.matcher(count);
        if (one.mayBeEmpty) return inner;
        const star: Matcher = (text, at, next) => {
          inner(text, at, (after) => star(text, after, next));
          next(at);
        };
        return star;
      },
    })),
  ),
})).any;

it('lets nothing through that takes a backtracking matcher more steps than it promises', () => {
  fc.assert(
    fc.property(
      expression,
      fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 12, maxLength: 24 }),
      (one, text) => {
        fc.pre(patternProblem(`default|${one.source}`) === undefined);
        let steps = 0;
        const count = () => {
          steps += 1;
          if (steps > 8192) throw new Error(`${one.source} takes too many steps for ${text}`);
        };
        one.matcher(count)(text, 0, () => {});
      },
    ),
    { numRuns: 300 },
  );
});
