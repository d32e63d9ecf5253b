import { expect, it } from 'vitest';
import { describeSettings } from '../../../src/base/settings/describe.js';
import { loadSettings } from '../../../src/base/settings/load-settings.js';
import { SETTINGS } from '../../../src/base/settings/table.js';

const readFile = () => {
  throw Object.assign(new Error('none'), { code: 'ENOENT' });
};

it('every setting is described once, with where it came from and secrets masked', () => {
  const env = {
    NEURALCACHE_API_TOKENS: 'tok-one,tok-two',
    NEURALCACHE_STORAGE_HASH_KEY: 'k'.repeat(32),
    PORT: '81',
  };
  const described = describeSettings(loadSettings({ env, cwd: '/srv', readFile }));
  expect(described.map((line) => line.name)).toEqual(
    Object.keys(SETTINGS).map((name) => `NEURALCACHE_${name}`),
  );
  const by = (name: string) => described.find((line) => line.name === `NEURALCACHE_${name}`);
  expect(by('API_TOKENS')).toMatchObject({ value: ['***', '***'], origin: 'environment' });
  expect(by('STORAGE_HASH_KEY')?.value).toBe('***');
  expect(by('HTTP_PORT')).toMatchObject({ value: 81, origin: 'environment, PORT' });
  expect(by('MAX_NAMESPACES')).toMatchObject({ value: null, origin: 'default' });
  expect(JSON.stringify(described)).not.toMatch(/tok-|kkkk/);
});

it('secrets that are not set are shown as such', () => {
  const described = describeSettings(loadSettings({ env: {}, cwd: '/srv', readFile }));
  expect(described.find((line) => line.name === 'NEURALCACHE_API_TOKENS')?.value).toEqual([]);
  expect(described.find((line) => line.name === 'NEURALCACHE_STORAGE_HASH_KEY')?.value).toBeNull();
});
