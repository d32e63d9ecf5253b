import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadHashKey } from '../../src/stores/hash-key.js';

describe('the hash key file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hash-key-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is made once, for the owner alone, and read ever after', () => {
    const key = loadHashKey(folder);
    expect(key.length).toBe(32);
    expect(statSync(join(folder, 'hash.key')).mode & 0o777).toBe(0o600);
    expect(Buffer.from(loadHashKey(folder))).toEqual(Buffer.from(key));
    expect(readdirSync(folder)).toEqual(['hash.key']);
  });

  it('takes the key in use when the folder comes back without one', () => {
    const inUse = Buffer.alloc(32, 7);
    expect(Buffer.from(loadHashKey(folder, inUse))).toEqual(inUse);
    expect(Buffer.from(loadHashKey(folder))).toEqual(inUse);
  });

  it('is never overwritten when it is damaged', () => {
    writeFileSync(join(folder, 'hash.key'), 'short');
    expect(() => loadHashKey(folder)).toThrow(/is damaged/);
    expect(readFileSync(join(folder, 'hash.key'), 'utf8')).toBe('short');
  });

  it('tells when the folder cannot be made', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => loadHashKey(join(folder, 'file', 'below'))).toThrow(/ENOTDIR/);
  });
});
