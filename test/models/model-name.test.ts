import { join, relative } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isSafePath, parseModelName } from '../../src/models/model-name.js';

it('a name is ORG/NAME, with a revision behind @ where one is meant', () => {
  expect(parseModelName('BAAI/bge-small-en-v1.5')).toEqual({
    organisation: 'BAAI',
    model: 'bge-small-en-v1.5',
    revision: undefined,
  });
  expect(parseModelName('acme/tiny@refs/pr/1')?.revision).toBe('refs/pr/1');
  expect(parseModelName(`${'a'.repeat(96)}/b`)).toBeDefined();
});

it.each([
  '',
  'tiny',
  'a/b/c',
  'a/',
  '/a',
  'a/..',
  '../a',
  'a/.b',
  'a/b..c',
  'a/b.',
  'a\\b/c',
  'a/b\0',
  'a/b\n',
  'con/a',
  'a/NUL',
  'a/com1.onnx',
  'ä/b',
  'a b/c',
  `${'a'.repeat(97)}/b`,
  'a/b@',
  'a/b@../main',
  'a/b@-x',
  'a/b@x?y',
])('%j is no name', (text) => {
  expect(parseModelName(text)).toBeUndefined();
});

it('whatever the text, a name stays two folders below the store', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[a-z./\\@]{1,12}$/));
  fc.assert(
    fc.property(text, (name) => {
      const parsed = parseModelName(name);
      if (parsed === undefined) return;
      const path = relative('/store', join('/store', parsed.organisation, parsed.model));
      expect(path).toBe(`${parsed.organisation}/${parsed.model}`);
      expect(path.split('/')).toHaveLength(2);
    }),
  );
});

it('a path of a model’s file is a few plain names', () => {
  for (const path of ['config.json', 'onnx/model.onnx_data', '1_Pooling/config.json', 'a/b/c/d']) {
    expect(isSafePath(path)).toBe(true);
  }
  const wrong = [
    '',
    '.',
    '..',
    '../x',
    'a/../x',
    '/etc/x',
    'a//b',
    'a/',
    'C:/x',
    'a\\b',
    'a\0',
    '.git/x',
    'aux',
  ];
  for (const path of [...wrong, 'a/b/c/d/e', 'a'.repeat(101), 'x.json\n'])
    expect(isSafePath(path)).toBe(false);
});
