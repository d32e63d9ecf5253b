import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/stores/memory.js';
import { KINDS, type Row } from '../../src/stores/store.js';
import { exportStream } from '../../src/transfer/export-stream.js';
import { importStream, verifyStream } from '../../src/transfer/import-stream.js';
import { isUnfinished, PAGE_ROWS } from '../../src/transfer/namespace-rows.js';
import { fill, row, rowsOf, textOf } from './store-rows.js';

const bounds = { namespaceBytes: 1e9, totalBytes: 1e9 };
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stream-'));
  file = join(folder, 'shop.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function exported(rows: readonly Row[], namespace = 'shop'): Promise<string> {
  const store = new MemoryStore(bounds);
  await fill(store, namespace, rows);
  return textOf(exportStream(store, namespace));
}

/** Imports a text, and answers what the namespace holds then. */
async function imported(text: string | Uint8Array): Promise<{ text: string; rows: Row[] }> {
  writeFileSync(file, text);
  const store = new MemoryStore(bounds);
  await importStream(store, 'shop', await verifyStream(file));
  return { text: await textOf(exportStream(store, 'shop')), rows: await rowsOf(store, 'shop') };
}

const state = JSON.stringify({ format: 1, encoder: 'words@1', hashKey: 'abc' });
const small = [
  row('meta', 'state', state),
  row('cell', 'c', '{"é":1}'),
  row('impression', 'r', '[]', { group: 'c', expiresAt: 12.5 }),
];

const anyRow: fc.Arbitrary<Row> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    key: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
    value: fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.constant('half a pair: \ud800')),
    group: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    expiresAt: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
  })
  .map(({ group, expiresAt, ...rest }) => ({
    ...rest,
    ...(group === undefined ? {} : { group }),
    // JSON has no minus zero.
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt + 0 }),
  }));

describe('an exported namespace', () => {
  it('is a header with what the state says of itself, a row a line, and a count with a checksum', async () => {
    const lines = (await exported(small)).split('\n');
    expect(lines).toHaveLength(6);
    expect(JSON.parse(lines[0]!)).toEqual({
      format: 'neuralcache-namespace',
      version: 1,
      namespace: 'shop',
      encoder: 'words@1',
      hash_key: 'abc',
    });
    expect(JSON.parse(lines[3]!)).toEqual({
      kind: 'impression',
      key: 'r',
      value: '[]',
      group: 'c',
      expires_at: 12.5,
    });
    expect(JSON.parse(lines[4]!)).toEqual({ rows: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(lines[5]).toBe('');
  });

  it('says nothing of an encoder or key where the state cannot be read', async () => {
    const [header] = (await exported([row('meta', 'state', '{"cut')])).split('\n');
    expect(JSON.parse(header!)).toMatchObject({ encoder: null, hash_key: null });
  });

  it('imported and exported again is the same, byte for byte, whatever the rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 30 }), async (rows) => {
        const text = await exported(rows);
        expect((await imported(text)).text).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  it('is read and written a page at a time', async () => {
    const rows = Array.from({ length: 3 * PAGE_ROWS + 1 }, (_, index) => row('cell', `c${index}`));
    const store = new MemoryStore(bounds);
    await fill(store, 'shop', rows);
    const chunks: string[] = [];
    for await (const chunk of exportStream(store, 'shop')) chunks.push(chunk);
    const longest = Math.max(...chunks.map((chunk) => chunk.split('\n').length - 1));
    expect([chunks.length, longest]).toEqual([6, PAGE_ROWS]);
    expect((await imported(chunks.join(''))).rows).toEqual(rows);
  });
});

describe('a stream that is not whole', () => {
  it('is refused, cut at any byte', async () => {
    const bytes = Buffer.from(await exported(small));
    for (let length = 0; length < bytes.length; length += 1) {
      writeFileSync(file, bytes.subarray(0, length));
      await expect(verifyStream(file), `cut to ${length}`).rejects.toThrow(/cut off|no exported namespace/);
    }
  });

  it('is refused with any byte changed', async () => {
    const bytes = Buffer.from(await exported(small));
    for (let offset = 0; offset < bytes.length; offset += 1) {
      for (const bit of [1, 0x80]) {
        const changed = Buffer.from(bytes);
        changed[offset]! ^= bit;
        writeFileSync(file, changed);
        await expect(verifyStream(file), `bit ${bit} of ${offset}`).rejects.toMatchObject({
          name: 'TransferError',
        });
      }
    }
  });

  it.each([
    ['two streams in a row', (text: string) => text + text, 'goes on after its end'],
    ['a line missing', (text: string) => text.replace(/.*"c".*\n/, ''), 'is damaged'],
    [
      'of a newer version',
      (text: string) => text.replace('"version":1', '"version":2'),
      'is of version 2; this program reads up to 1',
    ],
    ['something else', () => '{"id":1}\n', 'is no exported namespace'],
    ['empty', () => '', 'is no exported namespace'],
  ])('is refused: %s', async (_, change, message) => {
    writeFileSync(file, change(await exported(small)));
    await expect(verifyStream(file)).rejects.toThrow(message);
  });

  it('leaves the namespace unfinished when it changes between verifying and importing', async () => {
    writeFileSync(file, await exported(small));
    const stream = await verifyStream(file);
    writeFileSync(file, await exported([...small, row('cell', 'other')]));
    const store = new MemoryStore(bounds);
    await expect(importStream(store, 'shop', stream)).rejects.toThrow('changed while it was read');
    expect(await isUnfinished(store, 'shop')).toBe(true);
    await expect(textOf(exportStream(store, 'shop'))).rejects.toThrow('was not finished');
    await importStream(store, 'shop', await verifyStream(file));
    expect(await isUnfinished(store, 'shop')).toBe(false);
  });
});
