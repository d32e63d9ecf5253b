import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentEntries } from '../../src/scorers/recent-entries.js';

interface Entry {
  readonly id: number;
  weight: number;
  older: Entry | undefined;
  newer: Entry | undefined;
}

function entry(id: number, weight: number): Entry {
  return { id, weight, older: undefined, newer: undefined };
}

/** The definition: a list, least recently used first. */
class PlainEntries {
  list: Entry[] = [];

  constructor(private readonly maxWeight: number) {}

  get weight(): number {
    return this.list.reduce((sum, { weight }) => sum + weight, 0);
  }

  get(id: number): Entry | undefined {
    const found = this.list.find((one) => one.id === id);
    if (found !== undefined) this.list = [...this.list.filter((one) => one !== found), found];
    return found;
  }

  add(added: Entry): void {
    this.list = this.list.filter(({ id }) => id !== added.id);
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
  id: fc.integer({ min: 0, max: 5 }),
  weight: fc.integer({ min: 1, max: 12 }),
});

describe('entries kept by recency', () => {
  it('are what a plain list keeps, whatever is done to them', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [kept, plain] = [new RecentEntries<Entry>(20), new PlainEntries(20)];
        for (const { act, id, weight } of steps) {
          const known = plain.list.find((one) => one.id === id);
          if (act === 'add') for (const entries of [kept, plain]) entries.add(entry(id, weight));
          else if (act === 'clear' && weight === 1) {
            kept.clear();
            plain.list = [];
          } else if (act === 'reweigh' && known !== undefined) {
            kept.reweigh(kept.get(id)!, weight);
            plain.reweigh(known, weight);
          } else expect(kept.get(id)?.weight).toBe(plain.get(id)?.weight);
          expect([kept.size, kept.weight]).toEqual([plain.list.length, plain.weight]);
        }
        for (const { id } of [...plain.list]) expect(kept.get(id)?.id).toBe(id);
      }),
      { numRuns: 500 },
    );
  });

  it('knows an entry from another one with its id', () => {
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
