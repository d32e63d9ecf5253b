import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { CommandError, type CommandOutput } from './context.js';

/**
 * Writes as fast as the reader takes it, so that no more than a chunk is held in memory. A reader that leaves ends it.
 */
export async function writeChunks(output: CommandOutput, chunks: AsyncIterable<string>): Promise<void> {
  const leaving = new Promise<'left'>((resolve) => {
    for (const event of ['close', 'error'] as const) output.once?.(event, () => resolve('left'));
  });
  for await (const chunk of chunks) {
    if (output.write(chunk) !== false || output.once === undefined) continue;
    const drained = new Promise<'drained'>((resolve) => output.once?.('drain', () => resolve('drained')));
    if ((await Promise.race([drained, leaving])) === 'left') {
      throw new CommandError('The reader of the output left before its end');
    }
  }
}

/**
 * Writes a file of the owner's alone (0600) that is whole or not there: under another name beside it first. One that is
 * there already is replaced.
 */
export async function writeWholeFile(path: string, chunks: AsyncIterable<string>): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.partial`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      for await (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
