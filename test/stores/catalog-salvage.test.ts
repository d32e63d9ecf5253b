import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CATALOG_CONTENT } from '../../src/stores/catalog-content.js';
import { CatalogQueries } from '../../src/stores/catalog-queries.js';
import { CATALOG } from '../../src/stores/catalog-schema.js';
import type { CatalogChange } from '../../src/stores/catalog-store.js';
import { migrate } from '../../src/stores/sqlite-schema.js';
import { record } from '../contracts/catalog-store.js';
import { CatalogHome } from './catalog-home.js';

let home: CatalogHome;
beforeEach(() => {
  home = new CatalogHome();
});
afterEach(() => home.remove());

it('keeps the name of a namespace whose record is garbled: it counts as suspended', () => {
  const file = home.openFile();
  file.open();
  const answer = (key: string, value: string): CatalogChange => ({ put: { kind: 'answer', key, value } });
  file.commit([
    record('whole', '{"a":1}'),
    record('garbled', '{"status":"suspended", ???'),
    record('\u0001"odd', '\u0001'),
    answer('whole', '"k"'),
    answer('garbled', 'k'),
  ]);
  file.close();
  const target = new BetterSqlite3(join(home.folder, 'target.db'));
  migrate(target, CATALOG.migrations, CATALOG);
  CATALOG_CONTENT.copy(home.path, target);
  const { rows } = new CatalogQueries(target).load();
  expect(rows.map(({ key, value }) => [key, value])).toEqual([
    ['\u0001"odd', '\u0001'],
    ['garbled', '{"status":"suspended", ???'],
    ['whole', '{"a":1}'],
  ]);
  expect(target.prepare("SELECT key FROM records WHERE kind = 'answer'").pluck().all()).toEqual(['whole']);
  target.close();
});

it('takes a value that cannot have been written for an empty one', () => {
  const file = home.openFile();
  file.open();
  file.commit([record('odd')]);
  file.close();
  const source = new BetterSqlite3(home.path);
  source.prepare("UPDATE records SET value = char(1) || 'no literal', expires_at = 1").run();
  source.close();
  const target = new BetterSqlite3(join(home.folder, 'target.db'));
  migrate(target, CATALOG.migrations, CATALOG);
  CATALOG_CONTENT.copy(home.path, target);
  expect(new CatalogQueries(target).load().rows).toEqual([{ kind: 'namespace', key: 'odd', value: '' }]);
  target.close();
});
