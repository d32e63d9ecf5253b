import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JSON_FORMAT } from '../../src/stores/json-format.js';
import { loadNamespace } from '../../src/stores/json-load.js';
import { JsonPaths } from '../../src/stores/json-paths.js';
import { encodeRecord, recordSeed } from '../../src/stores/records.js';
import type { Change, Row } from '../../src/stores/store.js';
import { NaiveStore } from '../contracts/store-model.js';
import { put, remove } from '../contracts/store-subject.js';
import { failureOf } from './database-home.js';
import { hastyFiles, JsonHome, TEMPLATES } from './json-harness.js';
import { BOUNDS, rowsOf } from './json-scenario.js';

const PARTS = ['narrative', 'pheromones', 'index'] as const;
const JOURNAL = 'narrative.a.json.journal';

let home: JsonHome;
beforeEach(() => {
  home = new JsonHome();
});
afterEach(() => home.remove());

/** In the checkpoint: rows of each part, in `a` and in `b`; some stay as they are. */
const FIRST: readonly Change[] = [
  put('meta', 'm0', '1'),
  put('cell', 'c0', '1'),
  put('meta', 'm1', '1'),
  put('meta', 'm2', '1'),
  put('document', 'd', '{"S":1}'),
  put('used', 'u', '{}', { expiresAt: 9e12 }),
  put('cell', 'c1', '"\\n[\\"00000000\\",2,{}]"', { group: 'g' }),
  put('cell', 'c2', 'é'),
];

/** In the journal after it, a commit each. */
const LATER: readonly (readonly Change[])[] = [
  [put('cell', 'c1', '2'), put('used', 'v', '{}')],
  [remove('meta', 'm2'), put('meta', 'm3', '1')],
  [put('frequencies', 'f', '1'), put('meta', 'm1', '2')],
  [put('cell', 'c3', '1'), remove('cell', 'c2')],
];

function writeNamespaces(): void {
  const engine = home.open();
  for (const name of ['a', 'b']) engine.commit(name, FIRST);
  engine.close();
  const again = home.open();
  for (const changes of LATER) for (const name of ['a', 'b']) again.commit(name, changes);
  expect(home.names()).toContain(JOURNAL);
}

/** The rows after the first commit and all of the later ones but those left out. */
function expectedRows(leftOut: (index: number) => boolean = () => false): readonly Row[] {
  const model = new NaiveStore(BOUNDS);
  model.commit('a', FIRST);
  LATER.forEach((changes, index) => {
    if (!leftOut(index)) model.commit('a', changes);
  });
  return model.rows('a');
}

function restore(files: ReadonlyMap<string, string>): void {
  for (const name of home.names()) rmSync(home.path(name));
  for (const [name, content] of files) writeFileSync(home.path(name), content, 'latin1');
  home.setAside.length = 0;
}

/** Opens what is there: `a` as it is now; the other namespace must be as it was, byte by byte. */
function rowsAfterDamage(before: ReadonlyMap<string, string>): Row[] {
  const engine = home.open();
  const rows = rowsOf(engine, 'a');
  expect(rowsOf(engine, 'b')).toEqual(expectedRows());
  const isOfB = (name: string) => name.includes('.b.');
  expect(home.contents(isOfB)).toEqual(new Map([...before].filter(([name]) => isOfB(name))));
  return rows;
}

/** That what was damaged is kept, and what is left reads the same once more without complaint. */
function expectMended(file: string, damaged: string, rows: readonly Row[]): void {
  expect(home.setAside.map(([namespace, path]) => [namespace, path])).toEqual([['a', home.path(file)]]);
  expect(readFileSync(home.setAside[0]![2]!, 'latin1')).toBe(damaged);
  home.setAside.length = 0;
  expect(rowsOf(home.open(), 'a')).toEqual(rows);
  expect(home.setAside).toEqual([]);
}

const FLIPS: readonly [string, (byte: number) => number][] = [
  ['a bit', (byte) => byte ^ 1],
  ['to a line break', (byte) => (byte === 10 ? 11 : 10)],
  ['all bits', (byte) => byte ^ 0xff],
];

function flipped(content: string, at: number, flip: (byte: number) => number): string {
  return content.slice(0, at) + String.fromCharCode(flip(content.charCodeAt(at))) + content.slice(at + 1);
}

describe('a journal', () => {
  it.each(FLIPS)(
    'with any byte changed (%s) loses at most that entry',
    (_, flip) => {
      writeNamespaces();
      const before = home.contents();
      const content = before.get(JOURNAL)!;
      const acceptable = [-1, 0, 1, 2, 3].map((lost) => expectedRows((index) => index === lost));
      const lostEntries = new Set<number>();
      for (let at = 0; at < content.length; at += 1) {
        const damaged = flipped(content, at, flip);
        restore(new Map([...before, [JOURNAL, damaged]]));
        const rows = rowsAfterDamage(before);
        expect(acceptable).toContainEqual(rows);
        lostEntries.add(acceptable.findIndex((one) => JSON.stringify(one) === JSON.stringify(rows)));
        expectMended(JOURNAL, damaged, rows);
      }
      // Each was lost at some byte, and none at others.
      expect(lostEntries.size).toBe(acceptable.length);
    },
    60_000,
  );

  const added = put('meta', 'added', '1');

  it('cut off at any byte loses the entries that were cut, and is no damage', () => {
    writeNamespaces();
    const before = home.contents();
    const content = before.get(JOURNAL)!;
    const ends = [0, ...[...content.matchAll(/\n/g)].map((match) => match.index + 1)];
    for (let length = 0; length < content.length; length += 1) {
      restore(new Map([...before, [JOURNAL, content.slice(0, length)]]));
      const rows = rowsAfterDamage(before);
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
      restore(new Map([[JOURNAL, content.slice(0, length)]]));
      const engine = home.open();
      expect(engine.namespaces()).toEqual([]);
      engine.commit('a', [added]);
      expect(rowsOf(home.open(), 'a').map(({ key }) => key)).toEqual(['added']);
      expect(home.setAside).toEqual([]);
    }
  });

  /** What no write that was cut off leaves behind the last whole entry, made of the one that was. */
  const GARBAGE: readonly [string, (entry: string) => string][] = [
    ['something else', () => 'x'],
    ['an empty line', () => '\n'],
    ['zeros in place of the rest', (entry) => entry.slice(0, 40) + '\0'.repeat(20)],
    ['zeros alone', () => '\0'.repeat(20)],
    ['a sum that is none', (entry) => `["0000000G${entry.slice(10, 40)}`],
    ['no length', (entry) => `${entry.slice(0, 12)},${entry.slice(15, 40)}`],
    ['a length of nothing', (entry) => `${entry.slice(0, 12)}0${entry.slice(12, 40)}`],
    ['a length without end', (entry) => entry.slice(0, 12) + '1'.repeat(11)],
    [
      'an entry that does not prove itself',
      (entry) => entry.slice(0, -2).replace('"sequence"', '"sequences"'),
    ],
    ['another bracket', (entry) => `${entry.slice(0, -2)}}`],
    ['something else in place of the line break', (entry) => `${entry.slice(0, -1)}x`],
    ['an entry with something else behind it', (entry) => `${entry}x`],
    ['the beginning of an entry, and then another', (entry) => entry.slice(0, 40) + entry],
    ['the beginning of an entry, and an end of line', (entry) => `${entry.slice(0, 40)}\n`],
  ];

  it.each(GARBAGE)(
    'with something behind it that is no beginning of an entry is damaged: %s',
    (_, garbage) => {
      writeNamespaces();
      const before = home.contents();
      const lines = before.get(JOURNAL)!.split(/(?<=\n)/);
      const last = lines.pop()!;
      const damaged = lines.join('') + garbage(last);
      restore(new Map([...before, [JOURNAL, damaged]]));
      const rows = rowsAfterDamage(before);
      const proven = expectedRows();
      if (rows.length !== proven.length) expect(rows).toEqual(expectedRows((index) => index === 3));
      expectMended(JOURNAL, damaged, rows);
    },
  );

  it('cut off, with something wrong before, is damaged and keeps all that proves itself', () => {
    writeNamespaces();
    const before = home.contents();
    const lines = before.get(JOURNAL)!.split(/(?<=\n)/);
    const cases: readonly [string, (index: number) => boolean][] = [
      [lines.toSpliced(1, 1).join('').slice(0, -30), (index) => index === 0 || index === 3],
      [lines.toSpliced(1, 1).join('').slice(0, -1), (index) => index === 0],
      [lines.slice(1).join('').slice(0, -30), (index) => index === 3],
      [lines[0]!.slice(0, -9) + lines.slice(1).join('').slice(0, -30), (index) => index === 3],
    ];
    for (const [damaged, isLost] of cases) {
      restore(new Map([...before, [JOURNAL, damaged]]));
      const rows = rowsAfterDamage(before);
      expect(rows).toEqual(expectedRows(isLost));
      expectMended(JOURNAL, damaged, rows);
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

  it('takes entries of nobody else', () => {
    writeNamespaces();
    const engine = home.open();
    engine.commit('b', [put('meta', 'of b', '1')]);
    const foreign = readFileSync(home.path('narrative.b.json.journal'), 'latin1');
    writeFileSync(home.path(JOURNAL), foreign, 'latin1');
    const rows = rowsOf(home.open(), 'a');
    expect(rows).toEqual(expectedRows(() => true));
    expectMended(JOURNAL, foreign, rows);
  });

  it('does not count an entry twice that is there twice, nor one that comes too late', () => {
    writeNamespaces();
    const lines = readFileSync(home.path(JOURNAL), 'latin1').split('\n');
    const [header, one, two, three, four] = lines;
    const shuffled = [header, one, two, one, three, four, two, ''].join('\n');
    writeFileSync(home.path(JOURNAL), shuffled, 'latin1');
    const rows = rowsOf(home.open(), 'a');
    expect(rows).toEqual(expectedRows());
    expectMended(JOURNAL, shuffled, rows);
  });
});

describe.each(PARTS)('a checkpoint: %s', (part) => {
  const file = `${part}.a.json`;

  /** Each row of the checkpoint, and what is known once the journal is read: lost are rows of the part alone. */
  function expectAtMostOneLost(rows: readonly Row[]): boolean {
    const expected = expectedRows();
    const lost = expected.filter(
      (row) => !rows.some((other) => JSON.stringify(other) === JSON.stringify(row)),
    );
    expect(lost.length).toBeLessThanOrEqual(1);
    expect(rows).toEqual(expected.filter((row) => !lost.includes(row)));
    return lost.length === 1;
  }

  it('is JSON', () => {
    writeNamespaces();
    const records = JSON.parse(readFileSync(home.path(file), 'utf8')) as unknown[];
    const rows = part === 'pheromones' ? 2 : 3;
    expect(records).toHaveLength(rows + 2);
    expect(records[0]).toMatchObject([
      expect.stringMatching(/^[0-9a-f]{8}$/),
      expect.any(Number),
      {
        header: { format: JSON_FORMAT, namespace: 'a', part, generation: 1, entry: 1, summary: { rows: 8 } },
      },
    ]);
    expect(records.at(-1)).toMatchObject([{}, {}, { footer: { rows, generation: 1, entry: 1 } }]);
  });

  it.each(FLIPS.slice(0, 2))(
    'with any byte changed (%s) loses at most that row',
    (_, flip) => {
      writeNamespaces();
      const before = home.contents();
      const content = before.get(file)!;
      let losses = 0;
      for (let at = 0; at < content.length; at += 1) {
        const damaged = flipped(content, at, flip);
        restore(new Map([...before, [file, damaged]]));
        const rows = rowsAfterDamage(before);
        if (expectAtMostOneLost(rows)) losses += 1;
        expectMended(file, damaged, rows);
      }
      expect(losses > 0 && losses < content.length).toBe(true);
    },
    60_000,
  );

  it('cut off at any byte keeps the rows before it, and all of the other files', () => {
    writeNamespaces();
    const before = home.contents();
    const content = before.get(file)!;
    for (let length = 0; length < content.length; length += 1) {
      const damaged = content.slice(0, length);
      restore(new Map([...before, [file, damaged]]));
      const rows = rowsAfterDamage(before);
      const all = expectedRows();
      expect(rows.filter((row) => !all.some((one) => JSON.stringify(one) === JSON.stringify(row)))).toEqual(
        [],
      );
      expect(rows.length).toBeGreaterThanOrEqual(all.length - 3);
      expectMended(file, damaged, rows);
    }
  }, 60_000);

  it('with a line taken out is seen to have lost a row', () => {
    writeNamespaces();
    const before = home.contents();
    const lines = before.get(file)!.split('\n');
    lines.splice(2, 1);
    const damaged = lines.join('\n');
    expect(() => JSON.parse(damaged)).not.toThrow();
    writeFileSync(home.path(file), damaged, 'latin1');
    const rows = rowsAfterDamage(before);
    expectAtMostOneLost(rows);
    expectMended(file, damaged, rows);
  });

  it('that is missing is reported, and the others are kept', () => {
    writeNamespaces();
    const before = home.contents();
    rmSync(home.path(file));
    const rows = rowsAfterDamage(before);
    const all = expectedRows();
    expect(rows.length).toBeLessThan(all.length);
    expect(all).toEqual(expect.arrayContaining(rows));
    expect(home.setAside).toEqual([['a', home.path(file), null]]);
    expect(rowsOf(home.open(), 'a')).toEqual(rows);
    expect(home.setAside).toHaveLength(1);
  });

  it('of another namespace, or of another part, is not taken for its own', () => {
    for (const other of [`${part}.b.json`, part === 'index' ? 'narrative.a.json' : 'index.a.json']) {
      home.remove();
      home = new JsonHome();
      writeNamespaces();
      const before = home.contents();
      copyFileSync(home.path(other), home.path(file));
      const rows = rowsAfterDamage(before);
      expect(expectedRows()).toEqual(expect.arrayContaining(rows));
      expectMended(file, before.get(other)!, rows);
    }
  });

  it('that is older than the others and their journal is reported', () => {
    writeNamespaces();
    const old = readFileSync(home.path(file));
    home.open().close();
    const engine = home.open();
    engine.load('a');
    engine.close();
    writeFileSync(home.path(file), old);
    const rows = rowsOf(home.open(), 'a');
    expect(rows.length).toBeGreaterThan(3);
    expect(home.setAside).toEqual([['a', home.path(file), null]]);
  });
});

it('rows that were dropped do not come back from files that were damaged before they could be removed', () => {
  writeNamespaces();
  const files = {
    ...hastyFiles(),
    remove: () => {
      throw Object.assign(new Error('injected'), { code: 'EIO' });
    },
  };
  const engine = home.open({ files });
  engine.drop('a');
  engine.commit('a', [put('meta', 'new', '1')]);
  const path = home.path('index.a.json');
  const content = readFileSync(path, 'latin1');
  for (let at = 0; at < content.length; at += 7) {
    writeFileSync(
      path,
      flipped(content, at, (byte) => byte ^ 1),
      'latin1',
    );
    const { rows } = loadNamespace(files, new JsonPaths(TEMPLATES, home.folder), 'a');
    expect(rows.scan(0, 9).rows.map(({ key }) => key)).toEqual(['new']);
  }
  const after = home.open();
  expect(rowsOf(after, 'a').map(({ key }) => key)).toEqual(['new']);
  expect(rowsOf(home.open(), 'a').map(({ key }) => key)).toEqual(['new']);
});

describe('a newer format', () => {
  it.each([...PARTS.map((part) => `${part}.a.json`), JOURNAL, 'index.a.json.next'])(
    'of one file is left alone, and its namespace refuses: %s',
    (file) => {
      writeNamespaces();
      const part = file.endsWith('journal') ? 'journal' : file.split('.')[0]!;
      const header = JSON.stringify({ header: { format: JSON_FORMAT + 1, namespace: 'a', part } });
      writeFileSync(home.path(file), `${encodeRecord(header, recordSeed('a', part))}\n`);
      const before = home.contents();
      const engine = home.open();
      const calls = [
        () => engine.load('a'),
        () => engine.get('a', 'meta', 'm1'),
        () => engine.scan('a', 0, 1),
        () => engine.commit('a', [put('meta', 'm', '1')]),
        () => engine.drop('a'),
      ];
      for (const call of calls) expect(failureOf(call)).toBe('newer');
      expect(engine.namespaces()).toEqual(['a', 'b']);
      expect(rowsOf(engine, 'b')).toEqual(expectedRows());
      expect(engine.sweep(0, 10)).toEqual({ removed: 0, more: false });
      engine.commit('b', [put('meta', 'm', '1')]);
      engine.close();
      const isOfA = (name: string) => name.includes('.a.');
      expect(home.contents(isOfA)).toEqual(new Map([...before].filter(([name]) => isOfA(name))));
      expect(home.setAside).toEqual([]);
    },
  );
});

describe('files that are not as they were left', () => {
  it('are read again before they are written', () => {
    writeNamespaces();
    const engine = home.open();
    engine.load('a');
    truncateSync(home.path(JOURNAL), 0);
    engine.commit('a', [put('meta', 'new', '1')]);
    expect(home.replaced).toContain('a');
    expect(engine.get('a', 'frequencies', 'f')).toBeUndefined();
    expect(home.open().get('a', 'meta', 'new')?.value).toBe('1');
  });

  it('that are no files are told of, and the others work', () => {
    writeNamespaces();
    rmSync(home.path('index.a.json'));
    mkdirSync(home.path('index.a.json'));
    const engine = home.open();
    expect(failureOf(() => engine.load('a'))).toBe('io');
    expect(failureOf(() => engine.commit('a', [put('meta', 'm', '1')]))).toBe('io');
    expect(rowsOf(engine, 'b')).toEqual(expectedRows());
    rmSync(home.path('index.a.json'), { recursive: true });
    expect(engine.load('a').length).toBeGreaterThan(0);
  });
});
