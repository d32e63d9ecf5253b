import { describe, expect, it } from 'vitest';
import { encodeTexts } from '../../src/distillation/encode-texts.js';
import { rowOf } from '../../src/distillation/matrix.js';
import type { EncodeCall } from '../../src/encoders/encoder.js';

/** Answers each call when the test says so; a text's vector is its number and 1. */
class WaitingEncoder {
  readonly dimension = 2;
  readonly calls: { texts: readonly string[]; call: EncodeCall; answer(): void; fail(): void }[] = [];
  private arrived: () => void = () => {};

  encode(texts: readonly string[], call: EncodeCall): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      const answer = () => resolve(texts.map((text) => Float32Array.of(Number(text), 1)));
      this.calls.push({ texts, call, answer, fail: () => reject(new Error('the model broke')) });
      this.arrived();
    });
  }

  /** Resolves when there were so many calls. */
  async reaches(count: number): Promise<void> {
    while (this.calls.length < count) await new Promise<void>((resolve) => (this.arrived = resolve));
  }
}

const texts = (count: number) => Array.from({ length: count }, (_, number) => String(number));

describe('many texts', () => {
  it('are encoded in batches, two out at a time, and end in the order of the texts', async () => {
    const encoder = new WaitingEncoder();
    const shares: number[] = [];
    const encoded = encodeTexts(encoder, texts(150), { onProgress: (share) => shares.push(share) });
    await encoder.reaches(2);
    expect(encoder.calls.map(({ texts }) => texts.length)).toEqual([64, 64]);
    encoder.calls[1].answer();
    await encoder.reaches(3);
    encoder.calls[2].answer();
    encoder.calls[0].answer();
    const matrix = await encoded;
    expect([matrix.rows, matrix.columns, encoder.calls.length]).toEqual([150, 2, 3]);
    for (let row = 0; row < 150; row++) expect([...rowOf(matrix, row)]).toEqual([row, 1]);
    expect(shares).toEqual([64 / 150, 86 / 150, 1]);
    expect(encoder.calls[0].call.role).toBe('document');
  });

  it('ask nothing more after a failure, which they pass on', async () => {
    const encoder = new WaitingEncoder();
    const encoded = encodeTexts(encoder, texts(1000));
    await encoder.reaches(2);
    encoder.calls[0].fail();
    await expect(encoded).rejects.toThrow('the model broke');
    encoder.calls[1].answer();
    await new Promise(setImmediate);
    expect(encoder.calls).toHaveLength(2);
  });

  it('pass the signal on, and none are no vectors', async () => {
    const encoder = new WaitingEncoder();
    const { signal } = new AbortController();
    void encodeTexts(encoder, texts(1), { signal });
    expect(encoder.calls[0].call.signal).toBe(signal);
    expect((await encodeTexts(encoder, [])).rows).toBe(0);
  });
});
