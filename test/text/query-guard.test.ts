import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardsConflict, type QueryGuard, queryGuard } from '../../src/text/query-guard.js';

const hash = (word: string) => `<${word}>`;
const guard = (query: string): QueryGuard => queryGuard(query, hash);
const conflict = (left: string, right: string) => guardsConflict(guard(left), guard(right));

describe('property 12: queries that differ in a number', () => {
  it.each([
    ['error 404', 'error 500'],
    ['error 404', 'error'],
    ['install python 3.2', 'install python 2.3'],
    ['python3 download', 'python2 download'],
    ['population 1,000', 'population 1'],
    ['top 10 songs', 'top ten songs'],
    ['۳ books', '۴ books'],
  ])('%s / %s', (left, right) => {
    expect(conflict(left, right)).toBe(true);
  });

  it('do not conflict where they name the same ones, in any order and however often', () => {
    expect(conflict('from 2 to 3', '3 after 2, or 2')).toBe(false);
    expect(conflict('release 3.2', 'what is new in release 3.2.')).toBe(false);
    expect(conflict('version ３', 'version 3')).toBe(false);
  });
});

describe('property 12: queries that differ in a negation', () => {
  it.each([
    ['cars with wheels', 'cars without wheels'],
    ['why does it start', "why doesn't it start"],
    ['why does it start', 'why doesn’t it start'],
    ['we do charge', "we don't charge"],
    ['I can log in', "I can't log in"],
    ['I can log in', 'I cannot log in'],
    ['it will open', "it won't open"],
    ['a person', 'no person'],
    ['linear systems', 'non-linear systems'],
    ['I never said not', 'I never said'],
  ])('%s / %s', (left, right) => {
    expect(conflict(left, right)).toBe(true);
  });

  it('do not conflict where both negate alike', () => {
    expect(conflict("why doesn't it start", 'it does not start, why')).toBe(false);
    expect(conflict("isn't it", 'is it not')).toBe(false);
  });
});

describe('property 12: queries with a word against its opposite', () => {
  it.each([
    ['install the package', 'uninstall the package'],
    ['lock the screen', 'unlock the screen'],
    ['locked screens', 'unlocking a screen'],
    ['how to subscribe', 'how to un-subscribe'],
    ['I agree', 'I disagree'],
    ['connect the phone', 'disconnect the phone'],
    ['turn wifi on', 'turn wifi off'],
    ['enable cookies', 'disable cookies'],
    ['enabling cookies', 'disabled cookies'],
    ['import contacts', 'exporting contacts'],
    ['add a user', 'delete a user'],
    ['add a user', 'remove a user'],
    ['open a port', 'close a port'],
    ['max speed', 'min speed'],
    ['subsonic flow', 'supersonic flow'],
    ['ENABLE it', 'Disable it'],
  ])('%s / %s', (left, right) => {
    expect(conflict(left, right)).toBe(true);
  });

  it('do not conflict where one has both sides', () => {
    expect(conflict('turn wifi on and off', 'turn wifi on')).toBe(false);
    expect(conflict('install or uninstall it', 'uninstall it')).toBe(false);
  });

  it('do not conflict for words that only look like opposites', () => {
    expect(conflict('the unit fell under it', 'it fell der')).toBe(false);
    expect(conflict('reset my password', 'forgot the password')).toBe(false);
    expect(conflict('delete a user', 'remove a user')).toBe(false);
  });
});

describe('guardsConflict', () => {
  const word = fc.constantFrom(
    ...'enable disable on off not install uninstall lock 404 500 3.2 user phone never dislike like'.split(
      ' ',
    ),
  );
  const words = fc.array(word, { maxLength: 8 });

  it('never takes a text for its own opposite, in any word order, case or spacing', () => {
    fc.assert(
      fc.property(words, fc.constantFrom(' ', '  ', '\n'), (list, gap) => {
        expect(conflict(list.join(' '), [...list].reverse().join(gap).toUpperCase())).toBe(false);
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => !conflict(text, text)));
  });

  it('is symmetric', () => {
    fc.assert(
      fc.property(words, words, (left, right) => {
        const [a, b] = [left.join(' '), right.join(' ')];
        expect(conflict(a, b)).toBe(conflict(b, a));
      }),
    );
  });

  it('finds any other number', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (left, right) => {
        expect(conflict(`room ${left}`, `room ${right}`)).toBe(left !== right);
      }),
    );
  });
});

describe('queryGuard', () => {
  it('keeps hashes, never words', () => {
    const { numbers, words } = queryGuard('salary of employee 4711', () => '#');
    expect(numbers).toBe('#');
    expect(words).toEqual(['+#']);
  });

  it('is empty for an empty query', () => {
    expect(guard('')).toEqual({ numbers: '', negations: 0, words: [] });
    expect(guard(' !? ')).toEqual({ numbers: '', negations: 0, words: [] });
  });

  it('hashes the sorted distinct numbers as one', () => {
    expect(guard('10 of 9 or 10').numbers).toBe('<10 9>');
  });

  it('counts every negation', () => {
    expect(guard("no, I can't and won't, never").negations).toBe(4);
  });
});

describe('reading a query of printable ASCII', () => {
  it('finds what is found where another character shows that it may have others', () => {
    const words = fc.constantFrom(
      "isn't",
      'un-do',
      'disable',
      'not',
      '3.2',
      '1,000',
      'on',
      'b_4',
      'the',
      'Cats',
    );
    const piece = fc.oneof(words, fc.string({ maxLength: 12 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const query = pieces.join(' ');
        // A dash is of no word, and beyond ASCII.
        expect(guard(query)).toEqual(guard(`${query} \u2014`));
      }),
    );
  });
});
