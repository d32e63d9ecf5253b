import { basename, dirname, join, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFileName, encodeFileName } from '../../src/stores/file-name.js';
import { checkTemplates, TemplateError, templatePaths } from '../../src/stores/templates.js';

const STORAGE = join(sep, 'srv', 'state');
const DEFAULTS = {
  NARRATIVE_STORE_TEMPLATE: 'narrative.{namespace}.json',
  PHEROMONE_STORE_TEMPLATE: 'pheromones.{namespace}.json',
  INDEX_STORE_TEMPLATE: 'index.{namespace}.json',
  STORAGE_DB_TEMPLATE: 'state.{namespace}.db',
};
const TEMPLATES = [...Object.values(DEFAULTS), 'x/{namespace}.json', 'x/{namespace}/index.json'];

const anyName = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.string({ minLength: 1, unit: fc.constantFrom(...'aA.%/\\4cCon1 \u0000\ud800\udc00é') }),
  fc.constantFrom('.', '..', 'con', 'CON', 'nul.json', 'com1', 'a.', 'A', '%41', '../x', 'a/b', '__proto__'),
);

describe('names in paths', () => {
  it('are the names themselves where they are plain, and percent-encoded where not', () => {
    const encoded = ['shop.de-1_a', 'A', 'a.', '..', 'ä', 'a b', 'con', 'nul.x', 'com1', 'icon', '\ud800'];
    expect(encoded.map(encodeFileName)).toEqual([
      'shop.de-1_a',
      '%41',
      'a%2E',
      '%2E%2E',
      '%C3%A4',
      'a%20b',
      '%63on',
      '%6Eul.x',
      '%63om1',
      'icon',
      '%ED%A0%80',
    ]);
  });

  it('come back as they were, and nothing else is taken for one', () => {
    fc.assert(fc.property(anyName, (name) => decodeFileName(encodeFileName(name)) === name));
    fc.assert(
      fc.property(anyName, (text) => {
        const name = decodeFileName(text);
        return name === undefined || encodeFileName(name) === text;
      }),
    );
    for (const text of ['%4a', '%61', 'A', 'a.', 'con', '%', '%zz', '%ED%A0%BD%ED%B8%80', ''])
      expect(decodeFileName(text)).toBeUndefined();
  });

  it('never meet, even where the file system ignores case', () => {
    fc.assert(
      fc.property(anyName, anyName, (one, other) => {
        const meet = encodeFileName(one).toLowerCase() === encodeFileName(other).toLowerCase();
        expect(meet).toBe(one === other);
      }),
      { numRuns: 2000 },
    );
  });

  it('stay inside the folder, hold no separator, end in no dot, name no device', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const encoded = encodeFileName(name);
        expect(encoded).toMatch(/^([a-z0-9_.-]|%[0-9A-F]{2})+$/);
        expect(encoded).not.toMatch(/\.$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/);
        expect(dirname(templatePaths('{namespace}.json', STORAGE).pathOf(name))).toBe(STORAGE);
      }),
    );
  });
});

describe('templates', () => {
  it.each(TEMPLATES)('lead from a name to its file and back: %s', (template) => {
    const paths = templatePaths(template, STORAGE);
    fc.assert(
      fc.property(anyName, (name) => {
        const path = paths.pathOf(name);
        const entry = path.slice(paths.folder.length + 1).split(sep)[0]!;
        expect(path.startsWith(STORAGE + sep)).toBe(true);
        expect(paths.namespaceOf(entry)).toBe(name);
        if (entry !== basename(path)) return;
        for (const ending of ['.next', '.journal', '.journal.next', '.damaged-2026-01-01T00-00-00-000Z'])
          expect(paths.namespaceOf(entry + ending)).toBeUndefined();
      }),
    );
  });

  it('may be the defaults, folders, and absolute paths inside the storage folder', () => {
    checkTemplates(DEFAULTS, STORAGE);
    checkTemplates({ A: 'a/{namespace}/index.json', B: 'a/{namespace}/narrative.json' }, STORAGE);
    checkTemplates({ A: join(STORAGE, 'a.{namespace}.json') }, STORAGE);
    checkTemplates({ A: '{namespace}.json' }, STORAGE);
  });

  it('that pass have room for the longest name and all that is put behind it', () => {
    const longest = ['A'.repeat(64), 'ä'.repeat(32)];
    const templates = [`${'x'.repeat(13)}{namespace}.json`, `${'x'.repeat(63)}{namespace}/a.json`];
    for (const template of templates) {
      checkTemplates({ A: template }, STORAGE);
      for (const name of longest) {
        const path = `${templatePaths(template, STORAGE).pathOf(name)}.journal.damaged-${'0'.repeat(24)}-100`;
        for (const part of path.split(sep)) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
      }
    }
  });

  it.each([
    ['no place for the name', ['index.json'], /needs \{namespace\} once/],
    ['two places', ['{namespace}/{namespace}.json'], /needs \{namespace\} once/],
    ['a place that is stepped over', ['{namespace}/../a.json'], /needs \{namespace\} once/],
    ['no extension', ['index.{namespace}'], /extension/],
    ['the extension before the name', ['index.json.{namespace}'], /extension/],
    ['a way out', ['../{namespace}.json'], /leads out/],
    ['an absolute way out', ['/etc/{namespace}.json'], /leads out/],
    ['a name not every system takes', ['a|b.{namespace}.json'], /not every file system/],
    ['a folder that ends in a dot', ['a./{namespace}.json'], /not every file system/],
    ['too much text', [`${'x'.repeat(130)}{namespace}.json`], /longer than/],
    ['no room for the longest name', [`${'x'.repeat(14)}{namespace}.json`], /1 bytes shorter/],
    ['no room in bytes', [`${'ä'.repeat(7)}{namespace}.json`], /1 bytes shorter/],
    ['no room in a folder', [`${'x'.repeat(64)}{namespace}/a.json`], /1 bytes shorter/],
    ['twice the same', ['a.{namespace}.json', 'a.{namespace}.json'], /same file/],
    ['the same but for case', ['A.{namespace}.json', 'a.{namespace}.json'], /same file/],
    ['one inside the other', ['{namespace}.json', 'a.{namespace}.json'], /same file/],
    ['ends that overlap', ['{namespace}.a.json', 'b.{namespace}.json'], /same file/],
    ['a checkpoint being written', ['a.{namespace}.json', 'a.{namespace}.json.next'], /same file|\.next/],
    ['its own companions', ['a.{namespace}.next'], /\.next/],
    ['the draft of a repair', ['a.{namespace}.db', 'a.{namespace}.db.salvaged'], /same file|\.salvaged/],
    ['its own drafts', ['{namespace}.salvaged'], /\.salvaged/],
    ['a journal', ['a.{namespace}.journal'], /\.journal/],
    ['our database', ['{namespace}.db'], /neuralcache\.db/],
    ['our lock', ['neuralcache.{namespace}', 'n{namespace}.lock'], /extension|neuralcache\.lock/],
    ['our key, as a folder', ['{namespace}/index.json'], /hash\.key|neuralcache/],
    ['a file where the other has a folder', ['x{namespace}/a.json', 'xy.{namespace}.json'], /a folder like/],
  ])('are refused: %s', (_, templates, reason) => {
    const named = Object.fromEntries(templates.map((template, index) => [`T${index}`, template]));
    expect(() => checkTemplates(named, STORAGE)).toThrow(TemplateError);
    expect(() => checkTemplates(named, STORAGE)).toThrow(reason);
  });

  it('that pass never name the same file for any two namespaces', () => {
    const piece = fc.constantFrom('', 'a', 'a.', '.a', 'A', 'b/', '/b', '.next', '.journal');
    const template = fc
      .tuple(piece, piece, piece, fc.constantFrom('.json', '.db', '.next'))
      .map(([one, two, three, extension]) => `${one}${two}x{namespace}${three}${extension}`);
    const name = fc.string({ minLength: 1, unit: fc.constantFrom(...'ax.jsonb/') });
    fc.assert(
      fc.property(template, template, name, name, (one, other, first, second) => {
        try {
          checkTemplates({ ONE: one, OTHER: other }, STORAGE);
        } catch {
          return;
        }
        const path = templatePaths(one, STORAGE).pathOf(first).toLowerCase();
        const otherPath = templatePaths(other, STORAGE).pathOf(second).toLowerCase();
        expect(path).not.toBe(otherPath);
        expect(path).not.toBe(`${otherPath}.next`);
      }),
      { numRuns: 3000 },
    );
  });
});
