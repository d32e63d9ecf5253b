import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '../../src/stores/store.js';
import { CommandLine } from '../fixtures/command-line.js';

let line: CommandLine;
beforeEach(async () => {
  line = new CommandLine();
  const counters = {
    format: 1,
    feedback_total: 3,
    request_total: 10,
    created_at: 1_700_000_000_000,
    last_used_at: 1_700_000_060_000,
  };
  await line.store.commit('shop', [
    { put: { kind: 'meta', key: 'counters', value: JSON.stringify(counters) } },
    { put: { kind: 'cell', key: 'c1', value: '{}' } },
    { put: { kind: 'cell', key: 'c2', value: '{}' } },
    { put: { kind: 'document', key: 'd1', value: '{}' } },
  ]);
  await line.store.commit('blog', [{ put: { kind: 'cell', key: 'c1', value: '{}' } }]);
});
afterEach(() => line.remove());

describe('namespaces list', () => {
  it('prints a name a line, or JSON', async () => {
    expect(await line.run(['namespaces', 'list'])).toEqual({
      exitCode: 0,
      stdout: 'blog\ndefault\nshop\n',
      stderr: '',
    });
    const { namespaces, has_more } = JSON.parse((await line.run(['namespaces', 'list', '--json'])).stdout);
    expect([namespaces.map(({ id }: { id: string }) => id), has_more]).toEqual([
      ['blog', 'default', 'shop'],
      false,
    ]);
  });

  it('prints a table on a terminal', async () => {
    await line.run(['namespaces', 'create', 'shop', '--tier', 'pro']);
    const { stdout } = await line.run(['namespaces', 'list'], { terminal: true });
    expect(stdout).toMatch(/│ shop +│ active +│ pro +│ shop +│ 0 +│ 2023-11-14T22:14:20.000Z │/);
    expect(stdout).toMatch(/│ blog +│ active \(not registered\) │ unlimited/);
  });

  it('reads without taking the folder, so that a server may run', async () => {
    line.failure = new StorageError('locked', '/data is owned by process 42');
    expect((await line.run(['namespaces', 'list'])).exitCode).toBe(0);
    expect((await line.run(['namespaces', 'stats', 'shop'])).exitCode).toBe(0);
    expect(line.ownerTaken).toBe(0);
  });

  it('says so where nothing is ever stored', async () => {
    line.env = { NEURALCACHE_STORAGE_BACKEND: 'memory' };
    const { exitCode, stderr } = await line.run(['namespaces', 'list']);
    expect([exitCode, stderr]).toEqual([1, 'NEURALCACHE_STORAGE_BACKEND="memory": nothing is stored\n']);
  });

  it('prints those that are asked for', async () => {
    for (const [id, ...more] of [
      ['acme', '--tenant', 'corp', '--tag', 'eu'],
      ['acme.search', '--tag', 'eu', '--tag', 'gold'],
      ['acme.mail'],
    ] as const) {
      await line.run(['namespaces', 'create', id, ...more]);
    }
    await line.run(['namespaces', 'status', 'acme.mail', 'suspended']);
    const names = async (...argv: string[]) =>
      (await line.run(['namespaces', 'list', ...argv])).stdout.trim().split('\n');
    expect(await names('--prefix', 'acme')).toEqual(['acme', 'acme.mail', 'acme.search']);
    expect(await names('--parent', 'acme')).toEqual(['acme.mail', 'acme.search']);
    expect(await names('--tenant', 'corp', '--tag', 'eu')).toEqual(['acme', 'acme.search']);
    expect(await names('--status', 'suspended')).toEqual(['acme.mail']);
    expect(await names('--tag', 'silver')).toEqual(['']);
  });

  it('prints no more than asked, and says that there are more', async () => {
    const { stdout, stderr } = await line.run(['namespaces', 'list', '--limit', '2']);
    expect([stdout, stderr]).toEqual(['blog\ndefault\n', 'There are more than 2; --all prints them\n']);
    const json = JSON.parse((await line.run(['namespaces', 'list', '--limit', '2', '--json'])).stdout);
    expect([json.namespaces.length, json.has_more]).toEqual([2, true]);
    const all = await line.run(['namespaces', 'list', '--limit', '2', '--all']);
    expect([all.stdout, all.stderr]).toEqual(['blog\ndefault\nshop\n', '']);
  });

  it('prints more than a page', async () => {
    for (let n = 0; n < 1100; n += 1)
      await line.store.commit(`name-${n}`, [{ put: { kind: 'cell', key: 'c', value: '{}' } }]);
    const { stdout } = await line.run(['namespaces', 'list', '--all', '--json']);
    expect(JSON.parse(stdout).namespaces).toHaveLength(1103);
  });

  it('is called wrongly with a status that there is not', async () => {
    const { exitCode, stderr } = await line.run(['namespaces', 'list', '--status', 'gone']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--status gone: expected one of')]);
  });
});

describe('namespaces stats', () => {
  it('prints the durable count of feedbacks and what is stored', async () => {
    const { stdout } = await line.run(['namespaces', 'stats', 'shop', '--json']);
    const stats = JSON.parse(stdout);
    expect(stats).toMatchObject({
      namespace: 'shop',
      feedback_total: 3,
      request_total: 10,
      last_used_at: '2023-11-14T22:14:20.000Z',
      cells: 2,
      documents_known: 1,
      impressions: 0,
    });
    expect(stats.storage_bytes).toBeGreaterThan(0);
  });

  it('prints a table for people', async () => {
    const { stdout } = await line.run(['namespaces', 'stats', 'shop'], { terminal: true });
    expect(stdout).toMatch(/feedback_total +│ 3 /);
    expect(stdout).toContain('2023-11-14T22:13:20.000Z');
  });

  it('prints a line for each value into a pipe', async () => {
    const { stdout } = await line.run(['namespaces', 'stats', 'shop']);
    expect(stdout).toContain('\nfeedback_total\t3\n');
    expect(stdout).not.toMatch(/[│┌]/);
  });

  it('counts 0 feedbacks where none was applied yet', async () => {
    const stats = JSON.parse((await line.run(['namespaces', 'stats', 'blog', '--json'])).stdout);
    expect(stats).toMatchObject({ feedback_total: 0, created_at: null });
  });

  it('of an unknown name ends with 1 and says which', async () => {
    const run = await line.run(['namespaces', 'stats', 'shops', '--json']);
    expect(run).toEqual({ exitCode: 1, stdout: '', stderr: 'Namespace not found: shops\n' });
  });
});

describe('namespaces usage', () => {
  it('prints what is used of each quota, its own and its family’s', async () => {
    await line.run([
      'namespaces',
      'create',
      'shop',
      '--quota',
      'max_vectors=8',
      '--quota',
      'max_namespaces=4',
    ]);
    await line.run(['namespaces', 'create', 'shop.eu1', '--quota', 'max_vectors=5']);
    const { stdout } = await line.run(['namespaces', 'usage', 'shop.eu1'], { terminal: true });
    const piped = (await line.run(['namespaces', 'usage', 'shop.eu1'])).stdout;
    expect(piped).toContain('max_vectors\tshop.eu1\t5\t0\t0 %\n');
    expect(stdout).toMatch(/max_vectors +│ shop.eu1 │ 5 +│ 0 +│ 0 % /);
    expect(stdout).toMatch(/max_vectors +│ shop +│ 8 +│ 2 +│ 25 % /);
    expect(stdout).toMatch(/max_namespaces │ shop +│ 4 +│ 1 +│ 25 % /);
    const json = JSON.parse((await line.run(['namespaces', 'usage', 'shop', '--json'])).stdout);
    expect(json).toMatchObject({
      namespace_id: 'shop',
      quota_utilization: 0.25,
      warnings: [],
      quota_use: [
        { quota: 'max_vectors', of: 'shop', limit: 8, used: 2, share: 0.25 },
        { quota: 'max_namespaces', of: 'shop', limit: 4, used: 1, share: 0.25 },
      ],
    });
  });

  it('says where there are none', async () => {
    const { stdout } = await line.run(['namespaces', 'usage', 'blog'], { terminal: true });
    expect(stdout).toBe('blog has no quotas that count anything here\n');
    expect((await line.run(['namespaces', 'usage', 'blog'])).stdout).toBe('');
  });
});

describe('namespaces drop', () => {
  it('asks, saying what will go, and drops on yes', async () => {
    const run = await line.run(['namespaces', 'drop', 'shop'], { input: 'y\n' });
    expect(run.stderr).toMatch(
      /^Drop namespace shop and all that was learned in it \(3 rows, \d+ B\)\? \[y\/N\] $/,
    );
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/^Dropped shop: 4 rows, \d+ B; looked for afterwards, and nothing found\n$/);
    expect(await line.store.namespaces()).toEqual(['blog']);
  });

  it.each(['n\n', '\n', 'yesterday\n', undefined])(
    'keeps everything when the answer is %j',
    async (input) => {
      const run = await line.run(['namespaces', 'drop', 'shop'], { input });
      expect(run.exitCode).toBe(1);
      expect(run.stderr).toContain('Nothing was dropped');
      expect(await line.store.namespaces()).toEqual(['blog', 'shop']);
    },
  );

  it('does not ask when forced', async () => {
    const { exitCode, stdout, stderr } = await line.run(['namespaces', 'drop', 'shop', '--force', '--json']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      dropped: 'shop',
      erased: { rows: 4 },
      verified: true,
      set_aside: [],
    });
    expect(await line.store.namespaces()).toEqual(['blog']);
  });

  it('with a grace takes no more requests, and can be taken back', async () => {
    const run = await line.run(['namespaces', 'drop', 'shop', '--grace', '60', '--force']);
    expect(run.stdout).toBe(
      'shop takes no more requests and is erased at 2023-11-14T22:14:20.000Z; until then namespaces restore takes it back\n',
    );
    expect(await line.store.namespaces()).toEqual(['blog', 'shop']);
    const gone = JSON.parse((await line.run(['namespaces', 'get', 'shop', '--json'])).stdout);
    expect(gone.status).toBe('pending_deletion');
    const back = JSON.parse((await line.run(['namespaces', 'restore', 'shop', '--json'])).stdout);
    expect(back.status).toBe('active');
  });

  it('is called wrongly with a grace and at once', async () => {
    const run = await line.run(['namespaces', 'drop', 'shop', '--grace', '60', '--now']);
    expect([run.exitCode, run.stderr]).toEqual([2, 'give --grace or --now, not both\n']);
  });

  it('refuses one with others below it, and the default one', async () => {
    for (const id of ['shop', 'shop.eu1']) await line.run(['namespaces', 'create', id]);
    const run = await line.run(['namespaces', 'drop', 'shop', '--now'], { input: 'y\n' });
    expect(run.stderr).toContain(', 1 namespaces below it)?');
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining('Namespace has 1 below it')]);
    const other = await line.run(['namespaces', 'drop', 'default', '--force']);
    expect([other.exitCode, other.stderr]).toEqual([1, 'The default namespace cannot be deleted\n']);
    expect(await line.store.namespaces()).toEqual(['blog', 'shop']);
  });

  it('refuses while a server owns the folder and no token is known, and says why', async () => {
    line.failure = new StorageError('locked', '/data is owned by process 42');
    const run = await line.run(['namespaces', 'drop', 'shop', '--force']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toBe(
      'Cannot drop shop while a server runs: /data is owned by process 42; stop it first, or set NEURALCACHE_ADMIN_TOKENS for both\n',
    );
    expect(await line.store.namespaces()).toEqual(['blog', 'shop']);
  });

  it('of an unknown name ends with 1 and asks nothing', async () => {
    const run = await line.run(['namespaces', 'drop', 'shops', '--force']);
    expect([run.exitCode, run.stderr]).toEqual([1, 'Namespace not found: shops\n']);
  });

  it('makes no folder to look for what cannot be there', async () => {
    line.hasFolder = false;
    const run = await line.run(['namespaces', 'drop', 'shop', '--force']);
    expect([run.exitCode, run.stderr, line.ownerTaken]).toEqual([1, 'Namespace not found: shop\n', 0]);
  });
});
