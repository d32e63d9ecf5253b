import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreEngine } from '../../src/stores/engine.js';
import type { Change, Kind } from '../../src/stores/store.js';
import { CacheHome } from './cache-home.js';
import { failureOf } from './database-home.js';
import { MODES } from './upkeep-home.js';

/** In all that the namespace ever had: keys, values, groups; never in what others have. */
const MARKER = 'Zebrafink';

let folder: string;
const engines: StoreEngine[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'neuralcache-'));
});
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Files of the folder that hold the marker, or are named after the namespace. */
function traces(marker = MARKER): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(marker) || path.includes('acme'));
}

function openEngine(mode: string): StoreEngine {
  const engine = MODES[mode]!.engine(folder);
  engines.push(engine);
  engine.open();
  return engine;
}

const KINDS_USED: readonly Kind[] = ['meta', 'cell', 'document', 'frequencies', 'impression', 'used'];

/** Several generations: put, overwritten with longer and shorter, removed, expired; with another's in between. */
function live(engine: StoreEngine, name: string, marker: string, rounds = 30): void {
  for (let round = 0; round < rounds; round += 1) {
    const changes: Change[] = KINDS_USED.map((kind) => ({
      put: {
        kind,
        key: `${marker} ${round % 10} ${kind}`,
        value: JSON.stringify(`${marker} `.repeat((round * 37) % 150)),
        group: `${marker} g${round % 3}`,
        ...(kind === 'used' ? { expiresAt: round } : {}),
      },
    }));
    engine.commit(name, changes);
    if (round % 4 === 3) {
      const remove = { kind: 'document' as const, key: `${marker} ${round % 10} document` };
      engine.commit(name, [{ remove }]);
    }
    if (round % 11 === 10) engine.release(name);
    while (round % 5 === 4 && engine.idle());
  }
  engine.sweep(rounds / 2, 100);
}

describe.each(Object.keys(MODES))('erasing a namespace: %s', (mode) => {
  it('leaves no byte of it in any file, and all of the others', () => {
    const engine = openEngine(mode);
    live(engine, 'other', 'Girlitz', 5);
    for (let n = 0; n < 3; n += 1) {
      live(engine, 'acme', MARKER);
      live(engine, 'other', 'Girlitz', 5);
    }
    engine.commit('acme.child', [{ put: { kind: 'cell', key: 'k', value: '"Pirol"' } }]);
    // A part of it was dropped before anyone wanted it erased.
    engine.drop('acme');
    live(engine, 'acme', `${MARKER} again`, 8);
    const before = { rows: engine.load('other').length, usage: engine.usage('other') };
    expect(traces()).not.toEqual([]);
    const erased = engine.erase('acme');
    expect(erased.rows).toBeGreaterThan(20);
    expect(erased.bytes).toBeGreaterThan(erased.rows);
    expect(erased.left).toEqual([]);
    const found = () => traces().filter((path) => readFileSync(path).includes(MARKER));
    expect(found()).toEqual([]);
    // Of its own files none is there, not even by name; those of the namespace below it are.
    expect(traces().every((path) => path.includes('acme.child'))).toBe(true);
    expect({ rows: engine.load('other').length, usage: engine.usage('other') }).toEqual(before);
    expect(engine.namespaces()).toEqual(['acme.child', 'other']);
    expect(engine.load('acme.child')).toHaveLength(1);
    while (engine.idle());
    engine.close();
    expect(found()).toEqual([]);
    const again = openEngine(mode);
    expect(again.namespaces()).toEqual(['acme.child', 'other']);
    expect(again.usage('other')).toEqual(before.usage);
  });

  it('can be done over, and names what is not its alone', () => {
    const engine = openEngine(mode);
    live(engine, 'acme', MARKER, 4);
    writeFileSync(join(folder, 'records.damaged-2026-01-01T00-00-00-000Z.ndjson'), 'x');
    mkdirSync(join(folder, 'migrated-from-json-2026-01-01T00-00-00-000Z'));
    engine.erase('acme');
    expect(engine.erase('acme')).toEqual({
      rows: 0,
      bytes: 0,
      files: [],
      left: [
        join(folder, 'migrated-from-json-2026-01-01T00-00-00-000Z'),
        join(folder, 'records.damaged-2026-01-01T00-00-00-000Z.ndjson'),
      ],
    });
  });
});

describe('files of the namespace alone', () => {
  it.each(['sqlite-files', 'json'])(
    'are removed: damaged, set aside, half made, of a newer format: %s',
    (mode) => {
      const engine = openEngine(mode);
      live(engine, 'acme', MARKER, 4);
      live(engine, 'acme1', 'Girlitz', 4);
      engine.close();
      const own = readdirSync(folder).filter((name) => name.includes('.acme.'));
      expect(own.length).toBeGreaterThan(0);
      for (const name of own) {
        writeFileSync(join(folder, `${name}.damaged-2026-01-01T00-00-00-000Z`), MARKER);
        writeFileSync(join(folder, `${name}.damaged-2026-01-01T00-00-00-000Z-wal`), MARKER);
        if (mode === 'json') writeFileSync(join(folder, `${name}.next`), MARKER);
        else
          for (const ending of [
            '.new',
            '.salvaged.copy',
            '.salvaged.new',
            '.salvaged.new-journal',
            '-journal',
          ])
            writeFileSync(join(folder, `${name}${ending}`), MARKER);
        writeFileSync(join(folder, name), `${MARKER} is no content`);
      }
      const again = openEngine(mode);
      const { files, left } = again.erase('acme');
      expect(files.length).toBeGreaterThan(own.length * 3);
      expect(left).toEqual([]);
      expect(readdirSync(folder).filter((name) => name.includes('.acme.'))).toEqual([]);
      expect(again.namespaces()).toEqual(['acme1']);
      expect(again.load('acme1').length).toBeGreaterThan(0);
    },
  );

  it('are removed where their format is newer', () => {
    const engine = openEngine('sqlite-files');
    live(engine, 'acme', MARKER, 4);
    engine.close();
    const database = new BetterSqlite3(join(folder, 'state.acme.db'));
    database.pragma('user_version = 99');
    database.close();
    const again = openEngine('sqlite-files');
    expect(failureOf(() => again.load('acme'))).toBe('newer');
    expect(again.erase('acme')).toEqual({
      rows: 0,
      bytes: 0,
      files: [join(folder, 'state.acme.db')],
      left: [],
    });
    expect(again.namespaces()).toEqual([]);
  });
});

describe('the file that all share', () => {
  it('that was set aside is left, and named', () => {
    writeFileSync(join(folder, 'neuralcache.db'), MARKER);
    const engine = openEngine('sqlite');
    writeFileSync(join(folder, 'neuralcache.db.salvaged.copy'), MARKER);
    const { left } = engine.erase('acme');
    expect(left).toEqual([expect.stringMatching(/neuralcache\.db\.damaged-/)]);
    expect(traces()).toEqual(left);
  });

  it('is not said to be clean while a reader keeps its log', () => {
    const engine = openEngine('sqlite');
    live(engine, 'acme', MARKER, 4);
    const reader = new BetterSqlite3(join(folder, 'neuralcache.db'), { readonly: true });
    const rows = reader.prepare('SELECT value FROM rows').iterate();
    rows.next();
    expect(failureOf(() => engine.erase('acme'))).toBe('io');
    rows.return?.();
    reader.close();
    expect(engine.erase('acme').rows).toBe(0);
    expect(traces()).toEqual([]);
  });
});

describe('erasing from the cache', () => {
  const home = new CacheHome();
  afterEach(() => home.remove());

  it('leaves no byte in any file, also of what had been overwritten, dropped or set aside', () => {
    folder = home.folder;
    writeFileSync(home.path, `${MARKER} garbage`);
    const file = home.openFile();
    const value = (round: number) => Buffer.from(`${MARKER} `.repeat((round * 53) % 300));
    for (let round = 0; round < 60; round += 1) {
      file.put([{ namespace: 'acme', key: `${MARKER} ${round % 20}`, value: value(round) }]);
      file.put([{ namespace: 'other', key: `k${round}`, value: Buffer.from('Girlitz '.repeat(round)) }]);
    }
    file.removeSome('acme', `${MARKER} 1`, ['acme', ''], 1000);
    expect(traces().length).toBeGreaterThan(1);
    const { rows, files } = file.erase('acme');
    expect(rows).toBe(9);
    expect(files).toEqual(home.setAside);
    expect(traces()).toEqual([]);
    expect(file.getMany('other', ['k9'])[0]?.toString()).toBe('Girlitz '.repeat(9));
    file.close();
    expect(traces()).toEqual([]);
  });
});
