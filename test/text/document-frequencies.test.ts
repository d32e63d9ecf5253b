import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DocumentFrequencies } from '../../src/text/document-frequencies.js';
import { stemsOf } from '../fixtures/document-stems.js';

function learn(
  frequencies: DocumentFrequencies,
  query: readonly string[],
  documents: readonly string[][],
): void {
  frequencies.learn(
    query,
    documents.map((stems) => stemsOf(frequencies, stems)),
    documents.length,
  );
}

/** [seen, count] of stems. */
function read(frequencies: DocumentFrequencies, ...stems: string[]): [number, number][] {
  return stems.map((stem) => {
    const slot = frequencies.find(stem);
    return [frequencies.seen(slot), frequencies.count(slot)];
  });
}

describe('document frequencies', () => {
  it('count the candidates that hold a stem, but not those of queries that hold it', () => {
    const frequencies = new DocumentFrequencies();
    learn(frequencies, ['wing'], [['wing', 'lift'], ['wing', 'drag'], ['lift']]);
    // wing: all three candidates left out. lift: two of three. Never met: none of three.
    expect(read(frequencies, 'wing', 'lift', 'drag', 'flap')).toEqual([
      [0, 0],
      [3, 2],
      [3, 1],
      [3, 0],
    ]);
    learn(frequencies, ['lift', 'new'], [['wing'], ['wing', 'lift']]);
    expect(read(frequencies, 'wing', 'lift', 'new')).toEqual([
      [2, 2],
      [3, 2],
      [3, 0],
    ]);
  });

  it('count a repeated request again', () => {
    const frequencies = new DocumentFrequencies();
    for (let round = 0; round < 3; round++) learn(frequencies, ['q'], [['a'], ['b']]);
    expect(read(frequencies, 'a', 'b', 'q')).toEqual([
      [6, 3],
      [6, 3],
      [0, 0],
    ]);
  });

  it('learn nothing while frozen and nothing from a request without candidates', () => {
    const frozen = new DocumentFrequencies({ frozen: true });
    learn(frozen, ['q'], [['a']]);
    const idle = new DocumentFrequencies();
    learn(idle, ['q'], []);
    for (const frequencies of [frozen, idle]) {
      expect(read(frequencies, 'a', 'q')).toEqual([
        [0, 0],
        [0, 0],
      ]);
      expect(frequencies.takeChanged(10)).toEqual([]);
    }
  });

  it('are the same after being stored and restored, in any order of the chunks', () => {
    const request = fc.record({
      query: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', '__proto__'), { maxLength: 2 }),
      documents: fc.array(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'constructor', '"\\\u2028')),
        {
          maxLength: 4,
        },
      ),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 8 }), fc.boolean(), (requests, reversed) => {
        const frequencies = new DocumentFrequencies({ chunkSize: 2 });
        for (const { query, documents } of requests) learn(frequencies, query, documents);
        const chunks = frequencies.takeChanged(1000);
        const restored = new DocumentFrequencies({ chunkSize: 2 });
        expect(restored.restore(reversed ? chunks.toReversed() : chunks)).toEqual([]);
        const stems = ['a', 'b', 'c', 'd', 'e', 'f', '__proto__', 'constructor', '"\\\u2028'];
        expect(read(restored, ...stems)).toEqual(read(frequencies, ...stems));
        expect(restored.takeChanged(1000)).toEqual([]);
      }),
    );
  });

  it('go on where they were after a restart, changing only the chunks that changed', () => {
    const first = new DocumentFrequencies({ chunkSize: 2 });
    learn(first, [], [['a', 'b', 'c', 'd']]);
    const second = new DocumentFrequencies({ chunkSize: 2 });
    second.restore(first.takeChanged(10));
    learn(second, [], [['c']]);
    expect(second.takeChanged(10)).toEqual([
      { key: 'total', value: '{"v":1,"total":2}' },
      { key: 'c1', value: '{"v":1,"stems":[["c",2,0],["d",1,0]]}' },
    ]);
  });

  it('hand out changed chunks up to the limit, each once, and again when they could not be written', () => {
    const frequencies = new DocumentFrequencies({ chunkSize: 1 });
    learn(frequencies, [], [['a', 'b', 'c']]);
    const first = frequencies.takeChanged(2).map(({ key }) => key);
    const second = frequencies.takeChanged(10).map(({ key }) => key);
    expect([...first, ...second].sort()).toEqual(['c0', 'c1', 'c2', 'total']);
    expect(first).toHaveLength(2);
    expect(frequencies.takeChanged(10)).toEqual([]);
    frequencies.markChanged(first);
    expect(frequencies.takeChanged(10).map(({ key }) => key)).toEqual(first);
  });

  it('skip damaged chunks, name them and keep the rest', () => {
    const frequencies = new DocumentFrequencies();
    const damaged = frequencies.restore([
      { key: 'total', value: '{"v":1,"total":7}' },
      { key: 'c0', value: '{"v":1,"stems":[["a",3,1]]}' },
      { key: 'c1', value: '{"v":1,"stems":[["b",3' },
      { key: 'c2', value: '{"v":2,"stems":[]}' },
      { key: 'c3', value: '{"v":1,"stems":[["b",-1,0]]}' },
      { key: 'c4', value: '{"v":1,"stems":[[7,1,0]]}' },
      { key: 'c5', value: null },
      { key: 'c01', value: '{"v":1,"stems":[]}' },
      { key: 'x', value: '{"v":1,"stems":[]}' },
      { key: 'c6', value: '[]' },
    ]);
    expect(damaged).toEqual(['c1', 'c2', 'c3', 'c4', 'c5', 'c01', 'x', 'c6']);
    expect(read(frequencies, 'a', 'b')).toEqual([
      [6, 3],
      [7, 0],
    ]);
  });

  it('move the stems of a chunk whose number is too high, and let the old chunk go', () => {
    const frequencies = new DocumentFrequencies({ maxStems: 10, chunkSize: 2 });
    expect(frequencies.restore([{ key: 'c60000', value: '{"v":1,"stems":[["a",0,0],["b",2,0]]}' }])).toEqual(
      [],
    );
    expect(frequencies.count(frequencies.find('b'))).toBe(0); // nothing seen yet, so nothing counts
    expect(frequencies.takeChanged(10)).toEqual([
      { key: 'c60000', value: null },
      { key: 'c0', value: '{"v":1,"stems":[["b",2,0]]}' },
    ]);
    expect(frequencies.bytes).toBeLessThan(100_000);
  });

  it('keep one copy of a stem that stands in two chunks', () => {
    const frequencies = new DocumentFrequencies({ chunkSize: 2 });
    frequencies.restore([
      { key: 'total', value: '{"v":1,"total":9}' },
      { key: 'c0', value: '{"v":1,"stems":[["a",3,0]]}' },
      { key: 'c1', value: '{"v":1,"stems":[["a",4,0],["b",1,0]]}' },
    ]);
    expect(read(frequencies, 'a', 'b')).toEqual([
      [9, 3],
      [9, 1],
    ]);
    expect(frequencies.takeChanged(9)).toEqual([{ key: 'c1', value: '{"v":1,"stems":[["b",1,0]]}' }]);
  });

  it('can be restored after texts were read while the store could not be: slots of before are void', () => {
    const frequencies = new DocumentFrequencies();
    for (const stem of ['other', 'a', 'b']) frequencies.slot(stem);
    const { epoch } = frequencies;
    const chunks = [
      { key: 'total', value: '{"v":1,"total":7}' },
      { key: 'c0', value: '{"v":1,"stems":[["a",3,0],["b",2,1]]}' },
    ];
    expect(frequencies.restore(chunks)).toEqual([]);
    expect(frequencies.epoch).not.toBe(epoch);
    expect([frequencies.size, frequencies.find('other')]).toEqual([2, -1]);
    expect(read(frequencies, 'a', 'b')).toEqual([
      [7, 3],
      [6, 2],
    ]);
    learn(frequencies, [], [['other', 'a']]);
    expect(read(frequencies, 'other', 'a')).toEqual([
      [8, 1],
      [8, 4],
    ]);
  });

  it('cannot be restored once they learned', () => {
    const frequencies = new DocumentFrequencies();
    learn(frequencies, ['q'], [['a']]);
    expect(() => frequencies.restore([])).toThrow('at first');
  });

  it('drop the least frequent stems when there are too many, and void the slots', () => {
    const frequencies = new DocumentFrequencies({ maxStems: 8, chunkSize: 4 });
    learn(frequencies, ['query'], [['a', 'b', 'c'], ['a', 'b'], ['a']]);
    learn(frequencies, [], [['d', 'e', 'f', 'g', 'h']]);
    const { epoch } = frequencies;
    frequencies.trim();
    // 9 stems, 8 allowed, 7 kept: of those met once two go. `query` counts by its exclusions.
    expect(frequencies.size).toBe(7);
    expect(frequencies.epoch).not.toBe(epoch);
    expect(read(frequencies, 'a', 'b', 'query')).toEqual([
      [4, 3],
      [4, 2],
      [1, 0],
    ]);
    const restored = new DocumentFrequencies({ maxStems: 8, chunkSize: 4 });
    restored.restore(frequencies.takeChanged(10));
    expect(restored.size).toBe(7);
  });

  it('stay within their bound, and reuse the slots of dropped stems', () => {
    const frequencies = new DocumentFrequencies({ maxStems: 100 });
    for (let round = 0; round < 200; round++) {
      frequencies.trim();
      learn(frequencies, [], [Array.from({ length: 20 }, (_, index) => `w${round * 20 + index}`)]);
      expect(frequencies.size).toBeLessThanOrEqual(120);
    }
    expect(frequencies.slot('new one')).toBeLessThan(120);
  });

  it('learn the same from stems under the numbers of others', () => {
    const frequencies = new DocumentFrequencies({ chunkSize: 4 });
    const plain = new DocumentFrequencies({ chunkSize: 4 });
    const names = Array.from({ length: 3000 }, (_, number) => `stem${(7 * number) % 3000}`);
    const slots = new Int32Array(names.length).fill(-1);
    const numbering = {
      slots: () => slots,
      learn(number: number) {
        slots[number] = frequencies.slot(names[number]!);
        return slots[number]!;
      },
    };
    for (let round = 0; round < 3; round++) {
      const numbers = Uint32Array.from(names.keys()).filter((number) => number % (round + 1) === 0);
      const own = [...numbers].map((number) => names[number]!);
      // The second time two documents of the same stems are told of at once.
      const documents = new Uint32Array(names.length).fill(2);
      const together = { numbers, size: numbers.length, numbering, ...(round === 1 && { documents }) };
      frequencies.learn(['stem5'], [together], round === 1 ? 2 : 1);
      learn(plain, ['stem5'], round === 1 ? [own, own] : [own]);
    }
    const stored = ({ chunks }: { chunks: DocumentFrequencies }) =>
      chunks
        .takeChanged(10_000)
        .flatMap(({ value }) => value ?? [])
        .join('')
        .match(/stem\d+",\d+,\d+/g)
        ?.sort();
    expect(stored({ chunks: frequencies })).toEqual(stored({ chunks: plain }));
    expect(read(frequencies, ...names)).toEqual(read(plain, ...names));
  });

  it('refuse a chunk size that is no power of two', () => {
    expect(() => new DocumentFrequencies({ chunkSize: 1000 })).toThrow('power of two');
    expect(() => new DocumentFrequencies({ maxStems: 0 })).toThrow('maxStems');
  });
});

describe('document frequencies that hash words of queries', () => {
  const hashOf = (stem: string) => `<${[...stem].reverse().join('')}>`;
  const stored = (frequencies: DocumentFrequencies) =>
    frequencies
      .takeChanged(100)
      .map(({ value }) => value)
      .join();

  it('store a stem by its name once a candidate held it, until then by its hash', () => {
    const frequencies = new DocumentFrequencies({ hashOf });
    learn(frequencies, ['secret', 'wing'], [['wing', 'lift']]);
    expect(stored(frequencies)).toContain('[["#<gniw>",0,1],["lift",1,0],["#<terces>",0,1]]');
    learn(frequencies, ['other'], [['wing']]);
    expect(stored(frequencies)).toContain('[["wing",1,1],["lift",1,0],["#<terces>",0,1],["#<rehto>",0,1]]');
  });

  it('write what was stored by name under its hash, without being asked', () => {
    const frequencies = new DocumentFrequencies({ hashOf });
    frequencies.restore([
      { key: 'total', value: '{"v":1,"total":9}' },
      { key: 'c0', value: '{"v":1,"stems":[["secret",0,4],["wing",3,0]]}' },
    ]);
    expect(stored(frequencies)).toBe('{"v":1,"stems":[["#<terces>",0,4],["wing",3,0]]}');
    expect(read(frequencies, 'secret')).toEqual([[5, 0]]);
  });

  it('know as much after being stored as before, whatever is met then', () => {
    const stem = fc.constantFrom(...'abcdefgh');
    const request = fc.record({
      query: fc.uniqueArray(stem, { maxLength: 3 }),
      documents: fc.array(fc.uniqueArray(stem, { minLength: 1, maxLength: 4 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(fc.record({ request, restart: fc.boolean() }), { maxLength: 12 }), (steps) => {
        const kept = new DocumentFrequencies();
        let hashed = new DocumentFrequencies({ hashOf, chunkSize: 2 });
        const rows = new Map<string, string | null>();
        for (const { request, restart } of steps) {
          for (const each of [kept, hashed]) learn(each, request.query, request.documents);
          if (restart) {
            for (const { key, value } of hashed.takeChanged(100)) rows.set(key, value);
            hashed = new DocumentFrequencies({ hashOf, chunkSize: 2 });
            const chunks = [...rows].filter(([, value]) => value !== null);
            expect(hashed.restore(chunks.map(([key, value]) => ({ key, value })))).toEqual([]);
          }
        }
        expect(read(hashed, ...'abcdefghi')).toEqual(read(kept, ...'abcdefghi'));
      }),
    );
  });
});
