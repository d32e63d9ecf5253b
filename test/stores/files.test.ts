import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diskFiles } from '../../src/stores/files.js';
import { setAside } from '../../src/stores/set-aside.js';
import { REPOSITORY_ROOT } from '../fixtures/repository-root.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'neuralcache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.runIf(process.platform !== 'win32')('go on while the process is out of descriptors', () => {
  const module = pathToFileURL(join(REPOSITORY_ROOT, 'dist', 'stores', 'files.js')).href;
  const path = join(folder, 'file');
  const script = `
    const { diskFiles } = await import(${JSON.stringify(module)});
    const { openSync } = await import('node:fs');
    const files = diskFiles();
    try { for (;;) openSync('/dev/null', 'r'); } catch {}
    let refused = '';
    try { openSync('/dev/null', 'r'); } catch (error) { refused = error.code; }
    for (let n = 0; n < 3; n += 1) {
      const handle = files.open(${JSON.stringify(path)}, 'append');
      files.write(handle, Buffer.from('x'));
      files.close(handle);
    }
    console.log(refused, files.read(${JSON.stringify(path)}).toString());
  `;
  writeFileSync(join(folder, 'script.mjs'), script);
  const shell = `ulimit -n 128; exec "${process.execPath}" "${join(folder, 'script.mjs')}"`;
  expect(execFileSync('sh', ['-c', shell], { encoding: 'utf8' })).toBe('EMFILE xxx\n');
});

it('read as nothing where there is nothing', () => {
  const files = diskFiles();
  const path = join(folder, 'none');
  expect([files.read(path), files.readStart(path, 9), files.facts(path), files.list(path)]).toEqual([
    undefined,
    undefined,
    undefined,
    [],
  ]);
  files.remove(path);
});

it('are set aside under names of their own, byte for byte', () => {
  const files = diskFiles();
  const path = join(folder, 'file');
  writeFileSync(path, 'one');
  const first = setAside(files, path, 0);
  rmSync(path);
  writeFileSync(path, 'two');
  const second = setAside(files, path, 0);
  expect(first).toBe(`${path}.damaged-1970-01-01T00-00-00-000Z`);
  expect([readFileSync(first, 'utf8'), readFileSync(second, 'utf8')]).toEqual(['one', 'two']);
  expect(() => setAside(files, join(folder, 'none'), 0)).toThrow(/ENOENT/);
});
