import { copyFileSync, truncateSync, writeFileSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readOriginal } from '../../src/transfer/original-files.js';
import { OriginalHome } from '../fixtures/original-home.js';

const templates = ['narrative.{namespace}.json', 'pheromones.{namespace}.json'];
let home: OriginalHome;
beforeEach(() => {
  home = new OriginalHome();
});
afterEach(() => home.remove());

const read = (path = home.folder) => readOriginal({ path, defaultNamespace: 'main', templates });

describe("the original's JSON files", () => {
  it('are read by namespace: plain names are the default, the others as the templates have it', () => {
    home.narrative('narrative.json', [0.6, 0.8]);
    home.pheromones('pheromones.json', [['a', 1.5, 1_700_000_000, 3]]);
    home.pheromones('pheromones.Shop.eu.json', [['b', 0.5, 1_700_000_001.25, 0]]);
    home.write('cr_index.meta.json', {});
    expect(read()).toEqual({
      leftOut: [],
      namespaces: [
        {
          namespace: 'Shop.eu',
          files: ['pheromones.Shop.eu.json'],
          shared: false,
          narrative: null,
          pheromones: [{ id: 'b', value: 0.5, at: 1_700_000_001.25, exposures: 0 }],
          unreadable: 0,
        },
        {
          namespace: 'main',
          files: ['narrative.json', 'pheromones.json'],
          shared: false,
          narrative: [0.6, 0.8],
          pheromones: [{ id: 'a', value: 1.5, at: 1_700_000_000, exposures: 3 }],
          unreadable: 0,
        },
      ],
    });
  });

  it('of its first version are read too: no time in the narrative, no exposures', () => {
    home.write('narrative.json', { v: [1] });
    home.write('pheromones.json', { a: { value: 1, t: 5 } });
    expect(read().namespaces[0]).toMatchObject({
      narrative: [1],
      pheromones: [{ id: 'a', value: 1, at: 5, exposures: 0 }],
    });
  });

  it('give no narrative where nothing was ever accepted', () => {
    home.write('narrative.json', { v: [0, 0], updated_ts: 0 });
    expect(read().namespaces[0]!.narrative).toBeNull();
  });

  it('keep what can be read, count what cannot', () => {
    home.pheromones('pheromones.json', [
      ['a', 1, 5, 0],
      ['b', 'much', 5, 0],
      ['c', -1, 5, 0],
      ['d', 1, null, 0],
    ]);
    expect(read().namespaces[0]).toMatchObject({ pheromones: [{ id: 'a' }], unreadable: 3 });
  });

  it.each([
    ['{"v": [1', 'is no JSON, or is cut off'],
    ['', 'is no JSON, or is cut off'],
    ['{"v": [NaN]}', 'is no JSON, or is cut off'],
    ['[1, 2]', 'is no JSON object'],
    ['{"v": [1, "2"]}', 'has a narrative that is no list of numbers'],
    ['{"format": 1, "rows": []}', 'holds neither a narrative nor pheromones'],
  ])('are left out with the reason where they hold something else: %s', (content, reason) => {
    home.write('narrative.json', content);
    home.pheromones('pheromones.json', [['a', 1, 5, 0]]);
    expect(read().leftOut).toEqual([{ file: 'narrative.json', reason }]);
  });
});

describe("the original's database", () => {
  it('is read as one namespace, shared by all, for it knew none', () => {
    home.database('neuralcache.db', { vector: [0.6, 0.8], entries: [['a', 1.5, 1_700_000_000, 3]] });
    expect(read().namespaces).toEqual([
      {
        namespace: 'main',
        files: ['neuralcache.db'],
        shared: true,
        narrative: [0.6, 0.8],
        pheromones: [{ id: 'a', value: 1.5, at: 1_700_000_000, exposures: 3 }],
        unreadable: 0,
      },
    ]);
  });

  it('is read with what is still in its write-ahead log, and nothing beside it changes', () => {
    home.database('neuralcache.db', {}, (database) => {
      database.pragma('journal_mode = WAL');
      database.exec("INSERT INTO pheromones VALUES ('late', 1, 5, 0)");
      // As after the death of the process: the log was never put away.
      for (const suffix of ['', '-wal']) {
        copyFileSync(home.path(`neuralcache.db${suffix}`), home.path(`killed.db${suffix}`));
      }
    });
    const before = home.snapshot();
    expect(read(home.path('killed.db')).namespaces[0]!.pheromones).toMatchObject([{ id: 'late' }]);
    expect(home.snapshot()).toEqual(before);
  });

  it('keeps what can be read, counts what cannot', () => {
    home.database('neuralcache.db', {
      entries: [
        ['a', 1, 5, 0],
        ['b', 'x', 5, 0],
        ['c', 1, 5, null],
      ],
    });
    expect(read().namespaces[0]).toMatchObject({ pheromones: [{ id: 'a' }], unreadable: 2 });
  });

  it.each<[string, string, () => void]>([
    ['is damaged', 'cut off', () => truncateSync(home.path('x.db'), 5000)],
    [
      'is damaged',
      'garbled',
      () => writeFileSync(home.path('x.db'), `SQLite format 3\0${'x'.repeat(5000)}`, 'latin1'),
    ],
    [
      'is a database without the tables of the original',
      'foreign',
      () => inDatabase('x.db', 'DROP TABLE narrative'),
    ],
    [
      'has schema version 2; up to 1 is known here',
      'newer',
      () => inDatabase('x.db', "UPDATE metadata SET value = '2'"),
    ],
    [
      'has a narrative that is no list of numbers',
      'with nonsense in it',
      () => inDatabase('x.db', "INSERT INTO narrative VALUES (1, 'no', 1, 1)"),
    ],
  ])('%s where it is %s', (reason, _, spoil) => {
    home.database('x.db', { entries: Array.from({ length: 200 }, (_, n) => [`id ${n}`, 1, 1, 1] as const) });
    spoil();
    expect(() => read(home.path('x.db'))).toThrow(`holds no state of the Python original: x.db ${reason}`);
  });
});

describe('looking for state of the original', () => {
  it('takes one file alone when that is named', () => {
    home.pheromones('old copy.json', [['a', 1, 5, 0]]);
    home.narrative('narrative.json', [1]);
    expect(read(home.path('old copy.json')).namespaces).toMatchObject([
      { namespace: 'main', files: ['old copy.json'], narrative: null },
    ]);
  });

  it('refuses two files that hold the same, for which one counts cannot be told', () => {
    home.database('neuralcache.db', { entries: [['a', 1, 5, 0]] });
    home.pheromones('pheromones.json', [['a', 2, 5, 0]]);
    expect(() => read()).toThrow('neuralcache.db and pheromones.json both hold state of main');
  });

  it('joins a narrative of one kind with pheromones of the other', () => {
    home.database('neuralcache.db', { entries: [['a', 1, 5, 0]] });
    home.narrative('narrative.json', [1]);
    expect(read().namespaces).toMatchObject([{ narrative: [1], pheromones: [{ id: 'a' }] }]);
  });

  it('says so where there is nothing, and where the place does not exist', () => {
    home.write('notes.txt', 'x');
    expect(() => read()).toThrow('holds no state of the Python original');
    expect(() => read(home.path('none'))).toThrow('does not exist');
  });
});

function inDatabase(name: string, sql: string): void {
  const database = new BetterSqlite3(home.path(name));
  database.exec(sql);
  database.close();
}
