import { afterEach, beforeEach, expect, it } from 'vitest';
import { SETTINGS } from '../../src/base/settings/table.js';
import { CommandLine } from '../fixtures/command-line.js';

let line: CommandLine;
beforeEach(() => {
  line = new CommandLine();
});
afterEach(() => line.remove());

it('config prints each setting on a line with its value and where it came from', async () => {
  line.env = { NEURALCACHE_API_TOKENS: 'secret-one,secret-two', NEURALCACHE_EPSILON_GREEDY: '0.2' };
  line.write('.env', 'NEURALCACHE_MAX_TOP_K=20\n');
  line.write('neuralcache.yaml', 'scorer: lexical\n');
  const { exitCode, stdout } = await line.run(['config']);
  expect(exitCode).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(Object.keys(SETTINGS).length);
  expect(lines).toEqual(
    expect.arrayContaining([
      'NEURALCACHE_HTTP_PORT=8080  (default)',
      'NEURALCACHE_API_TOKENS=***,***  (environment)',
      'NEURALCACHE_EPSILON=0.2  (environment, NEURALCACHE_EPSILON_GREEDY)',
      'NEURALCACHE_MAX_TOP_K=20  (.env)',
      'NEURALCACHE_SCORER=lexical  (neuralcache.yaml)',
      'NEURALCACHE_MAX_NAMESPACES=  (default)',
    ]),
  );
  expect(stdout).not.toContain('secret');
});

it('config --json prints the same for programs', async () => {
  line.env = { NEURALCACHE_STORAGE_HASH_KEY: 'k'.repeat(20) };
  const { stdout } = await line.run(['config', '--json']);
  const printed = JSON.parse(stdout);
  expect(Object.keys(printed)).toHaveLength(Object.keys(SETTINGS).length);
  expect(printed.NEURALCACHE_HTTP_PORT).toEqual({ value: 8080, origin: 'default' });
  expect(printed.NEURALCACHE_STORAGE_HASH_KEY).toEqual({ value: '***', origin: 'environment' });
  expect(printed.NEURALCACHE_MAX_NAMESPACES.value).toBeNull();
});

it('config tells of ignored names on stderr, so that the JSON stays whole', async () => {
  line.env = { NEURALCACHE_API_TITLE: 'mine' };
  const { stdout, stderr } = await line.run(['config', '--json']);
  expect(() => JSON.parse(stdout)).not.toThrow();
  expect(stderr).toContain('NEURALCACHE_API_TITLE (environment) is ignored');
});

it('config ends with 1 where the settings are wrong', async () => {
  line.env = { NEURALCACHE_EPSILON: '2' };
  const { exitCode, stdout, stderr } = await line.run(['config']);
  expect(exitCode).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toBe('NEURALCACHE_EPSILON="2" (environment): expected a number from 0 to 1\n');
});

it('a pattern of names that could take for ever is refused, and so is a default that does not fit', async () => {
  line.env = { NEURALCACHE_NAMESPACE_PATTERN: '^(a|a)*$' };
  expect((await line.run(['config'])).stderr).toMatch(/^NEURALCACHE_NAMESPACE_PATTERN="\^\(a\|a\)\*\$": /);
  line.env = { NEURALCACHE_DEFAULT_NAMESPACE: 'a/b' };
  expect((await line.run(['config'])).stderr).toMatch(/^NEURALCACHE_DEFAULT_NAMESPACE="a\/b": /);
});
