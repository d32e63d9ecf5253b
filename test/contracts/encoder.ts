import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StartPace } from '../../src/base/pace.js';
import type { Encoder } from '../../src/encoders/encoder.js';
import { countedPace } from '../fixtures/counted-pace.js';
import { AS_DOCUMENT } from '../fixtures/model-calls.js';

/** Makes the driver anew; it is closed by the suite where it matters. */
export type OpenEncoder = (startPace?: StartPace) => Encoder | Promise<Encoder>;

const norm = (vector: Float32Array) => Math.hypot(...vector);

/**
 * What every encoder promises. One that is not `isLocal`, but in another process, has nothing to yield, and a threshold only
 * if its model was measured.
 */
export function encoderContract(driver: string, open: OpenEncoder, { isLocal = true } = {}): void {
  describe(`the encoder contract: ${driver}`, () => {
    let encoder: Encoder;
    beforeAll(async () => {
      encoder = await open();
    });
    afterAll(() => encoder.close());

    it('names itself, its version and its dimension', () => {
      expect(encoder.name).not.toBe('');
      expect(encoder.version).not.toBe('');
      expect(encoder.dimension).toBeGreaterThan(0);
      if (!isLocal && encoder.tau === undefined) return;
      expect(encoder.tau).toBeGreaterThan(0);
      expect(encoder.tau).toBeLessThan(1);
    });

    it('gives one vector per text, in order', async () => {
      const texts = ['a red car', 'the blue sky', 'a red car'];
      const vectors = await encoder.encode(texts, AS_DOCUMENT);
      expect(vectors).toHaveLength(3);
      expect(vectors[0]).toEqual(vectors[2]);
      expect(vectors[0]).not.toEqual(vectors[1]);
      expect(vectors[1]).toEqual((await encoder.encode([texts[1]!], AS_DOCUMENT))[0]);
    });

    it('gives nothing for no texts', async () => {
      expect(await encoder.encode([], AS_DOCUMENT)).toEqual([]);
    });

    it('gives the zero vector for a text with nothing it knows', async () => {
      for (const vector of await encoder.encode(['', ' \n', '\ud800'], AS_DOCUMENT)) {
        expect(vector).toEqual(new Float32Array(encoder.dimension));
      }
    });

    it('gives unit vectors or zero for any strings', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }), async (texts) => {
          for (const vector of await encoder.encode(texts, AS_DOCUMENT)) {
            expect(vector).toHaveLength(encoder.dimension);
            const length = norm(vector);
            expect(length === 0 || Math.abs(length - 1) < 1e-5).toBe(true);
          }
        }),
      );
    });

    it('puts texts that share words closer than texts that do not', async () => {
      const [query, near, far] = await encoder.encode(
        ['reset my password', 'how to reset a forgotten password', 'the boiling point of water'],
        AS_DOCUMENT,
      );
      const cosine = (other: Float32Array) => query!.reduce((sum, value, k) => sum + value * other[k]!, 0);
      // A tiny model whose words have vectors by chance parts them less.
      expect(cosine(near!)).toBeGreaterThan(cosine(far!) + (isLocal ? 0.2 : 0.1));
    });

    it('gives vectors that are the caller’s to change', async () => {
      const [first] = await encoder.encode(['a red car'], AS_DOCUMENT);
      const before = Float32Array.from(first!);
      first!.fill(7);
      expect((await encoder.encode(['a red car'], AS_DOCUMENT))[0]).toEqual(before);
    });

    it('gives the same to calls that overlap', async () => {
      const texts = Array.from({ length: 20 }, (_, index) => `text number ${index} of several`);
      const { startPace } = countedPace(3);
      const pausing = await open(startPace);
      const alone = await encoder.encode(texts, AS_DOCUMENT);
      const both = await Promise.all([
        pausing.encode(texts, AS_DOCUMENT),
        pausing.encode(texts.toReversed(), AS_DOCUMENT),
      ]);
      expect(both[0]).toEqual(alone);
      expect(both[1].toReversed()).toEqual(alone);
    });

    // What works elsewhere takes no time here.
    it.runIf(isLocal)('lets others run before 10 ms are used up', async () => {
      // Each look at the clock finds it 3 ms later: as if every text took that long.
      const { startPace, pauses, longestMs } = countedPace(3);
      const pausing = await open(startPace);
      await pausing.encode(
        Array.from({ length: 40 }, () => 'some text'),
        AS_DOCUMENT,
      );
      expect(pauses()).toBeGreaterThan(10);
      expect(longestMs()).toBeLessThanOrEqual(10);
    });

    it('rejects once it is closed', async () => {
      const closing = await open();
      await closing.close();
      await closing.close();
      await expect(closing.encode(['a'], AS_DOCUMENT)).rejects.toThrow('closed');
    });
  });
}
