import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FolderLock, LOCK_FILE, OWNER_FILE } from '../../src/stores/lock.js';
import { StorageError } from '../../src/stores/store.js';
import { makeFolder } from './sqlite-harness.js';

let home: ReturnType<typeof makeFolder>;
const children: ChildProcess[] = [];

beforeEach(() => {
  home = makeFolder();
});
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  home.remove();
});

/** A process that owns the folder until it is killed. */
async function startOwner(folder: string): Promise<ChildProcess> {
  const module = new URL('../../dist/stores/lock.js', import.meta.url);
  const script = `
    const { FolderLock } = await import(${JSON.stringify(module.href)});
    new FolderLock(process.argv[1]).acquire();
    console.log('owned');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

function failureOf(work: () => void): StorageError {
  try {
    work();
  } catch (cause) {
    expect(cause).toBeInstanceOf(StorageError);
    return cause as StorageError;
  }
  throw new Error('nothing was thrown');
}

it('refuses a folder that another process owns, and names it, until that process is killed', async () => {
  const owner = await startOwner(home.folder);
  const lock = new FolderLock(home.folder);
  const error = failureOf(() => lock.acquire());
  expect(error.failure).toBe('locked');
  expect(error.message).toBe(`${home.folder} is owned by process ${owner.pid}`);
  expect(lock.isHeld).toBe(false);

  owner.kill('SIGKILL');
  await once(owner, 'exit');
  lock.acquire();
  expect(lock.isHeld).toBe(true);
  expect(readFileSync(join(home.folder, OWNER_FILE), 'utf8')).toBe(`${process.pid}\n`);
  lock.release();
});

it('does not name a process that is gone', async () => {
  await startOwner(home.folder);
  writeFileSync(join(home.folder, OWNER_FILE), '999999999\n');
  expect(failureOf(() => new FolderLock(home.folder).acquire()).message).toBe(
    `${home.folder} is owned by another process`,
  );
});

it('makes the folder, can be taken twice by its holder, and is free once released', () => {
  const folder = join(home.folder, 'deep', 'down');
  const lock = new FolderLock(folder);
  lock.acquire();
  lock.acquire();
  const other = new FolderLock(folder);
  expect(failureOf(() => other.acquire()).failure).toBe('locked');
  lock.release();
  lock.release();
  expect(existsSync(join(folder, OWNER_FILE))).toBe(false);
  other.acquire();
  expect(other.isHeld).toBe(true);
  other.release();
});

it('is taken anew when the folder was replaced by another', () => {
  const folder = join(home.folder, 'data');
  const lock = new FolderLock(folder);
  lock.acquire();
  renameSync(folder, `${folder}.old`);
  lock.acquire();
  expect(existsSync(join(folder, LOCK_FILE))).toBe(true);
  expect(failureOf(() => new FolderLock(folder).acquire()).failure).toBe('locked');
  lock.release();
});

it('reports a folder that cannot be had and takes it once it can', () => {
  const folder = join(home.folder, 'data');
  symlinkSync(join(home.folder, 'file', 'below'), folder);
  writeFileSync(join(home.folder, 'file'), '');
  const lock = new FolderLock(folder);
  expect(failureOf(() => lock.acquire()).failure).toBe('io');
  rmSync(folder);
  lock.acquire();
  expect(lock.isHeld).toBe(true);
  lock.release();
});
