import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder } from '../base/make-folder.js';
import { type VerifiedStream, verifyStream } from '../transfer/import-stream.js';
import { type CommandContext, CommandError } from './context.js';

/** A stream that can be read again until it is closed. */
export interface OpenedImport {
  readonly stream: VerifiedStream;
  /** Removes what was kept for the second reading. */
  close(): void;
}

/**
 * Reads an exported namespace to its end: from a file, from stdin for `-`, or from a pipe. What cannot be read twice is
 * kept meanwhile in a folder of its own in `storageDir`. Rejects with `CommandError` where nothing can be read or kept,
 * with `TransferError` unless the stream is whole.
 */
export async function openImport(
  context: CommandContext,
  file: string,
  storageDir: string,
): Promise<OpenedImport> {
  if (file === '-') return keepImport('stdin', context.stdin, storageDir);
  const path = resolve(context.cwd, file);
  const stats = await explained(`${path} cannot be read`, () => statSync(path, { throwIfNoEntry: false }));
  if (stats === undefined) throw new CommandError(`${path}: there is no such file`);
  if (stats.isDirectory()) throw new CommandError(`${path} is a folder, not an exported namespace`);
  if (!stats.isFile()) return keepImport(path, createReadStream(path), storageDir);
  const stream = await explained(`${path} cannot be read`, () => verifyStream(path));
  return { stream, close: () => {} };
}

async function keepImport(
  name: string,
  input: AsyncIterable<Buffer | string>,
  storageDir: string,
): Promise<OpenedImport> {
  const folder = await explained(`${storageDir} cannot be written`, () => {
    makeFolder(storageDir);
    return mkdtempSync(join(storageDir, 'neuralcache.import-'));
  });
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'stream');
    const stream = await explained(`${name} cannot be read`, () => verifyStream(name, keep(input, path)));
    return { stream: { ...stream, path }, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Hands on what was written down. */
async function* keep(input: AsyncIterable<Buffer | string>, path: string): AsyncGenerator<Buffer> {
  const handle = openSync(path, 'wx', 0o600);
  try {
    for await (const chunk of input) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      await explained(`${path} cannot be written`, () => writeFileSync(handle, bytes));
      yield bytes;
    }
  } finally {
    closeSync(handle);
  }
}

/** Does something, and tells in one line what the system has against it. */
async function explained<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw typeof code === 'string' ? new CommandError(`${what} (${code})`) : error;
  }
}
