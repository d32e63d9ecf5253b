import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { distil } from '../../src/distillation/distil.js';
import { writeStaticModel } from '../../src/distillation/write-static-model.js';
import { createStaticEncoder } from '../../src/encoders/static.js';
import { loadModel } from '../../src/inference/load-model.js';
import { ModelStore } from '../../src/models/model-store.js';
import { buildTinyEncoder } from '../fixtures/tiny-models/encoder.js';
import { WORDS } from '../fixtures/tiny-models/vocabulary.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'from-exports-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Words that all three tokenizers have whole. */
const KNOWN = WORDS.slice(90, 100);

describe('a static model of a real export', () => {
  it.each([
    ['word-piece', true],
    ['bpe', false],
    ['unigram', false],
  ] as const)('with a %s tokenizer knows its words, and learns from texts', async (tokenizer, isTeachers) => {
    buildTinyEncoder(join(folder, 'teacher'), { tokenizer });
    const model = await loadModel({
      id: 'teacher',
      kind: 'encoder',
      folder: join(folder, 'teacher'),
      threads: 1,
      batchTokens: 512,
    });
    const encode = async (texts: readonly string[]) =>
      (await model.run(texts.map((text) => ({ text })))) as Float32Array[];
    const teacher = {
      encoder: { encode, dimension: model.facts.dimension },
      tokenizer: readFileSync(join(folder, 'teacher', 'tokenizer.json'), 'utf8'),
    };
    const texts = Array.from({ length: 120 }, (_, text) =>
      [text, text * 3 + 1, text * 7 + 2].map((place) => KNOWN[place % KNOWN.length]).join(' '),
    );
    const made = await distil(teacher, texts, { dimensions: 6, lambda: 0.02, steps: 25 });
    await model.close();
    expect(made.vocabulary.isTeachers).toBe(isTeachers);
    for (const word of KNOWN) expect(made.vocabulary.surfaces[made.vocabulary.ids[word]]).toBe(word);
    expect(made.figures.texts!.cosineAfter).toBeGreaterThan(made.figures.texts!.cosineBefore);

    const target = join(folder, 'mine');
    const origin = { name: 'teacher', revision: '1', licence: 'MIT' };
    const recipe = { lambda: 0.02, steps: 25 };
    writeStaticModel(
      target,
      made,
      { name: 'mine', teacher: origin, recipe, textCharacters: 99 },
      { replace: false },
    );
    const store = new ModelStore({ bundledDir: folder, storeDir: folder, cwd: folder });
    const encoder = createStaticEncoder(store.open(target));
    expect(Math.hypot(...encoder.encodeText(`The ${KNOWN[0].toUpperCase()}, ${KNOWN[1]}!`))).toBeCloseTo(
      1,
      5,
    );
    expect(encoder.encodeText(KNOWN[2].toUpperCase())).toEqual(encoder.encodeText(KNOWN[2]));
  });
});
