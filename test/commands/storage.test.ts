import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stateForCommands } from '../../src/compose-state.js';
import { unfinishedRow } from '../../src/namespaces/records.js';
import { encodeRecord, recordSeed } from '../../src/stores/records.js';
import { OriginalHome } from '../fixtures/original-home.js';
import { STORED_MODE_NAMES } from '../fixtures/stored-modes.js';
import { importText } from '../transfer/import-text.js';
import { QUERY, StorageHome } from './storage-home.js';

let home: StorageHome;
beforeEach(() => {
  home = new StorageHome();
});
afterEach(() => home.remove());

/** Overwrites some bytes of the file whose name fits: of a database the beginning of its last page. */
function damage(folder: string, name: RegExp): string {
  const file = join(
    folder,
    readdirSync(folder).find((entry) => name.test(entry) && !entry.includes('catalog'))!,
  );
  const bytes = readFileSync(file);
  const start = bytes.length - (file.endsWith('.db') ? 4096 : 600);
  bytes.fill(0xee, start, start + 300);
  writeFileSync(file, bytes);
  return file;
}

describe.each(STORED_MODE_NAMES)('storage, %s', (mode) => {
  it('check reads everything, also while a server runs, and finds it whole', async () => {
    const { folder } = await home.taught(mode);
    expect(await home.done(mode, folder, ['storage', 'check'])).toMatch(
      /^Read 2 namespaces, \d+ rows, \d+ bytes\n$/,
    );
    const app = await home.start(mode, folder);
    await app.teach('late', QUERY, ['d1'], 1);
    const report = JSON.parse(await home.done(mode, folder, ['storage', 'check', '--json']));
    expect(report).toMatchObject({ whole: true, files: [] });
    expect(report.namespaces.map(({ namespace }: { namespace: string }) => namespace)).toEqual([
      'Shop',
      'blog',
      'late',
    ]);
  });

  it('finds nothing in a folder without state, and makes nothing there', async () => {
    const folder = home.newFolder();
    expect(await home.done(mode, folder, ['storage', 'check'])).toBe('Read 0 namespaces, 0 rows, 0 bytes\n');
    expect(await home.done(mode, folder, ['storage', 'repair'])).toBe('Nothing is damaged\n');
    expect(await home.done(mode, folder, ['storage', 'compact'])).toBe(
      'Compacted 0 files: 0 bytes before, 0 after\n',
    );
    expect(existsSync(folder)).toBe(false);
  });

  it('export reads while a server runs, and what is imported elsewhere answers alike', async () => {
    const { folder } = await home.taught(mode);
    const app = await home.start(mode, folder);
    const answers = await home.answers(app);
    const other = home.newFolder();
    for (const name of ['Shop', 'blog']) {
      const file = join(home.line.folder, `${name}.ndjson`);
      await home.done(mode, folder, ['namespaces', 'export', name, '--out', file]);
      const { stdout } = await home.run(mode, other, ['namespaces', 'import', file, '--json']);
      expect(JSON.parse(stdout).notes).toEqual([expect.stringContaining('another hash key')]);
    }
    copyFileSync(join(folder, 'hash.key'), join(other, 'hash.key'));
    expect(await home.answers(await home.start(mode, other))).toEqual(answers);
  });

  it('export refuses a namespace whose files are damaged, for it would leave out what was lost', async () => {
    const { folder } = await home.taught(mode);
    damage(folder, mode === 'json' ? /^index.*hop\.json$/ : /hop\.db$|^neuralcache\.db$/);
    const run = await home.run(mode, folder, ['namespaces', 'export', 'Shop']);
    // A database that all share is read through indexes, which may all be whole.
    if (mode !== 'sqlite')
      expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining('is damaged')]);
    else expect(run.exitCode === 0 || run.stderr.includes('damaged')).toBe(true);
  });

  it('check tells damage and ends with 1; repair sets it aside, and the server starts over what is whole', async () => {
    const { folder } = await home.taught(mode);
    const file = damage(folder, /hop\.(db|json)$|^neuralcache\.db$/);
    const damaged = readFileSync(file);
    const before = home.checksums(folder);
    const check = await home.run(mode, folder, ['storage', 'check']);
    expect([check.exitCode, check.stderr]).toEqual([
      1,
      'Damage was found: `neuralcache storage repair` keeps what is whole\n',
    ]);
    expect(check.stdout).toContain(folder);
    expect(home.checksums(folder)).toEqual(before);
    const repaired = JSON.parse(await home.done(mode, folder, ['storage', 'repair', '--json']));
    const aside = repaired.files.flatMap(({ set_aside }: { set_aside: string[] }) => set_aside);
    expect(aside.some((path: string) => readFileSync(path).equals(damaged))).toBe(true);
    await home.done(mode, folder, ['storage', 'check']);
    expect(await home.done(mode, folder, ['storage', 'repair'])).toBe('Nothing is damaged\n');
    const app = await home.start(mode, folder);
    expect((await app.client.get('/readyz')).body.status).toBe('ok');
    await app.teach('Shop', QUERY, ['d1'], 1);
  });

  it('drop takes damaged files of the namespace along, leaves those that others share, and names both', async () => {
    const { folder } = await home.taught(mode);
    damage(folder, mode === 'json' ? /^index.*hop/ : mode === 'sqlite' ? /\.db$/ : /hop.*\.db$/);
    const repaired = JSON.parse(await home.done(mode, folder, ['storage', 'repair', '--json']));
    const [aside] = repaired.files.flatMap(({ set_aside }: { set_aside: string[] }) => set_aside);
    const bytes = readFileSync(aside);
    const dropped = await home.done(mode, folder, ['namespaces', 'drop', 'Shop', '--force']);
    const isShared = mode === 'sqlite';
    const outcome = isShared ? 'something of it may be left' : 'looked for afterwards, and nothing found';
    const line = isShared ? 'Set aside as damaged, and may still hold some of it: ' : 'Removed files: ';
    expect(dropped).toMatch(/^Dropped Shop: \d+ rows, .*; /);
    expect(dropped.slice(dropped.indexOf('; ') + 2).startsWith(`${outcome}\n${line}${aside}`)).toBe(true);
    expect(existsSync(aside)).toBe(isShared);
    if (isShared) expect(readFileSync(aside)).toEqual(bytes);
    const other = await home.done(mode, folder, ['namespaces', 'drop', 'blog', '--force', '--json']);
    expect(JSON.parse(other)).toMatchObject({
      dropped: 'blog',
      set_aside: isShared ? [aside] : [],
    });
  });

  it('repair keeps records that cannot be read in a file of their own', async () => {
    const { folder } = await home.taught(mode);
    const stream = await home.done(mode, folder, ['namespaces', 'export', 'Shop']);
    const lines = stream.trimEnd().split('\n');
    const cell = lines.find((line) => line.startsWith('{"kind":"cell"'))!;
    const spoilt = JSON.stringify({ ...JSON.parse(cell), value: '{"format":1,"cut' });
    await importText(
      home,
      mode,
      folder,
      lines.slice(0, -1).map((line) => (line === cell ? spoilt : line)),
    );
    const check = await home.run(mode, folder, ['storage', 'check']);
    expect([check.exitCode, check.stdout]).toEqual([
      1,
      expect.stringContaining('Shop: 1 records cannot be read\n'),
    ]);
    const report = JSON.parse(await home.done(mode, folder, ['storage', 'repair', '--json']));
    expect(report).toMatchObject({ files: [], records: [{ namespace: 'Shop', set_aside: 1 }] });
    expect(readFileSync(report.records_file, 'utf8').split('\n')[1]).toBe(spoilt);
    expect(statSync(report.records_file).mode & 0o777).toBe(0o600);
    await home.done(mode, folder, ['storage', 'check']);
  });

  it('import takes in what the Python original stored, and a server starts over it', async () => {
    const folder = home.newFolder();
    const original = new OriginalHome();
    original.pheromones('pheromones.json', [['d10', 3, 1_700_000_000, 5]]);
    await home.done(mode, folder, ['storage', 'import', '--original', original.folder, '--as', 'Shop']);
    original.remove();
    const stats = JSON.parse(await home.done(mode, folder, ['namespaces', 'stats', 'Shop', '--json']));
    expect(stats).toMatchObject({ documents_known: 1, feedback_total: 0 });
    await home.done(mode, folder, ['storage', 'check']);
    const app = await home.start(mode, folder);
    await app.teach('Shop', QUERY, ['d10'], 1);
    const after = JSON.parse(await home.done(mode, folder, ['namespaces', 'stats', 'Shop', '--json']));
    expect(after).toMatchObject({ documents_known: 12, feedback_total: 1 });
  });

  it('a copy that was cut short is no state: base order, no learning, until it is made again', async () => {
    const { folder } = await home.taught(mode);
    const file = join(home.line.folder, 'Shop.ndjson');
    await home.done(mode, folder, ['namespaces', 'export', 'Shop', '--out', file]);
    const { target, close } = await stateForCommands.openMigration(
      home.settings(mode, folder),
      home.settings(mode, folder),
    );
    await target.commit('Shop', [{ put: unfinishedRow() }]);
    await close();
    const app = await home.start(mode, folder);
    const base = await app.rank('unused', QUERY, { learn: false });
    const answer = await app.rank('Shop', QUERY);
    expect(answer.ids).toEqual(base.ids);
    const feedback = { request_id: answer.requestId, selected_ids: ['d1'] };
    expect((await app.feedback('Shop', feedback)).status).toBe(503);
    await app.stop();
    const check = await home.run(mode, folder, ['storage', 'check']);
    expect([check.exitCode, check.stdout]).toEqual([
      1,
      expect.stringContaining('Shop: an import was not finished'),
    ]);
    await home.done(mode, folder, ['namespaces', 'import', file]);
    const again = await home.start(mode, folder);
    expect((await again.rank('Shop', QUERY, { learn: false })).ids).not.toEqual(base.ids);
  });

  it('backup is made while a server runs, and another one starts from it and answers alike', async () => {
    const { folder } = await home.taught(mode);
    const app = await home.start(mode, folder);
    const answers = await home.answers(app);
    const saved = join(home.newFolder(), 'of today');
    expect(await home.done(mode, folder, ['storage', 'backup', saved])).toMatch(
      /^Saved 2 namespaces, \d+ rows in /,
    );
    await app.teach('Shop', QUERY, ['d2'], 2);
    await home.done(mode, saved, ['storage', 'check']);
    const other = await home.start(mode, saved);
    expect(await home.answers(other)).toEqual(answers);
    expect(statSync(join(saved, 'hash.key')).mode & 0o777).toBe(0o600);
    await other.stop();
    // With other settings it does not look empty.
    const wrong = await home.run(mode === 'sqlite' ? 'json' : 'sqlite', saved, ['namespaces', 'list']);
    expect(wrong.stderr).toContain(`holds state kept as ${mode}`);
  });

  it('backup refuses a folder that has something in it, and saves nothing that is damaged', async () => {
    const { folder } = await home.taught(mode);
    const full = home.newFolder();
    mkdirSync(join(full, 'x'), { recursive: true });
    const refused = await home.run(mode, folder, ['storage', 'backup', full]);
    expect([refused.exitCode, refused.stderr]).toEqual([1, `${full} is not empty\n`]);
    damage(folder, mode === 'json' ? /^index.*hop\.json$/ : /hop\.db$|^neuralcache\.db$/);
    const saved = home.newFolder();
    const run = await home.run(mode, folder, ['storage', 'backup', saved]);
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringMatching(/damaged/)]);
    expect(readdirSync(join(saved, '..'))).toEqual([]);
  });

  it('compact keeps everything', async () => {
    const { folder, answers } = await home.taught(mode);
    const report = JSON.parse(await home.done(mode, folder, ['storage', 'compact', '--json']));
    // One or two of state, and the catalog.
    expect(report.files).toBe(mode === 'sqlite' ? 2 : 3);
    expect(report.bytes_after).toBeLessThanOrEqual(report.bytes_before);
    const app = await home.start(mode, folder);
    expect(await home.answers(app)).toEqual(answers);
  });

  it.each([
    ['repair', ['storage', 'repair']],
    ['compact', ['storage', 'compact']],
    ['drop Shop', ['namespaces', 'drop', 'Shop', '--force']],
  ])('refuses to %s while a server owns the folder, and names it', async (intent, argv) => {
    const { folder } = await home.taught(mode);
    await home.start(mode, folder);
    const run = await home.run(mode, folder, argv);
    const why = `Cannot ${intent} while a server runs: ${folder} is owned by process ${process.pid}; stop it first`;
    const ways = argv[0] === 'namespaces' ? ', or set NEURALCACHE_ADMIN_TOKENS for both' : '';
    expect([run.exitCode, run.stderr]).toEqual([1, `${why}${ways}\n`]);
  });
});

const DAMAGE = 'Damage was found: `neuralcache storage repair` keeps what is whole\n';
const NEWER = 'State of a newer version was found: it takes a newer neuralcache to read it\n';

it('a shared database of a newer format is no damage to check', async () => {
  const { folder } = await home.taught('sqlite');
  const database = new BetterSqlite3(join(folder, 'neuralcache.db'));
  database.pragma('user_version = 99');
  database.close();
  const { exitCode, stdout, stderr } = await home.run('sqlite', folder, ['storage', 'check']);
  expect([exitCode, stdout, stderr]).toEqual([1, expect.stringContaining('format 99'), NEWER]);
});

describe.each(['sqlite-files', 'json'] as const)('a namespace of a newer format, %s', (mode) => {
  it('is told by check, left as it is by repair, and keeps the others from nothing', async () => {
    const { folder } = await home.taught(mode);
    const name = mode === 'json' ? 'narrative.%53hop.json' : 'state.%53hop.db';
    const file = join(folder, name);
    if (mode === 'json') makeJsonNewer(file);
    else makeDatabaseNewer(file);
    damage(folder, mode === 'json' ? /^index\.blog\.json$/ : /blog\.db$/);
    const before = readFileSync(file);
    const check = await home.run(mode, folder, ['storage', 'check']);
    expect([check.exitCode, check.stdout]).toEqual([1, expect.stringMatching(/format 99.*\n[\s\S]*blog/)]);
    const repair = await home.run(mode, folder, ['storage', 'repair']);
    expect([repair.exitCode, repair.stderr]).toEqual([1, 'Not everything could be repaired\n']);
    expect(repair.stdout).toMatch(/blog.*rows kept[\s\S]*left as it is: .*format 99/);
    expect(readFileSync(file).equals(before)).toBe(true);
    const last = await home.run(mode, folder, ['storage', 'check', '--json']);
    expect([check.stderr, last.exitCode, last.stderr]).toEqual([`${DAMAGE}${NEWER}`, 1, NEWER]);
    const again = JSON.parse(last.stdout);
    expect(again.files.map(({ path }: { path: string }) => path)).toEqual([file]);
  });

  function makeDatabaseNewer(file: string): void {
    const database = new BetterSqlite3(file);
    database.pragma('user_version = 99');
    database.close();
  }

  /** Its header, with a sum that fits. */
  function makeJsonNewer(file: string): void {
    const [before, header, ...rest] = readFileSync(file, 'utf8').split('\n');
    const json = header!.slice(header!.indexOf('{'), -2).replace('"format":1', '"format":99');
    const record = encodeRecord(json, recordSeed('Shop', 'narrative'));
    writeFileSync(file, [before, `${record},`, ...rest].join('\n'));
  }
});
