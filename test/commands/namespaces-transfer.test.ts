import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyedHash } from '../../src/base/keyed-hash.js';
import { StorageError } from '../../src/stores/store.js';
import { CommandLine } from '../fixtures/command-line.js';
import { everything, fill, row, rowsOf } from '../transfer/store-rows.js';

const shop = [
  row('cell', 'c1', '{"a":"ü"}'),
  row('impression', 'r1', '{}', { group: 'c1', expiresAt: 1_700_000_000_000 }),
];

let line: CommandLine;
beforeEach(async () => {
  line = new CommandLine();
  await fill(line.store, 'shop', shop);
  await fill(line.store, 'blog', [row('cell', 'c1')]);
});
afterEach(() => line.remove());

/** The namespace `shop` as a file, with a state of this hash key and encoder. */
async function exportShop(hashKey = line.identity.hash.fingerprint, encoder = line.identity.encoder.id) {
  await fill(line.store, 'shop', [row('meta', 'state', JSON.stringify({ hashKey, encoder }))]);
  const run = await line.run(['namespaces', 'export', 'shop', '--out', 'shop.ndjson']);
  expect([run.exitCode, run.stderr]).toEqual([0, '']);
  return readFileSync(join(line.folder, 'shop.ndjson'), 'utf8');
}

describe('namespaces export', () => {
  it('writes the stream to the output, without taking the folder', async () => {
    line.failure = new StorageError('locked', '/data is owned by process 42');
    const { exitCode, stdout, stderr } = await line.run(['namespaces', 'export', 'shop']);
    expect([exitCode, stderr, line.ownerTaken]).toEqual([0, '', 0]);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(lines.map(({ kind, rows }) => kind ?? rows)).toEqual([undefined, 'cell', 'impression', 2]);
  });

  it('writes a file of its owner alone, whole or not at all, with a report', async () => {
    const run = await line.run(['namespaces', 'export', 'shop', '--out', 'shop.ndjson', '--json']);
    const file = join(line.folder, 'shop.ndjson');
    expect(JSON.parse(run.stdout)).toEqual({ exported: 'shop', file });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toBe((await line.run(['namespaces', 'export', 'shop'])).stdout);
    expect(readdirSync(line.folder)).toEqual(['shop.ndjson']);
  });

  it('leaves the file of before alone when reading fails half way', async () => {
    await exportShop();
    const before = readFileSync(join(line.folder, 'shop.ndjson'), 'utf8');
    line.store.scan = async () => {
      throw new StorageError('damaged', 'the file is damaged: x');
    };
    const run = await line.run(['namespaces', 'export', 'shop', '--out', 'shop.ndjson']);
    expect([run.exitCode, run.stderr]).toEqual([1, 'the file is damaged: x\n']);
    expect(readFileSync(join(line.folder, 'shop.ndjson'), 'utf8')).toBe(before);
    expect(readdirSync(line.folder)).toEqual(['shop.ndjson']);
  });

  it('of an unknown name ends with 1 and makes no file', async () => {
    const run = await line.run(['namespaces', 'export', 'shops', '--out', 'x']);
    expect([run.exitCode, run.stderr]).toEqual([1, 'Namespace not found: shops\n']);
    expect(existsSync(join(line.folder, 'x'))).toBe(false);
  });
});

describe('namespaces import', () => {
  it('puts the rows back as they were, under the old name or another', async () => {
    const text = await exportShop();
    const before = await rowsOf(line.store, 'shop');
    await line.store.drop('shop');
    const run = await line.run(['namespaces', 'import', 'shop.ndjson']);
    expect(run).toEqual({ exitCode: 0, stdout: 'Imported shop: 3 rows\n', stderr: '' });
    expect((await line.run(['namespaces', 'export', 'shop'])).stdout).toBe(text);
    const copy = await line.run(['namespaces', 'import', 'shop.ndjson', '--as', 'copy', '--json']);
    expect(JSON.parse(copy.stdout)).toEqual({ imported: 'copy', rows: 3, notes: [] });
    expect(await rowsOf(line.store, 'copy')).toEqual(before);
  });

  it('reads stdin for -, and keeps nothing of it', async () => {
    line.env = { NEURALCACHE_STORAGE_DIR: join(line.folder, 'data') };
    const input = await exportShop();
    const run = await line.run(['namespaces', 'import', '-', '--as', 'copy'], { input });
    expect(run).toEqual({ exitCode: 0, stdout: 'Imported copy: 3 rows\n', stderr: '' });
    expect(await rowsOf(line.store, 'copy')).toEqual(await rowsOf(line.store, 'shop'));
    const cut = await line.run(['namespaces', 'import', '-', '--as', 'other'], { input: input.slice(0, -1) });
    expect([cut.exitCode, cut.stderr]).toEqual([1, 'stdin is cut off: its end is missing\n']);
    expect(readdirSync(join(line.folder, 'data'))).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('reads a pipe, which is read once, as any file', async () => {
    line.env = { NEURALCACHE_STORAGE_DIR: join(line.folder, 'data') };
    const text = await exportShop();
    execFileSync('mkfifo', [join(line.folder, 'pipe')]);
    const written = writeFile(join(line.folder, 'pipe'), text);
    const run = await line.run(['namespaces', 'import', 'pipe', '--as', 'copy']);
    await written;
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    expect(await rowsOf(line.store, 'copy')).toEqual(await rowsOf(line.store, 'shop'));
  });

  it('says so where what cannot be read twice cannot be kept', async () => {
    line.write('data', 'a file');
    line.env = { NEURALCACHE_STORAGE_DIR: join(line.folder, 'data') };
    const run = await line.run(['namespaces', 'import', '-'], { input: 'x' });
    expect([run.exitCode, run.stderr]).toEqual([
      1,
      `${join(line.folder, 'data')} cannot be written (EEXIST)\n`,
    ]);
  });

  it('refuses a namespace that has state, and replaces it with --force', async () => {
    await exportShop();
    await fill(line.store, 'shop', [row('cell', 'newer')]);
    const refused = await line.run(['namespaces', 'import', 'shop.ndjson']);
    expect([refused.exitCode, refused.stderr]).toEqual([1, 'shop has state already; --force replaces it\n']);
    expect(await rowsOf(line.store, 'shop')).toHaveLength(4);
    await line.run(['namespaces', 'import', 'shop.ndjson', '--force']);
    expect(await rowsOf(line.store, 'shop')).toHaveLength(3);
    expect(await rowsOf(line.store, 'blog')).toEqual([row('cell', 'c1')]);
  });

  it('changes nothing where the stream is not whole, whatever was allowed', async () => {
    const text = await exportShop();
    const before = await everything(line.store);
    const spoilt = [text.slice(0, -1), text.replace('"a', '"b'), `${text}{}\n`, '', '\0'.repeat(100)];
    for (const content of spoilt) {
      line.write('spoilt.ndjson', content);
      const run = await line.run(['namespaces', 'import', 'spoilt.ndjson', '--force']);
      expect(run.exitCode).toBe(1);
      expect(run.stderr).toMatch(/^\S+spoilt\.ndjson (is|goes) [^\n]+\n$/);
      expect(await everything(line.store)).toEqual(before);
    }
    expect(line.ownerTaken).toBe(0);
  });

  it('says so where no such file is, or it is a folder', async () => {
    const missing = await line.run(['namespaces', 'import', 'none.ndjson']);
    const path = join(line.folder, 'none.ndjson');
    expect([missing.exitCode, missing.stderr]).toEqual([1, `${path}: there is no such file\n`]);
    const folder = await line.run(['namespaces', 'import', '.']);
    expect([folder.exitCode, folder.stderr]).toEqual([
      1,
      `${line.folder} is a folder, not an exported namespace\n`,
    ]);
  });

  it('refuses while a server owns the folder, and says why', async () => {
    await exportShop();
    line.failure = new StorageError('locked', '/data is owned by process 42');
    const run = await line.run(['namespaces', 'import', 'shop.ndjson', '--force']);
    expect([run.exitCode, run.stderr]).toEqual([
      1,
      'Cannot import shop while a server runs: /data is owned by process 42; stop it first\n',
    ]);
  });

  it('refuses names that the server would refuse', async () => {
    await exportShop();
    const run = await line.run(['namespaces', 'import', 'shop.ndjson', '--as', '../shop\u001b[2J']);
    expect([run.exitCode, run.stderr]).toEqual([1, 'Invalid namespace: "../shop [2J"; --as gives another\n']);
  });

  it('says what will not work as before: another hash key, another encoder', async () => {
    await exportShop(new KeyedHash(Buffer.alloc(32, 1)).fingerprint, 'other@3');
    const { stdout } = await line.run(['namespaces', 'import', 'shop.ndjson', '--as', 'copy', '--json']);
    expect(JSON.parse(stdout).notes).toEqual([
      expect.stringContaining('stored under another hash key'),
      expect.stringContaining('another encoder (other@3, here words@1)'),
    ]);
  });

  it('takes an import that was cut short for none, and can be run again without --force', async () => {
    await exportShop();
    await line.store.drop('shop');
    const { commit } = line.store;
    let commits = 0;
    line.store.commit = async (namespace, changes) => {
      commits += 1;
      if (commits > 1) throw new StorageError('full', 'the disk is full: x');
      await commit.call(line.store, namespace, changes);
    };
    const cut = await line.run(['namespaces', 'import', 'shop.ndjson']);
    expect([cut.exitCode, cut.stderr]).toEqual([1, 'the disk is full: x\n']);
    line.store.commit = commit;
    const exported = await line.run(['namespaces', 'export', 'shop']);
    expect([exported.exitCode, exported.stderr]).toEqual([1, expect.stringContaining('was not finished')]);
    expect((await line.run(['namespaces', 'import', 'shop.ndjson'])).exitCode).toBe(0);
    expect(await rowsOf(line.store, 'shop')).toHaveLength(3);
  });
});
