import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentEntries } from '../../src/scorers/recent-entries.js';

interface Entry {
  readonly key: number;
  weight: number;
  older: Entry | undefined;
  newer: Entry | undefined;
}

function entry(key: number, weight: number): Entry {
  return { key, weight, older: undefined, newer: undefined };
}

/** The definition: a list, least recently used first. */
class PlainEntries {
  list: Entry[] = [];

  constructor(private readonly maxWeight: number) {}

  get weight(): number {
    return this.list.reduce((sum, { weight }) => sum + weight, 0);
  }

  get(key: number): Entry | undefined {
    const found = this.list.find((one) => one.key === key);
    if (found !== undefined) this.list = [...this.list.filter((one) => one !== found), found];
    return found;
  }

  add(added: Entry): void {
    this.list = this.list.filter(({ key }) => key !== added.key);
    if (added.weight > this.maxWeight) return;
    this.list.push(added);
    while (this.weight > this.maxWeight) this.list.shift();
  }

  reweigh(changed: Entry, weight: number): void {
    changed.weight = weight;
    this.add(changed);
  }
}

const step = fc.record({
  act: fc.constantFrom('get', 'add', 'reweigh', 'clear'),
  key: fc.integer({ min: 0, max: 5 }),
  weight: fc.integer({ min: 1, max: 12 }),
});

describe('entries kept by recency', () => {
  it('are what a plain list keeps, whatever is done to them', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [kept, plain] = [new RecentEntries<Entry>(20), new PlainEntries(20)];
        for (const { act, key, weight } of steps) {
          const known = plain.list.find((one) => one.key === key);
          if (act === 'add') for (const entries of [kept, plain]) entries.add(entry(key, weight));
          else if (act === 'clear' && weight === 1) {
            kept.clear();
            plain.list = [];
          } else if (act === 'reweigh' && known !== undefined) {
            kept.reweigh(kept.get(key)!, weight);
            plain.reweigh(known, weight);
          } else expect(kept.get(key)?.weight).toBe(plain.get(key)?.weight);
          expect([kept.size, kept.weight]).toEqual([plain.list.length, plain.weight]);
        }
        for (const { key } of [...plain.list]) expect(kept.get(key)?.key).toBe(key);
      }),
      { numRuns: 500 },
    );
  });

  it('knows an entry from another one with its key', () => {
    const entries = new RecentEntries<Entry>(20);
    const [first, second] = [entry(1, 3), entry(1, 4)];
    entries.add(first);
    entries.add(second);
    expect([entries.has(first), entries.has(second), entries.weight]).toEqual([false, true, 4]);
  });

  it('lets go of what it puts out: an entry still held holds no others', () => {
    const entries = new RecentEntries<Entry>(20);
    const [first, second] = [entry(1, 10), entry(2, 10)];
    for (const one of [first, second, entry(3, 10), entry(4, 10)]) entries.add(one);
    expect([first.older, first.newer, second.older, second.newer]).toEqual(new Array(4).fill(undefined));
  });
});
