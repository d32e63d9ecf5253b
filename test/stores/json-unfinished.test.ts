import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { put } from '../contracts/store-subject.js';
import { DamagedHome, expectedRows, FIRST, JOURNAL } from './json-damaged-home.js';
import { rowsOf } from './json-scenario.js';

let home: DamagedHome;
beforeEach(() => {
  home = new DamagedHome();
});
afterEach(() => home.remove());

describe('a journal', () => {
  const added = put('meta', 'added', '1');

  it('cut off at any byte loses the entries that were cut, and is no damage', () => {
    home.writeNamespaces();
    const before = home.contents();
    const content = before.get(JOURNAL)!;
    const ends = [0, ...[...content.matchAll(/\n/g)].map((match) => match.index + 1)];
    for (let length = 0; length < content.length; length += 1) {
      home.restore(new Map([...before, [JOURNAL, content.slice(0, length)]]));
      const rows = home.rowsAfterDamage(before);
      const finished = ends.findLast((end) => end <= length)!;
      // The first line is the header.
      const whole = ends.indexOf(finished) - 1;
      expect(rows).toEqual(expectedRows((index) => index >= whole));
      // Who reads only leaves it as it is.
      expect(readFileSync(home.path(JOURNAL), 'latin1')).toBe(content.slice(0, length));

      home.open().commit('a', [added]);
      const journal = readFileSync(home.path(JOURNAL), 'latin1');
      expect(journal.slice(0, finished)).toBe(content.slice(0, finished));
      expect(journal.slice(finished).split('\n')).toHaveLength(finished === 0 ? 3 : 2);
      expect(rowsOf(home.open(), 'a').at(-1)?.key).toBe('added');
      expect(rowsOf(home.open(), 'a')).toHaveLength(rows.length + 1);
      expect(home.setAside).toEqual([]);
      expect(home.names().filter((name) => name.includes('.damaged-'))).toEqual([]);
    }
  }, 60_000);

  it('whose first write ever was cut off at any byte is as if there were none', () => {
    home.open().commit('a', FIRST);
    const content = readFileSync(home.path(JOURNAL), 'latin1');
    for (let length = 0; length < content.length; length += 1) {
      home.restore(new Map([[JOURNAL, content.slice(0, length)]]));
      const engine = home.open();
      expect(engine.namespaces()).toEqual([]);
      engine.commit('a', [added]);
      expect(rowsOf(home.open(), 'a').map(({ key }) => key)).toEqual(['added']);
      expect(home.setAside).toEqual([]);
    }
  });

  /** What no write that was cut off leaves behind the last whole entry, made of the one after it; does that one count? */
  const GARBAGE: readonly [string, (entry: string) => string, boolean][] = [
    ['something else', () => 'x', false],
    ['an empty line', () => '\n', false],
    ['zeros in place of the rest', (entry) => entry.slice(0, 40) + '\0'.repeat(20), false],
    ['zeros alone', () => '\0'.repeat(20), false],
    ['a sum that is none', (entry) => `["0000000G${entry.slice(10, 40)}`, false],
    ['no length', (entry) => `${entry.slice(0, 12)},${entry.slice(15, 40)}`, false],
    ['a length of nothing', (entry) => `${entry.slice(0, 12)}0${entry.slice(12, 40)}`, false],
    ['a length without end', (entry) => entry.slice(0, 12) + '1'.repeat(11), false],
    ['a false sum', (entry) => entry.slice(0, -2).replace('"sequence"', '"sequencf"'), false],
    ['a false sum and a bracket', (entry) => entry.slice(0, -1).replace('"sequence"', '"sequencf"'), false],
    ['another bracket', (entry) => `${entry.slice(0, -2)}}`, true],
    ['another line break', (entry) => `${entry.slice(0, -1)}x`, true],
    ['more behind an entry', (entry) => `${entry}x`, true],
    ['a beginning, and then an entry', (entry) => entry.slice(0, 40) + entry, true],
    ['a beginning, and an end of line', (entry) => `${entry.slice(0, 40)}\n`, false],
  ];

  it.each(GARBAGE)('with %s at its end is damaged', (_, garbage, isKept) => {
    home.writeNamespaces();
    const before = home.contents();
    const lines = before.get(JOURNAL)!.split(/(?<=\n)/);
    const last = lines.pop()!;
    expect(lines).toHaveLength(4);
    const damaged = lines.join('') + garbage(last);
    home.restore(new Map([...before, [JOURNAL, damaged]]));
    const rows = home.rowsAfterDamage(before);
    expect(rows).toEqual(expectedRows((index) => index === 3 && !isKept));
    home.expectMended(JOURNAL, damaged, rows);
  });

  it('cut off, with something wrong before, is damaged and keeps all that proves itself', () => {
    home.writeNamespaces();
    const before = home.contents();
    const lines = before.get(JOURNAL)!.split(/(?<=\n)/);
    const cases: readonly [string, (index: number) => boolean][] = [
      [lines.toSpliced(1, 1).join('').slice(0, -30), (index) => index === 0 || index === 3],
      [lines.toSpliced(1, 1).join('').slice(0, -1), (index) => index === 0],
      [lines.slice(1).join('').slice(0, -30), (index) => index === 3],
      [lines[0]!.slice(0, -9) + lines.slice(1).join('').slice(0, -30), (index) => index === 3],
    ];
    for (const [damaged, isLost] of cases) {
      home.restore(new Map([...before, [JOURNAL, damaged]]));
      const rows = home.rowsAfterDamage(before);
      expect(rows).toEqual(expectedRows(isLost));
      home.expectMended(JOURNAL, damaged, rows);
    }
  });

  it('that ends before the checkpoint, as after a power cut, begins anew', () => {
    const engine = home.open();
    engine.commit('a', FIRST);
    const first = readFileSync(home.path(JOURNAL), 'latin1');
    engine.commit('a', [put('meta', 'second', '1')]);
    engine.close();
    for (const left of [first, first.slice(0, -1)]) {
      writeFileSync(home.path(JOURNAL), left, 'latin1');
      const again = home.open();
      again.commit('a', [added]);
      expect(rowsOf(home.open(), 'a').map(({ key }) => key)).toEqual([
        ...FIRST.map((change) => ('put' in change ? change.put.key : '')),
        'second',
        'added',
      ]);
    }
    expect(home.setAside).toEqual([]);
  });
});
