import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/catalog/audit-chain.js';
import type { AuditRow } from '../../src/stores/catalog-store.js';
import { StorageError } from '../../src/stores/store.js';
import { CommandLine } from '../fixtures/command-line.js';

let line: CommandLine;
beforeEach(async () => {
  line = new CommandLine();
  await line.run(['namespaces', 'create', 'acme', '--owner', 'ann']);
  line.clock.advance(60_000);
  await line.run(['namespaces', 'create', 'bolt']);
  await line.run(['namespaces', 'set', 'acme', '--owner', 'bob']);
});
afterEach(() => line.remove());

const run = (...argv: string[]) => line.run(['audit', ...argv]);

describe('audit list', () => {
  it('prints who changed what and when', async () => {
    const { stdout, stderr } = await line.run(['audit', 'list'], { terminal: true });
    expect(stdout).toMatch(/│ 1 +│ 2023-11-14T22:13:20.000Z │ cli:\S+ │ namespace.create │ acme /);
    expect(stdout).toMatch(/│ namespace.update │ acme +│ \{"owner":"ann"\} → \{"owner":"bob"\} /);
    expect(stderr).toBe('');
    const piped = (await run('list')).stdout.split('\n');
    expect(piped[2]).toMatch(
      /^3\t\S+Z\tcli:\S+\tnamespace.update\tacme\t\{"owner":"ann"\} → \{"owner":"bob"\}$/,
    );
  });

  it('prints those that are asked for, page by page', async () => {
    const entries = async (...argv: string[]) =>
      JSON.parse((await run('list', '--json', ...argv)).stdout) as {
        entries: { seq: number }[];
        next_cursor: string | null;
      };
    const seqs = async (...argv: string[]) => (await entries(...argv)).entries.map(({ seq }) => seq);
    expect(await seqs('--namespace', 'acme')).toEqual([1, 3]);
    expect(await seqs('--action', 'namespace.create')).toEqual([1, 2]);
    expect(await seqs('--since', '2023-11-14T22:14:00Z')).toEqual([2, 3]);
    expect(await seqs('--actor', 'nobody')).toEqual([]);
    const { next_cursor } = await entries('--limit', '2');
    expect(await seqs('--limit', '2', '--cursor', next_cursor!)).toEqual([3]);
    expect((await run('list', '--limit', '2')).stderr).toBe(`There are more: --cursor ${next_cursor}\n`);
  });

  it('refuses an action there is none of, and says which there are', async () => {
    const { exitCode, stderr } = await run('list', '--action', 'namespace.vanish');
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining('one of namespace.create, namespace.update'),
    ]);
  });

  it('refuses what is no time', async () => {
    expect((await run('list', '--since', 'yesterday')).exitCode).toBe(1);
  });
});

describe('audit verify', () => {
  it('says how far the chain goes, also while a server owns the folder', async () => {
    line.failure = new StorageError('locked', '/data is owned by process 42');
    const { exitCode, stdout } = await run('verify');
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/^3 entries are as they were written; the last is 3, [0-9a-f]{64}\n$/),
    ]);
    expect(JSON.parse((await run('verify', '--json')).stdout)).toMatchObject({ entries: 3, problem: null });
  });

  it('says so of an empty one', async () => {
    line.remove();
    line = new CommandLine();
    expect((await run('verify')).stdout).toBe('0 entries are as they were written\n');
  });

  it.each([
    [
      'changed',
      (rows: AuditRow[]) => rows.map((row) => (row.seq === 2 ? { ...row, actor: 'system' } : row)),
      2,
    ],
    ['left out', (rows: AuditRow[]) => rows.filter(({ seq }) => seq !== 2), 3],
    ['moved', ([one, two, three]: AuditRow[]) => [two!, one!, three!], 2],
    ['stripped of its values', (rows: AuditRow[]) => rows.map((row) => ({ ...row, values: null })), 1],
  ])('names the first entry where one was %s', async (_, tamper, seq) => {
    const rows = await line.catalog.audit({}, 0, 10);
    line.catalog.audit = async () => tamper(rows);
    const { exitCode, stderr } = await run('verify');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`^Entry ${seq} of the audit log: `));
    expect(JSON.parse((await run('verify', '--json')).stdout).problem.seq).toBe(seq);
  });

  it('still holds once a namespace is gone, and its values with it', async () => {
    await line.run(['namespaces', 'drop', 'acme', '--force']);
    expect((await run('verify')).exitCode).toBe(0);
    expect((await run('list', '--namespace', 'acme')).stdout).toContain('(gone with the namespace)');
  });

  it('shows by the hash of a log line whether the end was cut off', async () => {
    const [first, , last] = await line.catalog.audit({}, 0, 10);
    expect((await run('verify', '--expect', last!.hash)).exitCode).toBe(0);
    expect(JSON.parse((await run('verify', '--json', '--expect', first!.hash)).stdout).expected).toBe(true);
    line.catalog.audit = async () => [first!];
    const cut = await run('verify', '--expect', last!.hash);
    expect([cut.exitCode, cut.stderr]).toEqual([
      1,
      expect.stringContaining(`No entry has the hash ${last!.hash}`),
    ]);
    expect((await run('verify', '--expect', 'abc')).exitCode).toBe(2);
  });

  it.each<[string, (value: Record<string, unknown>) => string, string]>([
    [
      'made active again',
      (value) => JSON.stringify({ ...value, status: 'active' }),
      'not what the log says: status',
    ],
    [
      'given another limit',
      (value) => JSON.stringify({ ...value, quotas: { max_vectors: { limit: 1 } } }),
      'not what the log says: quotas',
    ],
    ['garbled', () => '{bad', 'its record cannot be read'],
  ])('names a record that was %s behind the log', async (_, tamper, why) => {
    await line.run(['namespaces', 'status', 'acme', 'suspended']);
    const row = (await line.catalog.get('namespace', 'acme'))!;
    await line.catalog.commit([{ put: { ...row, value: tamper(JSON.parse(row.value)) } }]);
    const { exitCode, stderr } = await run('verify');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`Namespace acme: ${why}`)]);
  });

  it('names a record that is gone, and one that nobody made', async () => {
    const row = (await line.catalog.get('namespace', 'acme'))!;
    const other = JSON.stringify({ ...JSON.parse(row.value), id: 'other' });
    await line.catalog.commit([
      { remove: { kind: 'namespace', key: 'acme' } },
      { put: { kind: 'namespace', key: 'other', value: other } },
    ]);
    expect((await run('verify')).stderr).toBe(
      'Namespace acme: there is no record of it\nNamespace other: no entry made its record\n',
    );
    expect(JSON.parse((await run('verify', '--json')).stdout).records).toHaveLength(2);
  });

  it('finds nothing in records that lived, were declared, deleted, brought back and purged', async () => {
    writeFileSync(
      join(line.folder, 'ns.yaml'),
      'namespaces:\n  - {namespace: told, tier: pro, quotas: {max_vectors: 5}, tags: [x]}\n  - {namespace: told.kid, parent: told, policies: {retention_days: null}}\n',
    );
    for (const argv of [
      ['apply', 'ns.yaml'],
      ['set', 'told', '--unset', 'tags.x', '--name', 'Told'],
      ['drop', 'told.kid', '--grace', '100', '--force'],
      ['restore', 'told.kid'],
      ['status', 'told', 'read_only'],
      ['drop', 'bolt', '--force'],
      ['create', 'bolt', '--owner', 'eve'],
    ]) {
      const done = await line.run(['namespaces', ...argv]);
      expect([argv, done.exitCode, done.stderr]).toEqual([argv, 0, expect.anything()]);
    }
    expect(await run('verify')).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('walks more than a page', async () => {
    await line.run(['namespaces', 'list']);
    const rows = await line.catalog.audit({}, 0, 10);
    const asked: number[] = [];
    line.catalog.audit = async (_, after) => {
      asked.push(after);
      const page = { ...rows[0]!, seq: after + 1 };
      return after === 0 ? Array.from({ length: 1000 }, (_, n) => ({ ...page, seq: n + 1 })) : [];
    };
    expect((await run('verify')).stderr).toContain('Entry 2 ');
    expect(asked).toEqual([0, 1000]);
  });
});

describe('audit export', () => {
  it('writes all entries with what their hashes are made of, for the owner alone', async () => {
    const { stdout } = await run('export', 'audit.ndjson');
    const path = join(line.folder, 'audit.ndjson');
    expect(stdout).toBe(`Exported 3 entries to ${path}\n`);
    const rows = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as AuditRow);
    expect(rows).toEqual(await line.catalog.audit({}, 0, 10));
    expect(verifyChain(rows)).toBeNull();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const json = JSON.parse((await run('export', 'audit.ndjson', '--json')).stdout);
    expect(json).toEqual({ exported: 3, file: path });
  });

  it('writes to the output for -', async () => {
    const { stdout } = await run('export', '-');
    expect(stdout.trim().split('\n')).toHaveLength(3);
  });
});
