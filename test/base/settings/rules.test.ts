import { expect, it } from 'vitest';
import { loadSettings } from '../../../src/base/settings/load-settings.js';
import { openAccessProblem } from '../../../src/base/settings/rules.js';

function problem(env: Record<string, string>): string | undefined {
  const readFile = () => {
    throw Object.assign(new Error('none'), { code: 'ENOENT' });
  };
  return openAccessProblem(loadSettings({ env, cwd: '/srv', readFile }).settings);
}

it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]'])(
  'listening on %s needs no credentials',
  (host) => {
    expect(problem({ NEURALCACHE_HTTP_HOST: host })).toBeUndefined();
  },
);

it.each(['0.0.0.0', '::', '192.168.1.5', 'localhost.example.com', '128.0.0.1'])(
  'listening on %s without credentials is refused in one line that says what to set',
  (host) => {
    const sentence = problem({ NEURALCACHE_HTTP_HOST: host });
    expect(sentence).toContain('NEURALCACHE_API_TOKENS');
    expect(sentence).toContain('NEURALCACHE_ALLOW_OPEN=true');
    expect(sentence).not.toContain('\n');
  },
);

it('tokens or the explicit word allow listening everywhere', () => {
  expect(problem({ NEURALCACHE_HTTP_HOST: '0.0.0.0', NEURALCACHE_API_TOKENS: 'secret' })).toBeUndefined();
  expect(problem({ NEURALCACHE_HTTP_HOST: '0.0.0.0', NEURALCACHE_ALLOW_OPEN: 'true' })).toBeUndefined();
});
