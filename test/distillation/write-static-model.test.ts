import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { distil, type StaticModel } from '../../src/distillation/distil.js';
import { cosineOf } from '../../src/distillation/matrix.js';
import type { ModelOrigin } from '../../src/distillation/model-card.js';
import { writeStaticModel } from '../../src/distillation/write-static-model.js';
import { createStaticEncoder } from '../../src/encoders/static.js';
import { readManifest } from '../../src/models/manifest.js';
import { ModelStore } from '../../src/models/model-store.js';
import { verifyFolder } from '../../src/models/verify-folder.js';
import { TokenPieces } from '../../src/text/token-pieces.js';
import { WordPieces } from '../../src/text/word-pieces.js';
import { lessonTeacher, lessonTexts } from '../fixtures/lesson-teacher.js';

const ORIGIN: ModelOrigin = {
  name: 'lesson',
  teacher: {
    name: 'fake',
    revision: 'v1',
    licence: 'MIT',
    source: { repository: 'people/fake', commit: 'abc' },
  },
  recipe: { lambda: 0.02, steps: 25 },
  textCharacters: 1000,
};
const KEEP = { replace: false };
const TEXTS = ['wing lift', 'Heart, heart. wings', 'xyz drag', 'skin'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'static-model-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function make(texts: readonly string[] = []): Promise<StaticModel> {
  return distil(lessonTeacher(), texts, { dimensions: 16, lambda: 0.02, steps: 25 });
}

function open(target: string) {
  const store = new ModelStore({ bundledDir: folder, storeDir: folder, cwd: folder });
  return createStaticEncoder(store.open(target));
}

describe('a static model that is written', () => {
  it('is read by the static encoder, whose vectors its graph gives too', async () => {
    const target = join(folder, 'new', 'lesson');
    const model = await make(lessonTexts(200));
    writeStaticModel(target, model, ORIGIN, KEEP);
    const encoder = open(target);
    expect([encoder.name, encoder.dimension, encoder.tau]).toEqual(['lesson', 16, undefined]);
    const session = await ort.InferenceSession.create(join(target, 'onnx', 'model.onnx'));
    const pieces = new TokenPieces(new WordPieces(model.vocabulary.ids));
    // As a tokenizer gives them: [CLS] (2), the pieces, [SEP] (3), all in one batch, padded with [PAD] (0).
    const rows = TEXTS.map((text) => [2, ...pieces.piecesOf(text), 3]);
    const longest = Math.max(...rows.map((ids) => ids.length));
    const padded = rows.flatMap((ids) => [...ids, ...Array<number>(longest - ids.length).fill(0)]);
    const mask = rows.flatMap((ids) => Array.from({ length: longest }, (_, at) => (at < ids.length ? 1 : 0)));
    const tensor = (ids: number[]) =>
      new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [rows.length, longest]);
    const { sentence_embedding } = await session.run({
      input_ids: tensor(padded),
      attention_mask: tensor(mask),
    });
    expect(sentence_embedding.dims).toEqual([TEXTS.length, 16]);
    const theirs = sentence_embedding.data as Float32Array;
    for (const [row, text] of TEXTS.entries()) {
      const vector = theirs.slice(row * 16, (row + 1) * 16);
      expect(cosineOf(encoder.encodeText(text), vector)).toBeGreaterThan(0.9999);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
    await session.release();
  });

  it('gives the zero vector for nothing known, in the graph as in the encoder', async () => {
    const target = join(folder, 'lesson');
    writeStaticModel(target, await make(), ORIGIN, KEEP);
    const session = await ort.InferenceSession.create(join(target, 'onnx', 'model.onnx'));
    const one = (value: bigint) => new ort.Tensor('int64', BigInt64Array.of(value), [1, 1]);
    const { sentence_embedding } = await session.run({ input_ids: one(1n), attention_mask: one(1n) });
    expect([...(sentence_embedding.data as Float32Array)]).toEqual(Array(16).fill(0));
    expect([...open(target).encodeText('☃')]).toEqual(Array(16).fill(0));
    await session.release();
  });

  it('has a manifest that its files agree with, and a revision that changes with them', async () => {
    const target = join(folder, 'lesson');
    const manifest = writeStaticModel(target, await make(), ORIGIN, {
      ...KEEP,
      licenceText: 'do what you want',
    });
    expect(manifest).toMatchObject({
      name: 'lesson',
      kind: 'static-encoder',
      licence: 'MIT',
      dimension: 16,
      revision: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    expect(readManifest(target)).toEqual(manifest);
    expect(await verifyFolder(target, manifest)).toEqual([]);
    expect(readFileSync(join(target, 'LICENSE'), 'utf8')).toBe('do what you want');
    const other = writeStaticModel(join(folder, 'other'), await make(lessonTexts(100)), ORIGIN, KEEP);
    expect(other.revision).not.toBe(manifest.revision);
  });

  it('has a card that says where it comes from, how it was made and how good it is', async () => {
    const card = async (texts: readonly string[]) => {
      writeStaticModel(join(folder, String(texts.length)), await make(texts), ORIGIN, KEEP);
      return readFileSync(join(folder, String(texts.length), 'README.md'), 'utf8').replace(/\s+/g, ' ');
    };
    const plain = await card([]);
    expect(plain).toContain('# lesson');
    expect(plain).toContain('Distilled from fake, revision v1 (people/fake at abc)');
    expect(plain).toContain('That of the teacher: MIT.');
    expect(plain).toContain('No texts were used.');
    expect(plain).toContain('is the teacher’s own');
    expect(await card(lessonTexts(200))).toMatch(
      /vectors of 200 texts .*λ = 0\.02, conjugate gradients, 25 steps.* on 10 texts .*: 0\.\d{3} at the start, 0\.\d{3} after/,
    );
  });
});

describe('the folder of a static model', () => {
  it('may be there and empty', async () => {
    mkdirSync(join(folder, 'lesson'));
    writeStaticModel(join(folder, 'lesson'), await make(), ORIGIN, KEEP);
    expect(readdirSync(folder)).toEqual(['lesson']);
  });

  it('is not replaced unasked, and then only if it holds a static model', async () => {
    const target = join(folder, 'lesson');
    const model = await make();
    const first = writeStaticModel(target, model, ORIGIN, KEEP);
    expect(() => writeStaticModel(target, model, ORIGIN, KEEP)).toThrow(/not empty; --force/);
    const second = writeStaticModel(target, await make(lessonTexts(100)), ORIGIN, { replace: true });
    expect(second.revision).not.toBe(first.revision);
    expect(readManifest(target)).toEqual(second);
    expect(readdirSync(folder)).toEqual(['lesson']);

    const precious = join(folder, 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'thesis.txt'), 'years of work');
    expect(() => writeStaticModel(precious, model, ORIGIN, { replace: true })).toThrow(/something else/);
    expect(readdirSync(precious)).toEqual(['thesis.txt']);
  });

  it('stays as it was where the new model cannot be written, and nothing half is left', async () => {
    const target = join(folder, 'lesson');
    const model = await make();
    const first = writeStaticModel(target, model, ORIGIN, KEEP);
    // A licence that no manifest may hold fails after all files are written.
    const wrong = { ...ORIGIN, teacher: { ...ORIGIN.teacher, licence: '' } };
    expect(() => writeStaticModel(target, model, wrong, { replace: true })).toThrow(/licence/);
    expect(readManifest(target)).toEqual(first);
    expect(readdirSync(folder)).toEqual(['lesson']);
    expect(() => writeStaticModel(join(folder, 'none'), model, wrong, KEEP)).toThrow(/licence/);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});
