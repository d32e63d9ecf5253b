import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { WordForm } from '../../src/encoders/static.js';
import { AS_DOCUMENT } from '../fixtures/model-calls.js';
import { bundledEncoder, MODELS_FOLDER, modelStore, STATIC_MODEL } from '../fixtures/models.js';

interface Reference {
  readonly texts: readonly { readonly text: string; readonly ids: number[]; readonly vector: number[] }[];
}

const reference: Reference = JSON.parse(modelStore.open(STATIC_MODEL).readText('reference.json'));
const encoder = bundledEncoder();

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, k) => sum + value * b[k]!, 0);
}

describe('the static encoder', () => {
  it('takes name, version and threshold from the manifest', () => {
    expect([encoder.name, encoder.dimension, encoder.tau]).toEqual([STATIC_MODEL, 192, 0.86]);
    expect(encoder.version).toContain(modelStore.open(STATIC_MODEL).entry.revision);
  });

  it.each(reference.texts)('gives the model’s vector for $text', async ({ text, vector }) => {
    const [ours] = await encoder.encode([text], AS_DOCUMENT);
    expect(ours).toHaveLength(192);
    for (let k = 0; k < 192; k++) expect(Math.abs(ours![k]! - vector[k]!)).toBeLessThan(1e-5);
  });

  it('gives what the ONNX graph of the same file gives', async () => {
    const session = await ort.InferenceSession.create(
      join(MODELS_FOLDER, STATIC_MODEL, 'onnx', 'model.onnx'),
    );
    for (const { text, ids } of reference.texts.filter(({ text }) => text !== '')) {
      const shape = [1, ids.length];
      const { sentence_embedding } = await session.run({
        input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
        attention_mask: new ort.Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
      });
      const theirs = sentence_embedding!.data as Float32Array;
      expect(cosine(encoder.encodeText(text), theirs)).toBeGreaterThan(0.99999);
    }
    await session.release();
  });

  it('reads accents, case and ideographs as BERT uncased does', () => {
    expect(encoder.encodeText('NAÏVE Café')).toEqual(encoder.encodeText('naive cafe'));
    expect(encoder.encodeText('你好世界')).toEqual(encoder.encodeText('你 好 世 界'));
    expect(encoder.encodeText('a.b')).toEqual(encoder.encodeText('a . b'));
  });

  it('leaves words it cannot split out, and words of more than 100 characters', () => {
    expect(encoder.encodeText('car ☃')).toEqual(encoder.encodeText('car'));
    expect(encoder.encodeText(`car ${'a'.repeat(101)}`)).toEqual(encoder.encodeText('car'));
    expect(encoder.encodeText(`car ${'a'.repeat(100)}`)).not.toEqual(encoder.encodeText('car'));
  });

  it('knows single words: unit vectors whose cosine is that of their forms', () => {
    const [car, automobile, banana] = ['car', 'automobile', 'banana'].map((word) => encoder.form(word));
    const vector = encoder.vector(car!);
    expect(cosine(vector, vector)).toBeCloseTo(1, 6);
    expect(encoder.cosine(vector, car!)).toBeCloseTo(1, 5);
    expect(encoder.cosine(vector, automobile!)).toBeCloseTo(cosine(vector, encoder.vector(automobile!)), 5);
    expect(encoder.cosine(vector, automobile!)).toBeGreaterThan(encoder.cosine(vector, banana!) + 0.2);
  });

  it('takes underscores in a word as gaps, and nothing for an unknown word', () => {
    expect(encoder.vector(encoder.form('red_car'))).toEqual(encoder.encodeText('red car'));
    const unknown = encoder.form('☃');
    expect([unknown.pieces.length, unknown.scale]).toEqual([0, 0]);
    expect(encoder.vector(unknown)).toEqual(new Float32Array(192));
    expect(encoder.cosine(encoder.vector(encoder.form('car')), unknown)).toBe(0);
  });

  it('encodes texts together as it does one by one, each in a buffer of its own', async () => {
    const texts = ['a red car', '', 'banana', 'wing', 'lift of a wing', 'a red car', '☃', 'automobile'];
    const vectors = await encoder.encode(texts, AS_DOCUMENT);
    expect(vectors).toEqual(texts.map((text) => encoder.encodeText(text)));
    // 192 float32: whoever keeps one keeps no more.
    expect(vectors.map(({ buffer }) => buffer.byteLength)).toEqual(texts.map(() => 192 * 4));
  });

  it('leaves nothing behind of what failed halfway', () => {
    const [car, banana] = [encoder.form('car'), encoder.form('banana')];
    const before = [encoder.encodeText('wing'), encoder.vector(car), encoder.form('banana')];
    const broken: WordForm = {
      scale: 1,
      get pieces() {
        return Object.defineProperty([...car.pieces, ...banana.pieces, 0], car.pieces.length + 1, {
          get: () => {
            throw new Error('broken');
          },
        });
      },
    };
    const after = [() => encoder.encodeText('wing'), () => encoder.vector(car), () => encoder.form('banana')];
    after.forEach((read, index) => {
      expect(() => encoder.vector(broken)).toThrow('broken');
      expect(read()).toEqual(before[index]);
    });
  });

  it('remembers so many words at most and goes on the same', () => {
    const before = encoder.encodeText('a red car');
    for (let batch = 0; batch < 70; batch++) {
      encoder.encodeText(Array.from({ length: 1000 }, (_, index) => `n${batch * 1000 + index}`).join(' '));
    }
    expect(encoder.encodeText('a red car')).toEqual(before);
  });

  it('reads the first 16 384 characters of a text', () => {
    const head = 'wing '.repeat(3276);
    expect(encoder.encodeText(`${head} banana`.padEnd(20_000))).not.toEqual(encoder.encodeText(head));
    expect(encoder.encodeText(`${head}${' '.repeat(10)}banana`)).toEqual(encoder.encodeText(head));
  });
});
