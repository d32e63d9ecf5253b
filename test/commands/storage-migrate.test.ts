import { cpSync, existsSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stateForCommands } from '../../src/compose-state.js';
import { StorageError } from '../../src/stores/store.js';
import { MODE_PAIRS, STORED_MODE_NAMES, type StoredMode } from '../fixtures/stored-modes.js';
import { QUERY, StorageHome } from './storage-home.js';

let home: StorageHome;
beforeEach(() => {
  home = new StorageHome();
});
afterEach(() => home.remove());

const migrate = (from: StoredMode, to: StoredMode, ...more: string[]) => [
  'storage',
  'migrate',
  '--from',
  from,
  '--to',
  to,
  ...more,
];

describe.each(MODE_PAIRS)('from %s to %s', (from, to) => {
  it('an exported namespace is the same when it is exported again', async () => {
    const { folder } = await home.taught(from);
    const other = home.newFolder();
    for (const name of ['Shop', 'blog']) {
      const file = join(home.line.folder, 'exported.ndjson');
      await home.done(from, folder, ['namespaces', 'export', name, '--out', file]);
      await home.done(to, other, ['namespaces', 'import', file]);
      expect(await home.done(to, other, ['namespaces', 'export', name])).toBe(
        await home.done(from, folder, ['namespaces', 'export', name]),
      );
    }
  });

  it('a migration within one folder moves the old state aside, and the server goes on in the new mode', async () => {
    const { folder, answers } = await home.taught(from);
    const before = home.checksums(folder);
    const report = JSON.parse(await home.done(from, folder, migrate(from, to, '--json')));
    expect(report).toMatchObject({
      from: { mode: from, folder },
      to: { mode: to, folder },
      hash_key: 'same folder',
      namespaces: [
        { namespace: 'Shop', outcome: 'copied', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { namespace: 'blog', outcome: 'copied' },
      ],
    });
    const moved = home.checksums(report.moved_to);
    expect(Object.keys(moved).length).toBeGreaterThan(0);
    const after = home.checksums(folder);
    const again = await home.done(from, folder, migrate(from, to));
    expect(again).toMatch(`${folder} is kept as ${to} already`);
    expect(JSON.parse(await home.done(from, folder, migrate(from, to, '--json')))).toEqual({
      ...report,
      finished_before: true,
      namespaces: [],
      moved_to: null,
    });
    expect(home.checksums(folder)).toEqual(after);
    for (const [file, sum] of Object.entries(moved)) expect(sum, file).toBe(before[file]);
    await home.done(to, folder, ['storage', 'check']);
    // As if it had been ended before the old state was moved: the new one counts all the same.
    cpSync(report.moved_to, folder, { recursive: true });
    const app = await home.start(to, folder);
    expect(await home.answers(app)).toEqual(answers);
    await app.teach('Shop', QUERY, ['d10'], 1);
  });

  it('a migration into another folder leaves the old one as it is, and carries the hash key', async () => {
    const { folder, answers } = await home.taught(from);
    const before = home.checksums(folder);
    const target = home.newFolder();
    const argv = migrate(from, to, '--to-dir', target);
    expect(await home.done(from, folder, argv)).toMatch(/^Migrated 2 namespaces, \d+ rows, from /);
    expect(home.checksums(folder)).toEqual(before);
    expect(await home.done(from, folder, argv)).toContain('; 2 were there already\n');
    const app = await home.start(to, target);
    expect(await home.answers(app)).toEqual(answers);
  });
});

describe.each(MODE_PAIRS)('a migration from %s to %s that is ended', (from, to) => {
  it('before the new state is said to count has carried the hash key, before the first row', async () => {
    const { folder, answers } = await home.taught(from);
    const target = home.newFolder();
    const argv = migrate(from, to, '--to-dir', target);
    const hadKey: boolean[] = [];
    const look = () => hadKey.push(existsSync(join(target, 'hash.key')));
    home.line.storedState = {
      ...stateForCommands,
      openMigration: async (...asked) => {
        const migration = await stateForCommands.openMigration(...asked);
        const { target: store } = migration;
        const commit = store.commit.bind(store);
        store.commit = (...changes) => {
          look();
          return commit(...changes);
        };
        return {
          ...migration,
          finish: () => {
            look();
            throw new StorageError('io', 'killed');
          },
        };
      },
    };
    expect((await home.run(from, folder, argv)).stderr).toBe('killed\n');
    expect(hadKey.length).toBeGreaterThan(6);
    expect(new Set(hadKey)).toEqual(new Set([true]));
    home.line.storedState = stateForCommands;
    await home.done(from, folder, argv);
    expect(await home.answers(await home.start(to, target))).toEqual(answers);
  });

  it('after the new state counts only makes room when it is run again, also with --force', async () => {
    const { folder } = await home.taught(from);
    home.line.storedState = {
      ...stateForCommands,
      lockFolder: () => {
        throw new StorageError('io', 'killed');
      },
    };
    expect((await home.run(from, folder, migrate(from, to))).stderr).toBe('killed\n');
    home.line.storedState = stateForCommands;
    const app = await home.start(to, folder);
    await app.teach('Shop', QUERY, ['d1'], 4);
    await app.teach('new', QUERY, ['d1'], 1);
    const learned = await home.answers(app);
    await app.stop();
    const argv = migrate(from, to, '--force');
    const report = JSON.parse(await home.done(from, folder, [...argv, '--json']));
    expect(report).toMatchObject({ finished_before: true, namespaces: [], dropped: [] });
    expect(Object.keys(home.checksums(report.moved_to))).not.toEqual([]);
    expect(await home.done(to, folder, ['namespaces', 'list'])).toBe('Shop\nblog\ndefault\nnew\n');
    const again = await home.start(to, folder);
    expect(await home.answers(again)).toEqual(learned);
    await again.stop();
    // All of it made room.
    expect(await home.done(from, folder, argv)).toMatch(`${folder} is kept as ${to} already`);
  });
});

describe('migrating', () => {
  it('is told apart from a server that runs over either folder', async () => {
    const { folder } = await home.taught('sqlite');
    const target = home.newFolder();
    for (const [mode, busy] of [
      ['sqlite', folder],
      ['json', target],
    ] as const) {
      const app = await home.start(mode, busy);
      const run = await home.run('sqlite', folder, migrate('sqlite', 'json', '--to-dir', target));
      expect([run.exitCode, run.stderr]).toEqual([
        1,
        `Cannot migrate while a server runs: ${busy} is owned by process ${process.pid}; stop it first\n`,
      ]);
      await app.stop();
    }
  });

  it('copies to another folder in the same mode', async () => {
    for (const mode of STORED_MODE_NAMES) {
      const { folder, answers } = await home.taught(mode);
      const target = home.newFolder();
      await home.done(mode, folder, migrate(mode, mode, '--to-dir', target));
      const app = await home.start(mode, target);
      expect(await home.answers(app)).toEqual(answers);
    }
  });

  it('refuses what makes no sense: the same mode in the same folder, a folder without state, no mode', async () => {
    const { folder } = await home.taught('sqlite');
    const same = await home.run('sqlite', folder, migrate('sqlite', 'sqlite'));
    expect([same.exitCode, same.stderr]).toEqual([2, 'It is sqlite already, in the same folder\n']);
    const nowhere = home.newFolder();
    const none = await home.run('sqlite', nowhere, migrate('json', 'sqlite'));
    expect([none.exitCode, none.stderr]).toEqual([1, `${nowhere} holds no state of mode json\n`]);
    const missing = await home.run('sqlite', folder, migrate('json', 'sqlite', '--from-dir', nowhere));
    expect([missing.exitCode, existsSync(nowhere)]).toEqual([1, false]);
    expect((await home.run('sqlite', folder, migrate('redis' as StoredMode, 'json'))).exitCode).toBe(2);
    expect((await home.run('sqlite', folder, ['storage', 'migrate', '--to', 'json'])).exitCode).toBe(2);
  });

  it('stops at a namespace that learned something else since, and replaces it with --force', async () => {
    const { folder, answers } = await home.taught('sqlite');
    const target = home.newFolder();
    await home.done('sqlite', folder, migrate('sqlite', 'json', '--to-dir', target));
    const app = await home.start('json', target);
    await app.teach('Shop', QUERY, ['d1'], 1);
    await app.stop();
    const argv = migrate('sqlite', 'json', '--to-dir', target);
    const run = await home.run('sqlite', folder, argv);
    expect([run.exitCode, run.stderr]).toEqual([
      1,
      "Shop is in the target with other rows; --force puts the source's in their place\n",
    ]);
    await home.done('sqlite', folder, [...argv, '--force']);
    expect(await home.answers(await home.start('json', target))).toEqual(answers);
  });

  it('says that it only made room, and how what was moved can still be taken in', async () => {
    const { folder } = await home.taught('sqlite');
    const { folder: newer } = await home.taught('json');
    cpSync(newer, folder, { recursive: true });
    const said = await home.done('sqlite', folder, migrate('sqlite', 'json'));
    expect(said).toMatch(
      /^What is kept as json counts here already, so nothing was copied; --from-dir takes in old state all the same\nThe old state is now in .*migrated-from-sqlite-[^/]*\nStart the server with /,
    );
    const moved = /now in (.*)\n/.exec(said)![1]!;
    const kept = home.checksums(folder);
    const run = await home.run('sqlite', folder, migrate('sqlite', 'json', '--from-dir', moved));
    expect(run.stderr).toContain('Shop is in the target with other rows; --force');
    expect(home.checksums(folder)).toEqual(kept);
    await home.done('sqlite', folder, migrate('sqlite', 'json', '--from-dir', moved, '--force'));
  });

  it('copies into a mode that the folder is said to be kept in where there is no state of it', async () => {
    const { folder, answers } = await home.taught('sqlite');
    stateForCommands.recordMode(home.settings('json', folder));
    const report = JSON.parse(await home.done('sqlite', folder, migrate('sqlite', 'json', '--json')));
    expect(report).toMatchObject({ finished_before: false, namespaces: [{}, {}] });
    expect(await home.answers(await home.start('json', folder))).toEqual(answers);
  });

  it('drops from the target, with --force alone, what the source dropped since', async () => {
    const { folder } = await home.taught('sqlite');
    const target = home.newFolder();
    const argv = migrate('sqlite', 'json', '--to-dir', target);
    await home.done('sqlite', folder, argv);
    await home.done('sqlite', folder, ['namespaces', 'drop', 'blog', '--force']);
    const [before, source] = [home.checksums(target), home.checksums(folder)];
    const run = await home.run('sqlite', folder, argv);
    expect([run.exitCode, run.stdout, run.stderr]).toEqual([
      1,
      '',
      'The target has 1 namespace that the source has not (blog); --force drops it there\n',
    ]);
    expect(home.checksums(target)).toEqual(before);
    const done = await home.done('sqlite', folder, [...argv, '--force']);
    expect(done).toContain('\n1 namespace was dropped there that the source has not: blog\n');
    expect(await home.done('json', target, ['namespaces', 'list'])).toBe('Shop\ndefault\n');
    expect(JSON.parse(await home.done('sqlite', folder, [...argv, '--json']))).toMatchObject({ dropped: [] });
    expect(home.checksums(folder)).toEqual(source);
  });

  it('brings damage of the source to light instead of leaving rows out', async () => {
    const { folder } = await home.taught('json');
    const copy = home.newFolder();
    cpSync(folder, copy, { recursive: true });
    const index = readdirSync(copy).find((name) => /^index.*hop/.test(name))!;
    truncateSync(join(copy, index), 300);
    const target = home.newFolder();
    const run = await home.run('json', copy, migrate('json', 'sqlite', '--to-dir', target));
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringMatching(/damaged/)]);
    expect(existsSync(join(target, 'neuralcache.db'))).toBe(false);
  });
});
