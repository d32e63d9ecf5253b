import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CommandLine } from '../fixtures/command-line.js';

let line: CommandLine;
beforeEach(() => {
  line = new CommandLine();
});
afterEach(() => line.remove());

it('openapi prints the description under the settings', async () => {
  line.env = { NEURALCACHE_NAMESPACE_HEADER: 'X-Shop' };
  const { exitCode, stdout } = await line.run(['openapi']);
  expect(exitCode).toBe(0);
  const { openapi, components } = JSON.parse(stdout);
  expect([openapi, components.parameters.namespace.name]).toEqual(['3.1.1', 'X-Shop']);
});

it('openapi --page --out writes the page to a file', async () => {
  const { exitCode, stdout } = await line.run(['openapi', '--page', '--out', 'docs.html']);
  expect([exitCode, stdout]).toEqual([0, '']);
  expect(readFileSync(join(line.folder, 'docs.html'), 'utf8')).toMatch(/^<!doctype html>/);
});

it('openapi says where it cannot write', async () => {
  const { exitCode, stderr } = await line.run(['openapi', '--out', 'no/such/folder.json']);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/cannot be written: ENOENT/);
});
