import { describe, expect, it } from 'vitest';
import { type DistilOptions, distil } from '../../src/distillation/distil.js';
import { cosineOf, rowOf } from '../../src/distillation/matrix.js';
import { pieceWeight, sharesByRank } from '../../src/distillation/piece-weights.js';
import { restoreRows } from '../../src/distillation/quantise.js';
import { lessonTeacher, lessonTexts } from '../fixtures/lesson-teacher.js';

const OPTIONS: DistilOptions = { dimensions: 16, lambda: 0.02, steps: 25 };
/** No vector of a piece is further off than a byte's half step. */
const DIGITS = 2;

describe('distillation without texts', () => {
  it('gives each piece its vector alone, centred and turned, as long as its weight', async () => {
    const teacher = lessonTeacher();
    const model = await distil(teacher, [], { ...OPTIONS, dimensions: 32 });
    const { vocabulary, figures } = model;
    const rows = restoreRows(model, 32);
    const shares = sharesByRank(vocabulary.surfaces);
    const length = (id: number) => Math.hypot(...rowOf(rows, id));
    for (const [id, surface] of vocabulary.surfaces.entries()) {
      expect(length(id)).toBeCloseTo(surface === null ? 0 : pieceWeight(shares[id]), DIGITS);
    }
    // All dimensions kept, so angles between pieces are those between the teacher's vectors less their mean.
    const surfaces = vocabulary.surfaces.filter((surface) => surface !== null);
    const vectors = await teacher.encoder.encode(surfaces);
    const mean = vectors[0].map(
      (_, k) => vectors.reduce((sum, vector) => sum + vector[k], 0) / vectors.length,
    );
    const centred = (word: string) => vectors[surfaces.indexOf(word)].map((value, k) => value - mean[k]);
    const { ids } = vocabulary;
    for (const [left, right] of [
      ['wing', 'lift'],
      ['heart', 'cone'],
      ['s', 'tumor'],
    ]) {
      const ours = cosineOf(rowOf(rows, ids[left]), rowOf(rows, ids[right]));
      expect(ours).toBeCloseTo(cosineOf(centred(left), centred(right)), DIGITS);
    }
    expect(figures).toEqual({ pieces: surfaces.length, varianceKept: expect.closeTo(1, 6), texts: null });
  });

  it('asks for each piece once', async () => {
    const { encoder, tokenizer } = lessonTeacher();
    const { figures } = await distil({ encoder, tokenizer }, [], OPTIONS);
    expect(encoder.encoded).toBe(figures.pieces);
  });
});

describe('distillation with texts', () => {
  it('comes closer to the teacher than it started, on texts it has not seen', async () => {
    const { figures } = await distil(lessonTeacher(), lessonTexts(600), OPTIONS);
    const { texts } = figures;
    // Every twentieth is kept back.
    expect([texts!.learnt, texts!.measured]).toEqual([570, 30]);
    expect(texts!.cosineAfter).toBeGreaterThan(texts!.cosineBefore + 0.005);
    expect(texts!.cosineAfter).toBeGreaterThan(0.97);
  });

  it('stays where it started where λ is large', async () => {
    const { figures } = await distil(lessonTeacher(), lessonTexts(200), { ...OPTIONS, lambda: 1e9 });
    expect(figures.texts!.cosineAfter).toBeCloseTo(figures.texts!.cosineBefore, 3);
  });

  it('measures what a text’s sum of pieces says against the teacher’s vector of it', async () => {
    const teacher = lessonTeacher();
    const texts = lessonTexts(400);
    const model = await distil(teacher, texts, { ...OPTIONS, dimensions: 32 });
    const rows = restoreRows(model, 32);
    const sum = (text: string) =>
      text
        .split(' ')
        .map((word) => rowOf(rows, model.vocabulary.ids[word]))
        .reduce((total, row) => total.map((value, k) => value + row[k]));
    const vectors = await teacher.encoder.encode(texts);
    const mean = vectors[0].map(
      (_, k) => vectors.reduce((all, vector) => all + vector[k], 0) / vectors.length,
    );
    const centred = vectors.map((vector) => vector.map((value, k) => value - mean[k]));
    // All dimensions kept: cosines between two texts are those between the teacher's centred vectors, nearly.
    for (const [a, b] of [
      [0, 1],
      [5, 33],
      [100, 120],
    ]) {
      expect(
        Math.abs(cosineOf(sum(texts[a]), sum(texts[b])) - cosineOf(centred[a], centred[b])),
      ).toBeLessThan(0.12);
    }
  });

  it('leaves out texts of which no piece is known', async () => {
    const { figures } = await distil(lessonTeacher(), [...lessonTexts(100), '☃', '  '], OPTIONS);
    expect(figures.texts!.learnt + figures.texts!.measured).toBe(100);
  });

  it('gives the same for the same', async () => {
    const [one, other] = await Promise.all(
      [0, 1].map(() => distil(lessonTeacher(), lessonTexts(150), OPTIONS)),
    );
    expect([one.rows, one.scales]).toEqual([other.rows, other.scales]);
  });

  it('tells of its stages in their order, each to its end', async () => {
    const told: [string, number][] = [];
    await distil(lessonTeacher(), lessonTexts(100), {
      ...OPTIONS,
      onProgress: (stage, share) => void told.push([stage, share]),
    });
    expect([...new Set(told.map(([stage]) => stage))]).toEqual(['texts', 'pieces', 'regression']);
    for (const stage of ['texts', 'pieces', 'regression'])
      expect(told.findLast(([name]) => name === stage)).toEqual([stage, 1]);
  });
});

describe('distillation', () => {
  it.each([
    ['more dimensions than the teacher has', [], { ...OPTIONS, dimensions: 33 }, /has 32 dimensions/],
    ['too few texts', lessonTexts(99), OPTIONS, /99 usable texts are too few/],
    ['texts that are of no use', Array(500).fill('☃'), OPTIONS, /0 usable texts/],
  ])('refuses %s before it asks the teacher', async (_, texts, options, message) => {
    const teacher = lessonTeacher();
    await expect(distil(teacher, texts, options)).rejects.toThrow(message);
    expect(teacher.encoder.encoded).toBe(0);
  });

  it('refuses a vocabulary without a piece', async () => {
    const tokenizer = JSON.stringify({
      model: { type: 'BPE', vocab: { Ġ: 0 } },
      decoder: { type: 'ByteLevel' },
    });
    await expect(distil({ ...lessonTeacher(), tokenizer }, [], OPTIONS)).rejects.toThrow(/no piece/);
  });
});
