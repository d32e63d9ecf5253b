import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JSON_FORMAT } from '../../src/stores/json-format.js';
import { loadNamespace } from '../../src/stores/json-load.js';
import { JsonPaths } from '../../src/stores/json-paths.js';
import { encodeRecord, recordSeed } from '../../src/stores/records.js';
import type { Row } from '../../src/stores/store.js';
import { put } from '../contracts/store-subject.js';
import { failureOf } from './database-home.js';
import { DamagedHome, expectedRows, JOURNAL } from './json-damaged-home.js';
import { hastyFiles, TEMPLATES } from './json-harness.js';
import { rowsOf } from './json-scenario.js';

const PARTS = ['narrative', 'pheromones', 'index'] as const;

let home: DamagedHome;
beforeEach(() => {
  home = new DamagedHome();
});
afterEach(() => home.remove());

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
      home.writeNamespaces();
      const before = home.contents();
      const content = before.get(JOURNAL)!;
      const acceptable = [-1, 0, 1, 2, 3].map((lost) => expectedRows((index) => index === lost));
      const lostEntries = new Set<number>();
      for (let at = 0; at < content.length; at += 1) {
        const damaged = flipped(content, at, flip);
        home.restore(new Map([...before, [JOURNAL, damaged]]));
        const rows = home.rowsAfterDamage(before);
        expect(acceptable).toContainEqual(rows);
        lostEntries.add(acceptable.findIndex((one) => JSON.stringify(one) === JSON.stringify(rows)));
        home.expectMended(JOURNAL, damaged, rows);
      }
      // Each was lost at some byte, and none at others.
      expect(lostEntries.size).toBe(acceptable.length);
    },
    60_000,
  );

  it('takes entries of nobody else', () => {
    home.writeNamespaces();
    const engine = home.open();
    engine.commit('b', [put('meta', 'of b', '1')]);
    const foreign = readFileSync(home.path('narrative.b.json.journal'), 'latin1');
    writeFileSync(home.path(JOURNAL), foreign, 'latin1');
    const rows = rowsOf(home.open(), 'a');
    expect(rows).toEqual(expectedRows(() => true));
    home.expectMended(JOURNAL, foreign, rows);
  });

  it('does not count an entry twice that is there twice, nor one that comes too late', () => {
    home.writeNamespaces();
    const lines = readFileSync(home.path(JOURNAL), 'latin1').split('\n');
    const [header, one, two, three, four] = lines;
    const shuffled = [header, one, two, one, three, four, two, ''].join('\n');
    writeFileSync(home.path(JOURNAL), shuffled, 'latin1');
    const rows = rowsOf(home.open(), 'a');
    expect(rows).toEqual(expectedRows());
    home.expectMended(JOURNAL, shuffled, rows);
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
    home.writeNamespaces();
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
      home.writeNamespaces();
      const before = home.contents();
      const content = before.get(file)!;
      let losses = 0;
      for (let at = 0; at < content.length; at += 1) {
        const damaged = flipped(content, at, flip);
        home.restore(new Map([...before, [file, damaged]]));
        const rows = home.rowsAfterDamage(before);
        if (expectAtMostOneLost(rows)) losses += 1;
        home.expectMended(file, damaged, rows);
      }
      expect(losses > 0 && losses < content.length).toBe(true);
    },
    60_000,
  );

  it('cut off at any byte keeps the rows before it, and all of the other files', () => {
    home.writeNamespaces();
    const before = home.contents();
    const content = before.get(file)!;
    for (let length = 0; length < content.length; length += 1) {
      const damaged = content.slice(0, length);
      home.restore(new Map([...before, [file, damaged]]));
      const rows = home.rowsAfterDamage(before);
      const all = expectedRows();
      expect(rows.filter((row) => !all.some((one) => JSON.stringify(one) === JSON.stringify(row)))).toEqual(
        [],
      );
      expect(rows.length).toBeGreaterThanOrEqual(all.length - 3);
      home.expectMended(file, damaged, rows);
    }
  }, 60_000);

  it('with a line taken out is seen to have lost a row', () => {
    home.writeNamespaces();
    const before = home.contents();
    const lines = before.get(file)!.split('\n');
    lines.splice(2, 1);
    const damaged = lines.join('\n');
    expect(() => JSON.parse(damaged)).not.toThrow();
    writeFileSync(home.path(file), damaged, 'latin1');
    const rows = home.rowsAfterDamage(before);
    expectAtMostOneLost(rows);
    home.expectMended(file, damaged, rows);
  });

  it('that is missing is reported, and the others are kept', () => {
    home.writeNamespaces();
    const before = home.contents();
    rmSync(home.path(file));
    const rows = home.rowsAfterDamage(before);
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
      home = new DamagedHome();
      home.writeNamespaces();
      const before = home.contents();
      copyFileSync(home.path(other), home.path(file));
      const rows = home.rowsAfterDamage(before);
      expect(expectedRows()).toEqual(expect.arrayContaining(rows));
      home.expectMended(file, before.get(other)!, rows);
    }
  });

  it('that is older than the others and their journal is reported', () => {
    home.writeNamespaces();
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
  home.writeNamespaces();
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
      home.writeNamespaces();
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
    home.writeNamespaces();
    const engine = home.open();
    engine.load('a');
    truncateSync(home.path(JOURNAL), 0);
    engine.commit('a', [put('meta', 'new', '1')]);
    expect(home.replaced).toContain('a');
    expect(engine.get('a', 'frequencies', 'f')).toBeUndefined();
    expect(home.open().get('a', 'meta', 'new')?.value).toBe('1');
  });

  it('that are no files are told of, and the others work', () => {
    home.writeNamespaces();
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
