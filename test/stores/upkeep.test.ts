import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../../src/stores/store.js';
import { MODES, UpkeepHome } from './upkeep-home.js';

/** Rows large enough to fill some pages. */
function rowsOf(count: number, kind: Row['kind'] = 'cell'): Row[] {
  return Array.from({ length: count }, (_, n) => ({
    kind,
    key: `${kind}${n}`,
    value: `"${'x'.repeat(900)}${n}"`,
  }));
}

function fill(home: UpkeepHome, namespace: string, rows: readonly Row[]): void {
  home.using((engine) =>
    engine.commit(
      namespace,
      rows.map((put) => ({ put })),
    ),
  );
}

describe.each(Object.keys(MODES))('upkeep of %s', (mode) => {
  let home: UpkeepHome;
  beforeEach(() => {
    home = new UpkeepHome(mode);
    fill(home, 'blog', [{ kind: 'meta', key: 'state', value: '{}' }]);
    fill(home, 'Shop', [
      ...rowsOf(40),
      { kind: 'impression', key: 'r', value: '1', group: 'g', expiresAt: 9 },
    ]);
  });
  afterEach(() => home.remove());

  it('finds the parts there are', () => {
    const names = home.upkeep.parts().map(({ namespace }) => namespace);
    expect(names).toEqual(mode === 'sqlite' ? [null] : ['Shop', 'blog']);
    const empty = new UpkeepHome(mode);
    expect(empty.upkeep.parts()).toEqual([]);
    empty.remove();
  });

  it('finds nothing wrong with what is whole, and changes nothing by looking', () => {
    const before = home.files();
    for (const part of home.upkeep.parts()) expect(home.upkeep.inspect(part)).toEqual([]);
    expect(home.files()).toEqual(before);
    for (const part of home.upkeep.parts()) expect(home.upkeep.repair(part)).toBeUndefined();
    expect(home.files()).toEqual(before);
  });

  it('looks, and copies, while an engine has it open and writes', async () => {
    const target = home.copy();
    mkdirSync(join(target, 'backup'));
    await home.using(async (engine) => {
      engine.commit('late', [{ put: { kind: 'cell', key: 'c', value: '1' } }]);
      for (const part of home.upkeep.parts()) {
        expect(home.upkeep.inspect(part)).toEqual([]);
        await home.upkeep.backup(part, join(target, 'backup'));
      }
      engine.commit('late', [{ put: { kind: 'cell', key: 'after', value: '1' } }]);
    });
    const copied = home.rows(join(target, 'backup'));
    expect(Object.keys(copied)).toEqual(['Shop', 'blog', 'late']);
    expect(copied.late!.map(({ key }) => key)).toEqual(['c']);
    expect(copied.Shop).toEqual(home.rows().Shop);
    const upkeep = MODES[mode]!.upkeep(join(target, 'backup'));
    for (const part of upkeep.parts()) expect(upkeep.inspect(part)).toEqual([]);
  });

  it('compacts nothing that is damaged: the damaged file would be lost', () => {
    const part = home.upkeep.parts()[0]!;
    const late = [{ put: { kind: 'cell', key: 'late', value: '1' } }] as const;
    // As a kill leaves it: there is a journal.
    const folder = home.using((engine) => {
      engine.commit('Shop', late);
      return home.copy();
    });
    const path = mode === 'json' ? join(home.folder, 'index.%53hop.json') : part.path;
    truncateSync(join(folder, relative(home.folder, path)), 50);
    const before = home.files(folder);
    const upkeep = MODES[mode]!.upkeep(folder);
    expect(() => upkeep.compact(upkeep.parts()[0]!)).toThrow('repair it first');
    expect(home.files(folder)).toEqual(before);
  });

  it('keeps every row when it compacts, and gives back the space of those that went', () => {
    fill(home, 'Shop', rowsOf(400, 'document'));
    home.using((engine) =>
      engine.commit(
        'Shop',
        rowsOf(400, 'document').map(({ kind, key }) => ({ remove: { kind, key } })),
      ),
    );
    const before = home.rows();
    const sizes = home.upkeep.parts().map((part) => home.upkeep.compact(part));
    const sum = (which: 'before' | 'after') => sizes.reduce((total, size) => total + size[which], 0);
    expect(sum('after')).toBeLessThanOrEqual(sum('before'));
    // 41 rows of less than a kilobyte, not 400 more.
    expect(sum('after')).toBeLessThan(200_000);
    expect(home.rows()).toEqual(before);
  });

  it('moves a part as it is', () => {
    const rows = home.rows();
    const before = home.files();
    const folder = join(home.folder, 'old');
    for (const part of home.upkeep.parts()) home.upkeep.retire(part, folder);
    expect(home.upkeep.parts()).toEqual([]);
    expect(home.files(folder)).toEqual(before);
    expect(home.rows(folder)).toEqual(rows);
  });

  it('takes nothing for set aside of a namespace that belongs to another whose name looks like it', () => {
    expect(home.upkeep.setAside('blog')).toEqual([]);
    const { path } = home.upkeep.parts().at(-1)!;
    const stamp = 'damaged-2023-11-14T22-13-20-000Z';
    const aside = [`${path}.${stamp}`, `${path}.${stamp}-2`, `${path}.${stamp}-2-wal`];
    for (const file of [...aside, `${path}.${stamp}.db`, `${path}.damaged-x`, `${path}-2.${stamp}`])
      writeFileSync(file, '');
    expect(home.upkeep.setAside('blog')).toEqual(aside);
  });

  it('keeps what is whole of damaged files, sets them aside, and leaves other namespaces as they are', () => {
    const victim = home.upkeep.parts()[0]!;
    const path =
      Object.keys(home.files()).find((file) => /hop/.test(file) && /index|\.db/.test(file)) ??
      'neuralcache.db';
    const full = join(home.folder, path);
    const bytes = readFileSync(full);
    bytes.fill(0xee, bytes.length - 9000, bytes.length - 5000);
    writeFileSync(full, bytes);
    expect(home.upkeep.inspect(victim)).not.toEqual([]);
    const others = home.files();
    const repaired = home.upkeep.repair(victim);
    // Four kilobytes of rows that have nine hundred bytes each, and what shares a page with them.
    expect(repaired!.kept).toBeGreaterThan(25);
    expect(repaired!.setAside.map((file) => readFileSync(file).equals(bytes))).toContain(true);
    expect(home.upkeep.inspect(victim)).toEqual([]);
    expect(home.upkeep.setAside('Shop')).toEqual(repaired!.setAside.toSorted());
    expect(home.upkeep.setAside('blog')).toEqual(mode === 'sqlite' ? repaired!.setAside : []);
    if (mode !== 'sqlite') {
      const own = Object.keys(home.files()).filter((file) => /blog/.test(file));
      for (const file of own) expect(home.files()[file], file).toBe(others[file]);
    }
    const { Shop = [], blog } = home.rows();
    const whole = new Map(rowsOf(40).map((row) => [row.key, row]));
    for (const row of Shop.filter(({ kind }) => kind === 'cell')) expect(row).toEqual(whole.get(row.key));
    expect(Shop.length).toBeGreaterThan(25);
    expect(blog).toEqual([{ kind: 'meta', key: 'state', value: '{}' }]);
  });
});

describe('a damaged SQLite file', () => {
  let home: UpkeepHome;
  beforeEach(() => {
    home = new UpkeepHome('sqlite');
    fill(home, 'shop', rowsOf(60));
  });
  afterEach(() => home.remove());

  const path = () => join(home.folder, 'neuralcache.db');
  const part = () => home.upkeep.parts()[0]!;

  it.each<[string, RegExp, () => void]>([
    ['empty', /no database of ours/, () => truncateSync(path(), 0)],
    ['of something else', /no database of ours/, () => writeFileSync(path(), 'x'.repeat(5000))],
    ['cut off', /./, () => truncateSync(path(), 20_480)],
    ['without tables', /tables are missing/, () => inDatabase('DROP TABLE totals')],
    ['changed by something else', /counts of rows/, () => inDatabase('UPDATE totals SET rows = 1')],
    [
      'with a row of another size than it says',
      /counts of rows/,
      () => inDatabase('UPDATE rows SET bytes = 1'),
    ],
  ])('is told what is wrong with it, and a whole one takes its place: %s', (_, problem, spoil) => {
    spoil();
    expect(home.upkeep.inspect(part()).join()).toMatch(problem);
    const spoilt = readFileSync(path());
    const { setAside, kept } = home.upkeep.repair(part())!;
    expect(readFileSync(setAside[0]!)).toEqual(spoilt);
    expect(home.upkeep.inspect(part())).toEqual([]);
    const { shop = [] } = home.rows();
    expect(shop.length).toBe(kept);
    const whole = new Map(rowsOf(60).map((row) => [row.key, row]));
    for (const row of shop) expect(row).toEqual(whole.get(row.key));
  });

  it('gives all its rows, in their order, where only its counts are wrong', () => {
    inDatabase('UPDATE totals SET rows = 1');
    home.upkeep.repair(part());
    expect(home.rows().shop).toEqual(rowsOf(60));
  });

  it.each([
    ['those between that an index names', 'leaves that index', 52],
    ['no others where the index is lost too', 'takes that index', 36],
  ])('gives the rows on both sides of pages that cannot be read, and %s', (_, how, expected) => {
    const bytes = readFileSync(path());
    const page = (number: number) => bytes.subarray((number - 1) * 4096, number * 4096);
    const [table, index] = [rootOf('rows'), rootOf('rows_by_key')];
    // An inner page lists its leaves: the children of cells, and the last.
    const inner = page(table);
    const leaves = Array.from({ length: inner.readUInt16BE(3) }, (_, n) =>
      inner.readUInt32BE(inner.readUInt16BE(12 + 2 * n)),
    );
    expect(leaves.length).toBeGreaterThan(8);
    for (const leaf of [leaves[2]!, leaves[7]!]) page(leaf).fill(0);
    if (how === 'takes that index') page(index).fill(0);
    writeFileSync(path(), bytes);
    // Four rows to a leaf: two leaves are lost, or all from the first lost to the last.
    expect(home.upkeep.repair(part())!.kept).toBe(expected);
  });

  it('keeps a write-ahead log with it when it is set aside, and what that held', () => {
    const killed = home.using((engine) => {
      engine.commit('shop', [{ put: { kind: 'used', key: 'late', value: '1' } }]);
      return home.copy();
    });
    const upkeep = MODES.sqlite!.upkeep(killed);
    const file = join(killed, 'neuralcache.db');
    const bytes = readFileSync(file);
    bytes.fill(0xee, 4096 * 6, 4096 * 7);
    writeFileSync(file, bytes);
    const { setAside } = upkeep.repair(upkeep.parts()[0]!)!;
    expect(readFileSync(`${setAside[0]}-wal`).length).toBeGreaterThan(0);
    expect(home.rows(killed).shop!.some(({ key }) => key === 'late')).toBe(true);
  });

  it('is found by its draft when the process died between the two renames', () => {
    inDatabase('UPDATE totals SET rows = 1');
    home.upkeep.repair(part());
    const repaired = readFileSync(path());
    const killed = home.copy();
    writeFileSync(join(killed, 'neuralcache.db.salvaged'), repaired);
    truncateSync(join(killed, 'neuralcache.db'), 0);
    const upkeep = MODES.sqlite!.upkeep(killed);
    upkeep.retire(upkeep.parts()[0]!, join(killed, 'gone'));
    upkeep.repair(upkeep.parts()[0]!);
    expect(home.rows(killed).shop).toEqual(rowsOf(60));
  });

  function rootOf(name: string): number {
    const database = new BetterSqlite3(path(), { readonly: true });
    const root = database.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').pluck().get(name);
    database.close();
    return root as number;
  }

  function inDatabase(sql: string): void {
    const database = new BetterSqlite3(path());
    database.exec(sql);
    database.close();
  }
});
