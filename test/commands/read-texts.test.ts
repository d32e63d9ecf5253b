import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTexts } from '../../src/commands/read-texts.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'texts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(name: string, content: string | Uint8Array, limits = {}): Promise<string[]> {
  writeFileSync(join(folder, name), content);
  return readTexts(join(folder, name), { texts: 1000, characters: 1000, ...limits });
}

describe('texts to learn from', () => {
  it('are the lines of a file, blank ones left out', async () => {
    expect(await read('a.txt', ' one two \n\n  \nthree\r\n')).toEqual(['one two', 'three']);
  });

  it('are the field "text" of JSON lines', async () => {
    expect(await read('a.jsonl', '{"text":"one"}\n{"text":" "}\n{"text":"two","x":1}\n')).toEqual([
      'one',
      'two',
    ]);
  });

  it('may be packed', async () => {
    expect(await read('a.txt.gz', gzipSync('one\ntwo\n'))).toEqual(['one', 'two']);
    expect(await read('a.jsonl.gz', gzipSync('{"text":"one"}\n'))).toEqual(['one']);
  });

  it('are cut between characters', async () => {
    expect(await read('a.txt', 'abcdef\nab😀c\n', { characters: 3 })).toEqual(['abc', 'ab']);
  });

  it('are drawn by chance where there are more than wanted, the same each time, from all of the file', async () => {
    const lines = Array.from({ length: 1000 }, (_, line) => `line ${line}`);
    const drawn = await read('a.txt', lines.join('\n'), { texts: 100 });
    expect(await read('a.txt', lines.join('\n'), { texts: 100 })).toEqual(drawn);
    expect(new Set(drawn).size).toBe(100);
    const numbers = drawn.map((text) => Number(text.slice(5)));
    const mean = numbers.reduce((sum, value) => sum + value, 0) / 100;
    // 500 expected, standard deviation of the mean 29.
    expect(mean).toBeGreaterThan(380);
    expect(mean).toBeLessThan(620);
  });

  it.each([
    ['a.jsonl', '{"text":"one"}\n{"txt":"two"}\n', /a\.jsonl, line 2: "text" is missing/],
    ['a.txt', Uint8Array.of(0x61, 0x0a, 0xff, 0xfe), /not UTF-8/],
    ['a.txt.gz', 'not packed', /not whole gzip data/],
  ])('that cannot be read are an error with file and line: %s', async (name, content, message) => {
    await expect(read(name, content)).rejects.toThrow(message);
  });

  it('that are not there are an error', async () => {
    await expect(readTexts(join(folder, 'none.txt'), { texts: 1, characters: 1 })).rejects.toThrow(/ENOENT/);
  });
});
