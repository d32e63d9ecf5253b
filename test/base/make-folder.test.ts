import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/base/make-folder.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'make-folder-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function codeOfMaking(path: string): string | undefined {
  try {
    makeFolder(path);
    return undefined;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code;
  }
}

describe('a folder', () => {
  it('is made with those above it, and stays where it is there', () => {
    const folder = join(home, 'a', 'b', 'c');
    makeFolder(folder);
    writeFileSync(join(folder, 'kept'), '');
    makeFolder(folder);
    expect(statSync(join(folder, 'kept')).isFile()).toBe(true);
  });

  it('may be reached by a link, and is not made where a file or a broken link has its name', () => {
    makeFolder(join(home, 'a'));
    symlinkSync(join(home, 'a'), join(home, 'link'));
    makeFolder(join(home, 'link', 'b'));
    expect(existsSync(join(home, 'a', 'b'))).toBe(true);
    writeFileSync(join(home, 'file'), '');
    symlinkSync(join(home, 'nowhere'), join(home, 'broken'));
    expect(codeOfMaking(join(home, 'file'))).toBe('EEXIST');
    expect(codeOfMaking(join(home, 'file', 'b'))).toBe('ENOTDIR');
    expect(codeOfMaking(join(home, 'broken'))).toBe('EEXIST');
  });
});
