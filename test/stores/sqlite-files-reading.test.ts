import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StoreEngine } from '../../src/stores/engine.js';
import { type Connect, connectFile } from '../../src/stores/sqlite-file.js';
import { putCell } from './database-home.js';
import { SqliteFilesHome } from './sqlite-files-home.js';

let home: SqliteFilesHome;
/** How each connection was opened. */
let opened: ('reading' | 'writing')[];
const connect: Connect = (path, options) => {
  opened.push(options.readonly ? 'reading' : 'writing');
  return connectFile(path, options);
};

beforeEach(() => {
  home = new SqliteFilesHome();
  home.keep('a', 'b');
  opened = [];
});
afterEach(() => home.remove());

function keysOf(engine: StoreEngine): string[] {
  return engine
    .load('a')
    .map(({ key }) => key)
    .sort();
}

it('a file is opened for reading alone until something is written', () => {
  const engine = home.open({ connect });
  const before = home.bytes('a');
  expect(engine.load('a')).toHaveLength(1);
  expect(engine.get('a', 'cell', 'old')).toBeDefined();
  expect(opened).toEqual(['reading']);
  expect(home.names().filter((name) => name.includes('-wal'))).toEqual([]);
  expect(home.bytes('a')).toEqual(before);
  engine.commit('a', putCell('new'));
  expect(keysOf(engine)).toEqual(['new', 'old']);
  expect(opened).toEqual(['reading', 'writing']);
});

it('a file that was not put away in order is opened for writing at once, and loses nothing', () => {
  home.open().commit('a', putCell('in the log'));
  // What a process that ended without closing leaves behind.
  const left = new SqliteFilesHome();
  for (const name of home.names().filter((one) => one.startsWith('state.a.')))
    copyFileSync(join(home.folder, name), join(left.folder, name));
  expect(left.names()).toContain('state.a.db-wal');
  const engine = left.open({ connect });
  opened = [];
  expect(keysOf(engine)).toEqual(['in the log', 'old']);
  expect(opened).toContain('writing');
  left.remove();
});

it('a damaged file is set aside by the first look', () => {
  writeFileSync(home.paths.pathOf('a'), 'x'.repeat(9000));
  const engine = home.open({ connect });
  expect(engine.load('a')).toEqual([]);
  expect(home.setAside.map(([namespace]) => namespace)).toEqual(['a']);
  expect(engine.load('b')).toHaveLength(1);
});
