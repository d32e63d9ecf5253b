import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diskFiles } from '../../src/stores/files.js';
import { openJsonReader } from '../../src/stores/json-reader.js';
import type { StorageError, StoreReader } from '../../src/stores/store.js';
import { put } from '../contracts/store-subject.js';
import { putCell } from './database-home.js';
import { FaultyFiles } from './faulty-files.js';
import { JsonHome, TEMPLATES } from './json-harness.js';

let home: JsonHome;
let reader: StoreReader;
let damaged: [string, string][];

beforeEach(() => {
  home = new JsonHome();
  damaged = [];
  reader = openJsonReader({
    folder: home.folder,
    templates: TEMPLATES,
    onDamaged: (...what) => damaged.push(what),
  });
});
afterEach(() => home.remove());

it('reads what a server has written so far, and changes no byte', async () => {
  const engine = home.open();
  expect(await reader.namespaces()).toEqual([]);
  engine.commit('a', putCell('k', '1'));
  engine.commit('b', [put('impression', 'i', '22')]);
  engine.release('b');
  while (engine.idle());
  const before = home.contents();
  expect(await reader.namespaces()).toEqual(['a', 'b']);
  expect(await reader.load('a')).toEqual([{ kind: 'cell', key: 'k', value: '1' }]);
  expect((await reader.get('b', 'impression', 'i'))?.value).toBe('22');
  expect((await reader.usage('b')).bytes.impression).toBe(2);
  expect(await reader.load('nobody')).toEqual([]);
  expect(home.contents()).toEqual(before);
  engine.commit('a', putCell('k', '2'));
  expect((await reader.get('a', 'cell', 'k'))?.value).toBe('2');
  await reader.close();
  await expect(reader.load('a')).rejects.toMatchObject({ failure: 'closed' });
});

it('reads all pages of a scan as of one moment', async () => {
  const engine = home.open();
  engine.commit('a', [...putCell('1'), ...putCell('2'), ...putCell('3')]);
  const first = await reader.scan('a', 0, 2);
  engine.commit('a', [{ remove: { kind: 'cell', key: '3' } }, ...putCell('4')]);
  const second = await reader.scan('a', first.next!, 2);
  expect([...first.rows, ...second.rows].map(({ key }) => key)).toEqual(['1', '2', '3']);
  expect((await reader.scan('a', 0, 9)).rows.map(({ key }) => key)).toEqual(['1', '2', '4']);
});

it('finds one state whatever the server does between two of its looks', async () => {
  const engine = home.open();
  engine.commit('a', [put('meta', 'n', '0'), put('cell', 'n', '0'), put('document', 'n', '0')]);
  const write = (n: number) =>
    engine.commit('a', [put('meta', 'n', `${n}`), put('cell', 'n', `${n}`), put('document', 'n', `${n}`)]);
  const counted = new FaultyFiles();
  await openJsonReader({ folder: home.folder, templates: TEMPLATES, files: counted.files }).load('a');
  for (let at = 0; at < counted.done.length; at += 1) {
    let looks = 0;
    const between = () => {
      looks += 1;
      if (looks - 1 !== at) return;
      write(at + 1);
      engine.release('a');
      while (engine.idle());
      write(at + 2);
    };
    const disk = diskFiles();
    const looking = openJsonReader({
      folder: home.folder,
      templates: TEMPLATES,
      onDamaged: (...what) => damaged.push(what),
      files: {
        ...disk,
        read: (path) => {
          between();
          return disk.read(path);
        },
        facts: (path) => {
          between();
          return disk.facts(path);
        },
      },
    });
    const values = new Set((await looking.load('a')).map(({ value }) => value));
    expect([at, values.size]).toEqual([at, 1]);
  }
  expect(damaged).toEqual([]);
});

it('tells of damage and reads what is whole', async () => {
  const engine = home.open();
  engine.commit('a', putCell('1'));
  engine.commit('a', putCell('2'));
  const path = home.path('narrative.a.json.journal');
  const content = readFileSync(path, 'latin1');
  const broken = `${content.slice(0, -5)}\n`;
  writeFileSync(path, broken, 'latin1');
  expect((await reader.load('a')).map(({ key }) => key)).toEqual(['1']);
  expect(damaged).toEqual([['a', path]]);
  expect(readFileSync(path, 'latin1')).toBe(broken);
});

it('passes over an entry that is being written, and leaves it as it is', async () => {
  const engine = home.open();
  engine.commit('a', putCell('1'));
  const path = home.path('narrative.a.json.journal');
  const { length } = readFileSync(path);
  engine.commit('a', putCell('2'));
  const content = readFileSync(path, 'latin1');
  for (let end = length; end < content.length; end += 1) {
    writeFileSync(path, content.slice(0, end), 'latin1');
    expect((await reader.load('a')).map(({ key }) => key)).toEqual(['1']);
    expect(readFileSync(path, 'latin1')).toBe(content.slice(0, end));
  }
  expect(damaged).toEqual([]);
});

it('lists a namespace of a newer format and refuses to read it', async () => {
  const engine = home.open();
  engine.commit('a', putCell('1'));
  const path = home.path('narrative.a.json.journal');
  const { encodeRecord, recordSeed } = await import('../../src/stores/records.js');
  writeFileSync(path, `${encodeRecord('{"header":{"format":99}}', recordSeed('a', 'journal'))}\n`);
  expect(await reader.namespaces()).toEqual(['a']);
  const error = (await reader.load('a').catch((cause: unknown) => cause)) as StorageError;
  expect(error.failure).toBe('newer');
});
