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
      stdout: 'blog\nshop\n',
      stderr: '',
    });
    expect(JSON.parse((await line.run(['namespaces', 'list', '--json'])).stdout)).toEqual(['blog', 'shop']);
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
});

describe('namespaces stats', () => {
  it('prints the durable count of feedbacks and what is stored', async () => {
    const { stdout } = await line.run(['namespaces', 'stats', 'shop', '--json']);
    const stats = JSON.parse(stdout);
    expect(stats).toMatchObject({
      namespace: 'shop',
      feedback_total: 3,
      request_total: 10,
      last_used_at: 1_700_000_060_000,
      cells: 2,
      documents_known: 1,
      impressions: 0,
    });
    expect(stats.storage_bytes).toBeGreaterThan(0);
  });

  it('prints a table for people', async () => {
    const { stdout } = await line.run(['namespaces', 'stats', 'shop']);
    expect(stdout).toMatch(/feedback_total +│ 3 /);
    expect(stdout).toContain('2023-11-14T22:13:20.000Z');
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

describe('namespaces drop', () => {
  it('asks, and drops on yes', async () => {
    const run = await line.run(['namespaces', 'drop', 'shop'], { input: 'y\n' });
    expect(run.stderr).toContain('Drop namespace shop');
    expect([run.exitCode, run.stdout]).toEqual([0, 'Dropped shop\n']);
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
    const run = await line.run(['namespaces', 'drop', 'shop', '--force', '--json']);
    expect(run).toEqual({ exitCode: 0, stdout: '{"dropped":"shop","set_aside":[]}\n', stderr: '' });
    expect(await line.store.namespaces()).toEqual(['blog']);
  });

  it('refuses while a server owns the folder, and says why', async () => {
    line.failure = new StorageError('locked', '/data is owned by process 42');
    const run = await line.run(['namespaces', 'drop', 'shop', '--force']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toBe(
      'Cannot drop shop while a server runs: /data is owned by process 42; stop it first\n',
    );
    expect(await line.store.namespaces()).toEqual(['blog', 'shop']);
  });

  it('of an unknown name ends with 1 before it takes the folder', async () => {
    const run = await line.run(['namespaces', 'drop', 'shops', '--force']);
    expect([run.exitCode, run.stderr]).toEqual([1, 'Namespace not found: shops\n']);
    expect(line.ownerTaken).toBe(0);
  });
});
