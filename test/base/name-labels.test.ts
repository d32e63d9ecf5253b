import { describe, expect, it } from 'vitest';
import { newNameProblem } from '../../src/base/name-labels.js';

describe('names of namespaces that were never used', () => {
  it.each(['prod-search-docs', 'acme.search', 'a12', `a${'b'.repeat(62)}`, 'one.two.three.four.five'])(
    'may be %s',
    (name) => {
      expect(newNameProblem(name)).toBeUndefined();
    },
  );

  it.each([
    'ab',
    'Acme',
    '1ab',
    '-abc',
    'a_b',
    'acme.',
    'acme.xy',
    'acme..x',
    `a${'b'.repeat(63)}`,
    'abc\n',
    '',
  ])('may not be %j', (name) => {
    expect(newNameProblem(name)).toBeDefined();
  });

  it.each(['system', 'system.abc', 'tmp', 'one.two.three.four.five.six'])(
    '%s is refused by the strict policy',
    (name) => {
      expect(newNameProblem(name)).toMatch(/reserved|labels/);
    },
  );
});
