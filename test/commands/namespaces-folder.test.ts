import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STORED_MODES, type StoredMode } from '../fixtures/stored-modes.js';
import { QUERY, StorageHome } from './storage-home.js';

const MODES = Object.keys(STORED_MODES) as StoredMode[];
const TOKEN = 'admin-token-of-a-test';

let home: StorageHome;
beforeEach(() => {
  home = new StorageHome();
});
afterEach(() => home.remove());

/** The files of a folder in which some text still is. */
function filesWith(folder: string, text: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return paths.filter((path) => readFileSync(path).includes(text));
}

describe.each(MODES)('over the files of a folder (%s)', (mode) => {
  it('namespaces are made, changed and shown, and a server starts with them', async () => {
    const folder = home.newFolder();
    const done = (...argv: string[]) => home.done(mode, folder, argv);
    await done('namespaces', 'create', 'acme', '--tier', 'free', '--owner', 'ann');
    await done('namespaces', 'create', 'acme.search');
    await done('namespaces', 'set', 'acme', '--owner', 'bob');
    await done('namespaces', 'status', 'acme', 'suspended');
    const view = JSON.parse(await done('namespaces', 'get', 'acme.search', '--json'));
    expect(view).toMatchObject({
      path: 'acme/search',
      status: 'suspended',
      effective: { tier: { value: 'free' } },
    });
    expect(JSON.parse(await done('audit', 'verify', '--json'))).toMatchObject({ entries: 4, problem: null });
    const app = await home.start(mode, folder);
    const refused = await app.post(
      '/rerank',
      { query: 'q', documents: [] },
      { 'X-NeuralCache-Namespace': 'acme' },
    );
    expect([refused.status, refused.body.error.message]).toEqual([403, 'Namespace is suspended: acme']);
  });

  it('quotas, policies, a deletion and its restoration hold in the server that starts with them', async () => {
    const folder = home.newFolder();
    const done = (...argv: string[]) => home.done(mode, folder, argv);
    await done(
      'namespaces',
      'create',
      'acme',
      '--quota',
      'max_queries_per_day=1',
      '--policy',
      'scorer=lexical',
    );
    await done('namespaces', 'set', 'acme', '--quota', 'max_results_per_query=2');
    await done('namespaces', 'create', 'gone');
    await done('namespaces', 'drop', 'gone', '--grace', '3600', '--force');
    await done('namespaces', 'create', 'back');
    await done('namespaces', 'drop', 'back', '--grace', '3600', '--force');
    await done('namespaces', 'restore', 'back');
    const app = await home.start(mode, folder);
    const documents = [{ id: 'a', text: 'boats' }];
    const rank = (namespace: string, more: object = {}) =>
      app.post(
        '/rerank',
        { query: 'boats', documents, ...more },
        { 'X-NeuralCache-Namespace': namespace, 'X-NeuralCache-Learn': 'false' },
      );
    expect((await rank('gone')).status).toBe(409);
    expect((await rank('back')).status).toBe(200);
    const first = await rank('acme', { top_k: 2 });
    expect([first.status, first.body.meta.scorer]).toEqual([200, 'lexical']);
    expect(first.headers['ratelimit-policy']).toBe('"day";q=1;w=86400');
    expect((await rank('acme')).body.error.message).toBe('Rate limit exceeded: 1 queries/day');
  });

  it('looking makes nothing', async () => {
    const folder = home.newFolder();
    expect(await home.done(mode, folder, ['namespaces', 'list'])).toBe('default\n');
    expect((await home.run(mode, folder, ['namespaces', 'get', 'acme'])).exitCode).toBe(1);
    expect((await home.run(mode, folder, ['namespaces', 'drop', 'acme', '--force'])).exitCode).toBe(1);
    expect(await home.done(mode, folder, ['audit', 'verify'])).toBe('0 entries are as they were written\n');
    home.line.write('n.yaml', 'namespaces:\n  - namespace: acme\n');
    const plan = await home.done(mode, folder, ['namespaces', 'apply', 'n.yaml', '--dry-run']);
    expect(plan).toContain('1 to change, 0 unchanged.\n');
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder);
    await home.done(mode, folder, ['namespaces', 'apply', 'n.yaml', '--dry-run']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('dropping leaves no byte of it', async () => {
    const { folder } = await home.taught(mode);
    await home.done(mode, folder, ['namespaces', 'set', 'Shop', '--metadata', 'word=unforgettable']);
    expect(filesWith(folder, 'unforgettable')).not.toEqual([]);
    const dropped = JSON.parse(
      await home.done(mode, folder, ['namespaces', 'drop', 'Shop', '--force', '--json']),
    );
    expect(dropped).toMatchObject({ dropped: 'Shop', verified: true, set_aside: [] });
    expect(dropped.erased.rows).toBeGreaterThan(3);
    expect(filesWith(folder, 'unforgettable')).toEqual([]);
    expect(await home.done(mode, folder, ['namespaces', 'list'])).toBe('blog\ndefault\n');
    await home.done(mode, folder, ['audit', 'verify']);
  });

  it('a file is applied, and what a command changed by itself is in the audit log', async () => {
    const { folder } = await home.taught(mode);
    home.line.write('n.yaml', 'namespaces:\n  - namespace: Shop\n    owner: ann\n  - namespace: acme\n');
    expect(await home.done(mode, folder, ['namespaces', 'apply', 'n.yaml'])).toContain(
      '2 changed, 0 unchanged.\n',
    );
    const file = join(home.line.folder, 'Shop.ndjson');
    await home.done(mode, folder, ['namespaces', 'export', 'Shop', '--out', file]);
    await home.done(mode, folder, ['namespaces', 'import', file, '--as', 'acme']);
    await home.done(mode, folder, ['namespaces', 'forget', 'acme', '--document', 'd10']);
    await home.done(mode, folder, ['cache', 'purge', '--all']);
    const { entries } = JSON.parse(await home.done(mode, folder, ['audit', 'list', '--json']));
    expect(entries.map(({ action, namespace }: Record<string, unknown>) => [action, namespace])).toEqual([
      ['namespace.create', 'Shop'],
      ['namespace.create', 'acme'],
      ['namespace.import', 'acme'],
      ['namespace.forget', 'acme'],
      ['cache.purge', null],
    ]);
    expect(JSON.stringify(entries)).not.toContain('"d10"');
  });
});

describe('while a server owns the folder', () => {
  const settings = { ADMIN_TOKENS: TOKEN };

  it('it is asked to make the changes, and the folder is read for the rest', async () => {
    const folder = home.newFolder();
    const app = await home.start('sqlite', folder, settings);
    await app.teach('Shop', QUERY, ['d10'], 1);
    const more = { ...settings, HTTP_PORT: String(app.port) };
    const done = (...argv: string[]) => home.done('sqlite', folder, argv, more);
    await done('namespaces', 'create', 'acme', '--owner', 'ann');
    await done('namespaces', 'set', 'acme', '--tag', 'eu', '--quota', 'max_vectors=10');
    await done('namespaces', 'status', 'acme', 'read_only');
    expect(JSON.parse(await done('namespaces', 'get', 'acme', '--json'))).toMatchObject({
      owner: 'ann',
      tags: ['eu'],
      status: 'read_only',
      revision: 3,
    });
    home.line.write('n.yaml', 'namespaces:\n  - namespace: acme\n    owner: bob\n');
    expect(await done('namespaces', 'apply', 'n.yaml', '--dry-run')).toContain('owner: "ann" → "bob"');
    expect(await done('namespaces', 'apply', 'n.yaml')).toContain('1 changed');
    const dropped = await home.run(
      'sqlite',
      folder,
      ['namespaces', 'drop', 'Shop', '--force', '--json'],
      more,
    );
    expect(JSON.parse(dropped.stdout)).toMatchObject({ dropped: 'Shop', verified: true });
    expect(await done('namespaces', 'list')).toBe('acme\ndefault\n');
    const { entries } = JSON.parse(await done('audit', 'list', '--namespace', 'acme', '--json'));
    expect(entries[0].actor).toMatch(/^token:[0-9a-f]{16}$/);
    expect(await done('audit', 'verify')).toContain('entries are as they were written');
  });

  it('says which server it is before it drops anything, and what is wrong in the words of the file', async () => {
    const folder = home.newFolder();
    const app = await home.start('sqlite', folder, settings);
    const more = { ...settings, HTTP_PORT: String(app.port) };
    await home.done('sqlite', folder, ['namespaces', 'create', 'acme'], more);
    const asked = await home.run('sqlite', folder, ['namespaces', 'drop', 'acme'], more);
    expect(asked.stderr).toContain(`Drop namespace acme on http://127.0.0.1:${app.port} and all`);
    home.line.write('n.yaml', 'namespaces:\n  - namespace: acme\n  - namespace: bolt\n    parent: nobody\n');
    const applied = await home.run('sqlite', folder, ['namespaces', 'apply', 'n.yaml'], more);
    expect([applied.exitCode, applied.stderr]).toEqual([
      1,
      'n.yaml:4: namespaces[1].parent: must be a registered namespace\n',
    ]);
    const missing = await home.run('sqlite', folder, ['namespaces', 'restore', 'nobody'], more);
    expect([missing.exitCode, missing.stderr]).toEqual([1, 'Namespace not found: nobody\n']);
  });

  it('reads without a token, and refuses the rest', async () => {
    const folder = home.newFolder();
    await home.start('sqlite', folder, settings);
    expect(await home.done('sqlite', folder, ['namespaces', 'list'])).toBe('default\n');
    const refused = await home.run('sqlite', folder, ['namespaces', 'create', 'acme']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^Cannot create acme while a server runs: .* is owned by process \d+; stop it first/,
    );
    const wrong = { ADMIN_TOKENS: 'another-token-of-a-test', HTTP_PORT: '1' };
    const lost = await home.run('sqlite', folder, ['namespaces', 'create', 'acme'], wrong);
    expect(lost.stderr).toMatch(
      /http:\/\/127\.0\.0\.1:1 cannot be reached: .+; --url tells where it listens\n$/,
    );
  });
});

describe('a server that is named', () => {
  it('is asked for everything', async () => {
    const app = await home.start('sqlite', home.newFolder(), { ADMIN_TOKENS: TOKEN });
    const url = `http://127.0.0.1:${app.port}`;
    const more = { ADMIN_TOKENS: TOKEN };
    const elsewhere = home.newFolder();
    const done = (...argv: string[]) => home.done('sqlite', elsewhere, [...argv, '--url', url], more);
    await done('namespaces', 'create', 'acme', '--quota', 'max_queries_per_day=10');
    await app.rank('acme', QUERY);
    expect(JSON.parse(await done('namespaces', 'list', '--prefix', 'a', '--json')).namespaces).toMatchObject([
      { id: 'acme', children: 0 },
    ]);
    expect(JSON.parse(await done('namespaces', 'stats', 'acme', '--json'))).toMatchObject({
      request_total: 1,
    });
    expect(await done('namespaces', 'usage', 'acme')).toMatch(/max_queries_per_day\tacme\t10\t1\t10 %\n/);
    await done('namespaces', 'drop', 'acme', '--grace', '600', '--force');
    expect(JSON.parse(await done('namespaces', 'restore', 'acme', '--json'))).toMatchObject({
      status: 'active',
    });
    expect(JSON.parse(await done('audit', 'list', '--json')).entries).toHaveLength(3);
    expect(existsSync(elsewhere)).toBe(false);
  });

  it('wants a token, the right one, and to be a server', async () => {
    const app = await home.start('sqlite', home.newFolder(), { ADMIN_TOKENS: TOKEN });
    const url = `http://127.0.0.1:${app.port}`;
    const run = (argv: string[], more = {}) => home.run('sqlite', home.newFolder(), argv, more);
    const without = await run(['namespaces', 'list', '--url', url]);
    expect([without.exitCode, without.stderr]).toEqual([
      1,
      expect.stringContaining('NEURALCACHE_ADMIN_TOKENS is not set'),
    ]);
    const wrong = await run(['namespaces', 'list', '--url', url], {
      ADMIN_TOKENS: 'another-token-of-a-test',
    });
    expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringContaining('the server answered 401')]);
    const bad = await run(['namespaces', 'list', '--url', 'ftp://x'], { ADMIN_TOKENS: TOKEN });
    expect(bad.exitCode).toBe(2);
  });
});
