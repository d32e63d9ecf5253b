import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Impression, impressionRow, readImpression } from '../../src/namespaces/impression.js';
import { RecordError } from '../../src/namespaces/records.js';
import { encodeDirection } from '../../src/namespaces/vector-codec.js';
import { cosineOf, ENCODER, NO_GUARD, randomUnit, SHAPE, START_MS } from '../fixtures/memory.js';

const REST = { more: false, source: null, arm: 'memory' as const, expiresAt: START_MS };
const SHOWN = [
  { key: 'i:a', textHash: 'one', index: 2 },
  { key: 't:b', textHash: 'two', index: 0 },
];

function row(shown: Impression['shown'] = SHOWN, rest = {}, key: Float32Array | null = randomUnit(1)) {
  const keyJson = JSON.stringify(encodeDirection(key));
  const query = { cellId: 'cell', guardJson: JSON.stringify(NO_GUARD), keyJson };
  return impressionRow('request', query, ENCODER, shown, { ...REST, ...rest });
}

describe('an impression', () => {
  it('comes back with all that was shown', () => {
    const back = readImpression(row(), SHAPE);
    expect(back).toMatchObject({
      ...REST,
      requestId: 'request',
      cellId: 'cell',
      guard: NO_GUARD,
      shown: SHOWN,
    });
    expect(cosineOf(back.key, randomUnit(1))).toBeGreaterThan(0.999);
  });

  it('comes back with source, arm and the flag that more were shown', () => {
    const rest = { more: true, source: 'hash', arm: 'base' as const };
    expect(readImpression(row(SHOWN, rest), SHAPE)).toMatchObject(rest);
  });

  it('is found by its query and expires', () => {
    expect(row()).toMatchObject({ kind: 'impression', key: 'request', group: 'cell', expiresAt: START_MS });
  });

  it('survives any id as text, and holds no vector but one byte a component', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 30 })), (ids) => {
        const shown = ids.map((id, index) => ({ key: `i:${id}`, textHash: 'hash', index }));
        expect(readImpression(row(shown), SHAPE).shown).toEqual(shown);
      }),
    );
  });

  it('of another encoder has no key', () => {
    expect(readImpression(row(), { encoder: 'fake@v2', dimension: 16 }).key).toBeNull();
    expect(readImpression(row(SHOWN, {}, null), SHAPE).key).toBeNull();
  });

  it('that is damaged is refused with RecordError', () => {
    const good = row();
    const value = JSON.parse(good.value);
    const bad = (changes: object) => ({ ...good, value: JSON.stringify({ ...value, ...changes }) });
    for (const damaged of [
      { ...good, value: good.value.slice(0, -3) },
      { ...good, value: 'null' },
      bad({ format: 2 }),
      bad({ guard: null }),
      bad({ key: 'AAAA' }),
      bad({ shown: null }),
      bad({ shown: [null] }),
      bad({ shown: [[1, 'hash', 0]] }),
      bad({ shown: [['i:a', 'hash']] }),
    ])
      expect(() => readImpression(damaged, SHAPE)).toThrow(RecordError);
  });
});
