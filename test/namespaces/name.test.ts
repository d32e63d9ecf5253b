import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.js';
import { strictProblem } from '../../src/base/name-labels.js';
import { NamespaceNames } from '../../src/namespaces/name.js';

function refusal(names: NamespaceNames, header: string | string[] | undefined): AppError | undefined {
  try {
    names.parse(header);
    return undefined;
  } catch (cause) {
    expect(cause).toBeInstanceOf(AppError);
    return cause as AppError;
  }
}

describe('names by pattern', () => {
  const names = new NamespaceNames();

  it.each([undefined, '', [], ['']])('means the default when the header is absent or empty: %j', (header) => {
    expect(names.parse(header)).toBe('default');
  });

  it.each(['a', 'A', 'acme.shop-1_x', '...', '.a', 'constructor', '__proto__', 'x'.repeat(64)])(
    'takes %s',
    (name) => {
      expect(names.parse(name)).toBe(name);
      expect(names.parse([name])).toBe(name);
    },
  );

  it.each([
    '.',
    '..',
    'x'.repeat(65),
    'a b',
    ' a',
    'a/b',
    'a%2e',
    'ä',
    '\u00c3\u00a4',
    'a\n',
    '\ud800',
    'a,b',
  ])('refuses %j', (name) => {
    expect(refusal(names, name)).toMatchObject({ code: 'BAD_REQUEST', message: 'Invalid namespace' });
  });

  it('refuses a header given twice, even with one name', () => {
    expect(refusal(names, ['a', 'a'])?.code).toBe('BAD_REQUEST');
    expect(refusal(names, ['', ''])?.code).toBe('BAD_REQUEST');
  });

  it('holds a pattern to the whole name where it does not say so itself', () => {
    const loose = new NamespaceNames({ pattern: 'a+|b' });
    expect(loose.accepts('aa')).toBe(true);
    for (const name of ['ab', 'ba', 'xb', 'ax']) expect(loose.accepts(name)).toBe(false);
  });

  it('never takes control characters, halves of pairs or more than 64 characters, whatever the pattern', () => {
    const all = new NamespaceNames({ pattern: '[^]*' });
    for (const name of ['a\u0000', 'a\u0085', '\ud800', '..', '.', '', 'x'.repeat(65), 'ä'.repeat(33)]) {
      expect(all.accepts(name)).toBe(false);
    }
    for (const name of ['ä \u{1f600}', 'ä'.repeat(32)]) expect(all.accepts(name)).toBe(true);
  });

  it('names the default as it is set', () => {
    expect(new NamespaceNames({ defaultName: 'main' }).parse(undefined)).toBe('main');
  });
});

describe('the strict policy', () => {
  const names = new NamespaceNames({ policy: 'strict', defaultName: 'system' });

  it.each(['a', 'a.b.c.d.e', 'a.system', 'a._b', 'systems'])('takes %s', (name) => {
    expect(names.parse(name)).toBe(name);
  });

  it.each([
    ['.a', 'it has an empty label'],
    ['a..b', 'it has an empty label'],
    ['a.', 'it has an empty label'],
    ['a.b.c.d.e.f', 'it has more than 5 labels'],
    ['admin', 'its first label is reserved'],
    ['Tmp.x', 'its first label is reserved'],
    ['_a', 'its first label is reserved'],
  ])('refuses %s: %s', (name, problem) => {
    expect(strictProblem(name)).toBe(problem);
    expect(refusal(names, name)?.message).toBe('Invalid namespace');
  });

  it('takes the default name, reserved or not', () => {
    expect(names.parse('system')).toBe('system');
  });
});
