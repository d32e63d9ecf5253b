import { describe, expect, it } from 'vitest';
import { calibrateCollection } from '../../src/evaluation/calibrate-collection.js';
import type { Collection } from '../../src/evaluation/collection.js';
import { syntheticCollection } from '../fixtures/collection.js';
import { FakeEncoder } from '../fixtures/fake-encoder.js';
import { TallyingService } from '../fixtures/tallying-service.js';

const OPTIONS = { queries: 2000, seed: 1 };

function makers() {
  return { service: new TallyingService(), encoder: new FakeEncoder() };
}

/** The collection with what its queries look like changed. */
function changed(
  { queries, ...collection }: Collection,
  change: (query: Collection['queries'][number], place: number) => Collection['queries'][number],
): Collection {
  return { ...collection, queries: queries.map(change) };
}

describe('calibration on a collection', () => {
  it('takes queries of one group as related, those of others without a common relevant document as unrelated', async () => {
    const parts = makers();
    const collection = syntheticCollection({ needs: 12, wordings: 6 });
    const report = await calibrateCollection(collection, parts, OPTIONS);
    // 12 groups of 6 · 5 / 2 pairs; each need has documents of its own, so all others are unrelated.
    expect(report).toMatchObject({
      collection: collection.name,
      scorer: 'tally',
      wordings: 'groups',
      queries: 72,
    });
    expect([report.related.pairs, report.unrelated.pairs]).toEqual([180, (72 * 71) / 2 - 180]);
    expect(report.disturbed).toBeLessThanOrEqual(0.045);
    expect(report.related.quantiles[3]).toBeGreaterThan(report.unrelated.quantiles[3] + 0.2);
    // It asked for the base order once a wording, as nobody: nothing was learned or told.
    expect(parts.service.asked).toHaveLength(72);
    expect(parts.service.asked.every(({ request }) => !request.learn && request.topK === 10)).toBe(true);
    expect(parts.service.told).toEqual([]);
  });

  it('encodes each document once', async () => {
    const parts = makers();
    const collection = syntheticCollection({ needs: 12, wordings: 6 });
    await calibrateCollection(collection, parts, OPTIONS);
    const documents = new Set(
      collection.queries.flatMap(({ candidates }) => candidates.slice(0, 10).map(({ id }) => id)),
    );
    expect(parts.encoder.encoded).toBe(72 + documents.size);
  });

  it('makes up rewordings where there are no groups', async () => {
    const parts = makers();
    const grouped = syntheticCollection({ needs: 24, wordings: 3 });
    const collection = changed(grouped, ({ group: _, ...query }) => query);
    const report = await calibrateCollection(collection, parts, OPTIONS);
    expect(report.wordings).toBe('made up');
    expect(report.related.pairs).toBe(72);
    // Wordings of one need share relevant documents: of those pairs nothing is known.
    expect(report.unrelated.pairs).toBe((72 * 71) / 2 - 24 * 3);
    expect(parts.service.asked).toHaveLength(144);
  });

  it('knows nothing of two queries with the same words, and leaves out those the encoder knows nothing of', async () => {
    const collection = changed(syntheticCollection({ needs: 12, wordings: 6 }), (query, place) => {
      if (place === 0) return { ...query, text: '?!' };
      return place < 3
        ? { ...query, text: 'the same words', judgements: new Map([[`d${place}`, 1]]) }
        : query;
    });
    const { queries, related, unrelated } = await calibrateCollection(collection, makers(), OPTIONS);
    expect(queries).toBe(71);
    expect(related.pairs + unrelated.pairs).toBe((71 * 70) / 2 - 1);
  });

  it('draws so many queries at most, the same for one seed', async () => {
    const collection = syntheticCollection({ needs: 24, wordings: 6 });
    const run = async (seed: number) => {
      const parts = makers();
      const shares: number[] = [];
      const options = { queries: 60, seed, onProgress: (share: number) => void shares.push(share) };
      const report = await calibrateCollection(collection, parts, options);
      expect([report.queries, shares.length, shares.at(-1)]).toEqual([60, 60, 1]);
      return { report, texts: parts.service.asked.map(({ request }) => request.query) };
    };
    expect(await run(1)).toEqual(await run(1));
    expect((await run(2)).texts).not.toEqual((await run(1)).texts);
  });
});
