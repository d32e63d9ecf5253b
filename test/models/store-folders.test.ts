import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StoredFolder } from '../../src/models/store-folders.js';
import { writeExport } from '../fixtures/export-folder.js';

const COMMIT = 'ab'.repeat(20);
let storeDir: string;
let folder: StoredFolder;

beforeEach(() => {
  storeDir = mkdtempSync(join(tmpdir(), 'store-'));
  folder = new StoredFolder(join(storeDir, 'acme', 'tiny'), 'tiny');
  writeExport(folder.target, { 'config.json': 'old', 'gone.json': 'old' });
});

afterEach(() => rmSync(storeDir, { recursive: true }));

const config = () => readFileSync(join(folder.target, 'config.json'), 'utf8');

it('what was gathered takes the place of all that was there', () => {
  writeExport(folder.staging(COMMIT), { 'config.json': 'new' });
  folder.install(COMMIT);
  expect(config()).toBe('new');
  expect(readdirSync(folder.target)).toEqual(['config.json']);
  expect(readdirSync(join(storeDir, 'acme'))).toEqual(['tiny']);
});

it('a model stays where it is when another cannot take its place', () => {
  expect(() => folder.install(COMMIT)).toThrow('ENOENT');
  expect(config()).toBe('old');
  expect(readdirSync(join(storeDir, 'acme'))).toEqual(['tiny']);
});

it('tidying keeps what was gathered of the commit that is wanted, and the models beside', () => {
  writeExport(folder.staging(COMMIT), { 'config.json': 'new' });
  writeExport(folder.staging('cd'.repeat(20)), { 'config.json': 'other' });
  writeExport(join(storeDir, 'acme', `.tiny.en.${COMMIT}.partial`), { 'config.json': 'neighbour' });
  folder.tidy(COMMIT);
  expect(folder.unfinished()).toEqual([folder.staging(COMMIT)]);
  folder.tidy();
  expect(folder.unfinished()).toEqual([]);
  expect(readdirSync(join(storeDir, 'acme'))).toEqual([`.tiny.en.${COMMIT}.partial`, 'tiny']);
});

it('removing leaves the models beside', () => {
  writeExport(join(storeDir, 'acme', 'tiny.en'), { 'config.json': 'neighbour' });
  folder.remove();
  expect(readdirSync(join(storeDir, 'acme'))).toEqual(['tiny.en']);
  new StoredFolder(join(storeDir, 'acme', 'tiny.en'), 'tiny.en').remove();
  expect(existsSync(join(storeDir, 'acme'))).toBe(false);
});
