import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskFiles, type Files } from '../../src/stores/files.js';
import { JsonJournal } from '../../src/stores/json-journal.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a journal that syncs', () => {
  it.each(['["0', undefined])('makes its name last with the first entry of a process: found %s', (found) => {
    const path = join(folder, 'a.journal');
    if (found !== undefined) writeFileSync(path, found);
    const synced: string[] = [];
    const disk = diskFiles();
    const files: Files = { ...disk, syncFolder: (name) => void synced.push(name) };
    const facts = files.facts(path);
    const journal = new JsonJournal(
      { files, path, namespace: 'a', sync: 'full' },
      facts && { ...facts, kept: 0 },
    );
    const append = (number: number) => journal.append({ number, sequence: number, changes: [] });
    append(1);
    expect(synced).toContain(folder);
    const before = synced.length;
    append(2);
    expect(synced).toHaveLength(before);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4);
  });
});
