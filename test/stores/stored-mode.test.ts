import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { createEngine } from '../../src/stores/create-engine.js';
import { DATABASE_FILE, type EngineFiles } from '../../src/stores/engine-worker-data.js';
import { MODE_FILE, overlookedState, recordMode } from '../../src/stores/stored-mode.js';
import { TEMPLATES } from './json-harness.js';
import { makeFolder } from './sqlite-harness.js';

let home: ReturnType<typeof makeFolder>;
let modes: Record<EngineFiles['driver'], EngineFiles>;

beforeEach(() => {
  home = makeFolder();
  modes = {
    sqlite: { driver: 'sqlite', path: join(home.folder, DATABASE_FILE) },
    'sqlite-files': { driver: 'sqlite-files', template: 'state.{namespace}.db' },
    json: { driver: 'json', templates: TEMPLATES },
  };
});
afterEach(() => home.remove());

/** Leaves state of one namespace behind, or only what opening leaves. */
function keep(files: EngineFiles, namespace?: string): void {
  const events = { quarantined: () => {}, replaced: () => {} };
  const engine = createEngine({ files, folder: home.folder, sync: 'normal' }, new ManualClock(), events);
  engine.open();
  if (namespace !== undefined) engine.commit(namespace, [{ put: { kind: 'cell', key: 'k', value: '1' } }]);
  engine.close();
}

const known = () => [modes.sqlite, modes.json];

it('finds nothing to overlook in a folder that is empty or is not there', async () => {
  expect(await overlookedState(home.folder, modes.json, known())).toBeUndefined();
  expect(await overlookedState(join(home.folder, 'none'), modes.json, known())).toBeUndefined();
  expect(readdirSync(home.folder)).toEqual([]);
});

it.each([
  ['sqlite', 'json'],
  ['sqlite', 'sqlite-files'],
  ['json', 'sqlite'],
] as const)('finds state kept as %s before it would begin anew as %s', async (kept, wanted) => {
  keep(modes[kept]);
  expect(await overlookedState(home.folder, modes[wanted], known())).toBeUndefined();
  keep(modes[kept], 'a');
  expect(await overlookedState(home.folder, modes[wanted], known())).toEqual(modes[kept]);
  expect(await overlookedState(home.folder, modes[kept], known())).toBeUndefined();
});

it.each(['sqlite', 'sqlite-files', 'json'] as const)(
  'finds state by what the folder says of itself, whatever the templates are now: %s',
  async (kept) => {
    recordMode(home.folder, modes[kept]);
    keep(modes[kept], 'a');
    const others: EngineFiles[] = [
      { driver: 'sqlite-files', template: 'other.{namespace}.db' },
      { driver: 'json', templates: { ...TEMPLATES, index: 'other.{namespace}.json' } },
    ];
    for (const wanted of others) expect(await overlookedState(home.folder, wanted, [])).toEqual(modes[kept]);
    expect(await overlookedState(home.folder, modes[kept], known())).toBeUndefined();
  },
);

it('believes the folder: state that was moved to another mode is no longer looked for', async () => {
  keep(modes.sqlite, 'a');
  keep(modes.json, 'a');
  recordMode(home.folder, modes.json);
  expect(await overlookedState(home.folder, modes.json, known())).toBeUndefined();
  expect(await overlookedState(home.folder, modes.sqlite, known())).toEqual(modes.json);
});

it('counts state that cannot be read as state', async () => {
  writeFileSync(join(home.folder, DATABASE_FILE), 'garbage');
  expect(await overlookedState(home.folder, modes.json, known())).toEqual(modes.sqlite);
});

it.each([
  '',
  'garbage',
  '{"driver":"oracle"}',
  '{"driver":"json"}',
  '{"driver":"sqlite-files","template":7}',
])('searches a folder whose own file says nothing: %j', async (text) => {
  writeFileSync(join(home.folder, MODE_FILE), text);
  keep(modes.sqlite, 'a');
  expect(await overlookedState(home.folder, modes.json, known())).toEqual(modes.sqlite);
});

it('writes its file whole, and only when it changes', () => {
  recordMode(home.folder, modes.json);
  expect(JSON.parse(readFileSync(join(home.folder, MODE_FILE), 'utf8'))).toEqual(modes.json);
  mkdirSync(join(home.folder, `${MODE_FILE}.new`));
  recordMode(home.folder, modes.json);
  expect(() => recordMode(home.folder, modes.sqlite)).toThrow();
  expect(JSON.parse(readFileSync(join(home.folder, MODE_FILE), 'utf8'))).toEqual(modes.json);
});

it('believes the folder where its state cannot be looked at, and otherwise what it sees', async () => {
  // A folder in the place of the database: neither damaged nor absent, it cannot be read.
  mkdirSync(join(home.folder, DATABASE_FILE));
  expect(await overlookedState(home.folder, modes.json, known())).toBeUndefined();
  recordMode(home.folder, modes.sqlite);
  expect(await overlookedState(home.folder, modes.json, known())).toEqual(modes.sqlite);
});
