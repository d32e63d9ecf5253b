import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelError } from '../../src/base/model-call.js';
import { createStaticEncoder } from '../../src/encoders/static.js';
import { ModelStore } from '../../src/models/model-store.js';
import { CommandLine } from '../fixtures/command-line.js';
import { lessonTeacher, lessonTexts } from '../fixtures/lesson-teacher.js';
import { modelStore, STATIC_MODEL } from '../fixtures/models.js';

let line: CommandLine;
let closed = 0;
beforeEach(() => {
  line = new CommandLine();
  closed = 0;
  const { encoder, tokenizer } = lessonTeacher();
  line.write('tokenizer.json', tokenizer);
  line.encoder = { encoder, model: null, close: async () => void closed++ };
});
afterEach(() => line.remove());

const distil = (...args: string[]) =>
  line.run([
    'models',
    'distil',
    '--from',
    'teacher',
    '--out',
    'mine',
    '--tokenizer',
    'tokenizer.json',
    ...args,
  ]);
const SMALL = ['--dimensions', '16'];

function openMine() {
  const store = new ModelStore({ bundledDir: line.folder, storeDir: line.folder, cwd: line.folder });
  return createStaticEncoder(store.open('./mine'));
}

describe('models distil', () => {
  it('makes a static model of an encoder, told in plain lines', async () => {
    const { exitCode, stdout, stderr } = await distil(...SMALL);
    expect([exitCode, stderr, closed]).toEqual([0, '', 1]);
    expect(stdout).toMatch(
      /^mine: 59 pieces of 16 dimensions, the encoder's vocabulary as it is\n\d\d\.\d % of/,
    );
    expect(stdout).toContain('licence of the encoder, carried over: unknown\nwritten to ');
    const encoder = openMine();
    expect([encoder.name, encoder.dimension]).toEqual(['mine', 16]);
    expect(Math.hypot(...encoder.encodeText('wing'))).toBeCloseTo(1, 5);
  });

  it('learns from texts, and says how much closer that came', async () => {
    line.write(
      'texts.jsonl',
      lessonTexts(300)
        .map((text) => JSON.stringify({ text }))
        .join('\n'),
    );
    const { exitCode, stdout } = await distil(
      ...SMALL,
      '--texts',
      'texts.jsonl',
      '--max-texts',
      '200',
      '--json',
    );
    expect(exitCode).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      name: 'mine',
      folder: join(line.folder, 'mine'),
      licence: 'unknown',
      dimension: 16,
      vocabulary: 'as it is',
      texts: { learnt: 190, measured: 10 },
    });
    expect(result.texts.cosineAfter).toBeGreaterThan(result.texts.cosineBefore);
    expect(result.revision).toBe(
      JSON.parse(readFileSync(join(line.folder, 'mine/manifest.json'), 'utf8')).revision,
    );
  });

  it('shows progress on a terminal, stage by stage', async () => {
    line.write('texts.txt', lessonTexts(100).join('\n'));
    const argv = [
      'models',
      'distil',
      '--from',
      'x',
      '--out',
      'mine',
      '--tokenizer',
      'tokenizer.json',
      ...SMALL,
    ];
    const { stderr } = await line.run([...argv, '--texts', 'texts.txt'], { terminal: true });
    const places = ['vectors of texts [', 'vectors of pieces [', 'regression ['].map((label) =>
      stderr.indexOf(label),
    );
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('takes pieces, name, revision, licence and its text from the encoder’s files', async () => {
    const files = modelStore.open(STATIC_MODEL);
    const { tokenizer } = lessonTeacher();
    const folder = join(line.folder, 'teacher');
    mkdirSync(folder);
    writeFileSync(join(folder, 'LICENSE'), 'terms');
    const model = { folder, files: { ...files, readText: () => tokenizer } };
    line.encoder = { ...line.encoder!, model };
    const { exitCode } = await line.run(['models', 'distil', '--from', 'x', '--out', 'mine', ...SMALL]);
    expect(exitCode).toBe(0);
    const read = (file: string) => readFileSync(join(line.folder, 'mine', file), 'utf8');
    expect(read('LICENSE')).toBe('terms');
    expect(JSON.parse(read('manifest.json'))).toMatchObject({ licence: 'Apache-2.0' });
    expect(read('README.md')).toContain(`Distilled from ${STATIC_MODEL}, revision ${files.entry.revision}`);
  });

  it('replaces a static model when told to', async () => {
    await distil(...SMALL);
    const again = await distil('--dimensions', '8');
    expect([again.exitCode, again.stdout]).toEqual([1, '']);
    expect(again.stderr).toContain('--force');
    expect(openMine().dimension).toBe(16);
    expect((await distil('--dimensions', '8', '--force')).exitCode).toBe(0);
    expect(openMine().dimension).toBe(8);
  });

  it.each([
    ['an encoder with fewer dimensions', [], /has 32 dimensions, 192 cannot/],
    ['too few texts', [...SMALL, '--texts', 'few.txt'], /2 usable texts are too few/],
    ['texts that are not there', [...SMALL, '--texts', 'none.txt'], /none\.txt/],
    ['a tokenizer that is none', [...SMALL, '--tokenizer', 'few.txt'], /tokenizer\.json is no JSON/],
    ['a tokenizer that is not there', [...SMALL, '--tokenizer', 'none.json'], /ENOENT.*none\.json/],
  ])('refuses %s in one line, and leaves nothing behind', async (_, args, message) => {
    line.write('few.txt', 'wing lift\ndrag\n');
    const { exitCode, stdout, stderr } = await distil(...args);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('Unexpected');
    expect(existsSync(join(line.folder, 'mine'))).toBe(false);
  });

  it('needs a tokenizer where the encoder has no files', async () => {
    const { exitCode, stderr } = await line.run(['models', 'distil', '--from', 'far', '--out', 'mine']);
    expect([exitCode, stderr]).toEqual([1, 'far has no tokenizer.json: name one by --tokenizer\n']);
    expect(closed).toBe(1);
  });

  it('says why an encoder gives no vectors', async () => {
    line.encoder!.encoder.encode = () => Promise.reject(new ModelError('failed', 'the model broke'));
    const { exitCode, stderr } = await distil(...SMALL);
    expect([exitCode, stderr, closed]).toEqual([1, 'teacher gave no vectors: the model broke\n', 1]);
  });

  it.each([
    [['--dimensions', '0'], /whole number from 1/],
    [['--lambda', '0'], /number from/],
  ])('is called wrongly with %s', async (args, message) => {
    const { exitCode, stderr } = await distil(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });
});
