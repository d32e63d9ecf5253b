import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from '../../src/base/model-call.js';
import type { ModelWishes } from '../../src/base/request-wishes.js';
import type { PairModel } from '../../src/proxy/pair-model.js';

const CALL = { namespace: 'default' };
const QUERY = 'how to reset a password';
const TEXTS = [
  'the boiling point of water',
  'reset a forgotten password',
  'how to reset a password',
  'a red car',
  'a password and how to keep it',
];

/** What every model of pairs promises that is not listwise. */
export function pairModelContract(driver: string, open: () => PairModel | Promise<PairModel>): void {
  describe(`the contract of pair models: ${driver}`, () => {
    let model: PairModel;
    beforeAll(async () => {
      model = await open();
    });
    afterAll(() => model.close());
    const scores = (texts: readonly string[]) => Promise.all(model.scoreEach(QUERY, texts, CALL));

    it('names itself and its version', () => {
      expect(['cross-encoder', 'upstream']).toContain(model.name);
      expect(model.version).not.toBe('');
      expect(['probability', 'logit']).toContain(model.scale);
      expect(model.isListwise(undefined, CALL.namespace)).toBe(false);
    });

    it('gives a finite score for each text, and nothing for none', async () => {
      const all = await scores(TEXTS);
      expect(all).toHaveLength(TEXTS.length);
      for (const score of all) expect(Number.isFinite(score)).toBe(true);
      if (model.scale === 'probability') for (const score of all) expect(score >= 0 && score <= 1).toBe(true);
      expect(await scores([])).toEqual([]);
    });

    it('gives a pair its score whatever it comes with, and in which order', async () => {
      const alone = await Promise.all(TEXTS.map(async (text) => (await scores([text]))[0]!));
      const isClose = (found: readonly number[], texts: readonly string[]) =>
        texts.forEach((text, place) => {
          expect(found[place]).toBeCloseTo(alone[TEXTS.indexOf(text)]!, 4);
        });
      await fc.assert(
        fc.asyncProperty(fc.shuffledSubarray(TEXTS), async (texts) => isClose(await scores(texts), texts)),
        { numRuns: 20 },
      );
    });

    it('gives the same to calls that overlap', async () => {
      const [first, second] = await Promise.all([scores(TEXTS), scores(TEXTS.toReversed())]);
      expect(second.toReversed()).toEqual(first);
    });

    it('gives a text with nothing to read no more than any other', async () => {
      const [blank, ...others] = await scores([' \n\u0000', ...TEXTS]);
      for (const score of others) expect(score).toBeGreaterThan(blank!);
    });

    it('has one key for equal wishes, and none of a secret in it', () => {
      const wishes: ModelWishes = { model: 'm', rawScores: true, credential: 'top-secret' };
      const keyOf = (wished: ModelWishes | undefined) => model.keyOf(wished, CALL.namespace);
      expect(keyOf({ ...wishes, traceparent: 'another' })).toBe(keyOf({ ...wishes }));
      expect(keyOf(wishes)).not.toContain('top-secret');
      expect(keyOf({})).toBe(keyOf(undefined));
    });

    it('rejects where the caller has left, and once it is closed', async () => {
      const left = model.scoreEach(QUERY, ['a'], { ...CALL, signal: AbortSignal.abort() });
      await expect(left[0]).rejects.toMatchObject({ name: 'ModelError', failure: 'late' });
      const closing = await open();
      await closing.close();
      const [first, second] = closing.scoreEach(QUERY, ['a', 'b'], CALL);
      await expect(first).rejects.toBeInstanceOf(ModelError);
      await expect(second).rejects.toMatchObject({ failure: 'closed' });
    });
  });
}
