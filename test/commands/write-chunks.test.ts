import { EventEmitter } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeChunks, writeWholeFile } from '../../src/commands/write-chunks.js';

/** An output that takes one chunk at a time. */
class SlowOutput extends EventEmitter {
  readonly taken: string[] = [];

  write(text: string): boolean {
    this.taken.push(text);
    return false;
  }
}

const chunksOf = (asked: string[]) =>
  (async function* () {
    for (const chunk of ['a', 'b', 'c']) {
      asked.push(chunk);
      yield chunk;
    }
  })();

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('writing chunks', () => {
  it('asks for the next one once the last was taken, so that a slow reader fills no memory', async () => {
    const output = new SlowOutput();
    const asked: string[] = [];
    const done = writeChunks(output, chunksOf(asked));
    for (const expected of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
      await turn();
      expect([asked, output.taken]).toEqual([expected, expected]);
      output.emit('drain');
    }
    await done;
  });

  it('ends when the reader leaves', async () => {
    const output = new SlowOutput();
    const asked: string[] = [];
    const done = writeChunks(output, chunksOf(asked));
    await turn();
    output.emit('close');
    await expect(done).rejects.toThrow('left before its end');
    expect(asked).toEqual(['a']);
  });
});

describe('a whole file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'whole-file-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('takes the place of the one before once its last chunk is there', async () => {
    const path = join(folder, 'out');
    writeFileSync(path, 'old');
    const chunks = (async function* () {
      yield 'n';
      expect(readFileSync(path, 'utf8')).toBe('old');
      yield 'ew';
    })();
    await writeWholeFile(path, chunks);
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('says so where it cannot be written', async () => {
    await expect(writeWholeFile(join(folder, 'none', 'out'), chunksOf([]))).rejects.toThrow('no such file');
  });
});
