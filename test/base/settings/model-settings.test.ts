import { describe, expect, it } from 'vitest';
import { loadSettings, SettingsError } from '../../../src/base/settings/load-settings.js';

function load(values: Readonly<Record<string, string>>) {
  const env = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`NEURALCACHE_${name}`, value]),
  );
  return loadSettings({ env, cwd: '/srv', readFile: missing });
}

function missing(): never {
  throw Object.assign(new Error('no file'), { code: 'ENOENT' });
}

function problemsOf(values: Readonly<Record<string, string>>): readonly string[] {
  try {
    load(values);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

const ONNX = { EMBEDDING_BACKEND: 'onnx', EMBEDDING_MODEL: 'ORG/NAME' };
const SERVICE = { EMBEDDING_BACKEND: 'openai', EMBEDDING_MODEL: 'm', EMBEDDING_URL: 'http://127.0.0.1:1/v1' };

describe('an encoder of its own', () => {
  it.each([ONNX, SERVICE])('means the fusion with lexical, unless a scorer is set: %j', (values) => {
    const { settings, origins } = load(values);
    expect(settings.scorer).toBe('lexical:0.35,embedding:0.65');
    expect(origins.SCORER.label).toBe('environment, NEURALCACHE_EMBEDDING_BACKEND');
    expect(load({ ...values, SCORER: 'hybrid' }).settings.scorer).toBe('hybrid');
  });

  it.each(['static', 'hash'])('is not %s', (backend) => {
    expect(load({ EMBEDDING_BACKEND: backend }).settings.scorer).toBe('hybrid');
  });

  it.each([
    [{ EMBEDDING_BACKEND: 'onnx' }, 'EMBEDDING_MODEL'],
    [{ ...SERVICE, EMBEDDING_MODEL: '' }, 'EMBEDDING_URL and NEURALCACHE_EMBEDDING_MODEL'],
    [{ ...SERVICE, EMBEDDING_URL: '' }, 'EMBEDDING_URL and NEURALCACHE_EMBEDDING_MODEL'],
    [{ SCORER: 'cross-encoder' }, 'CROSS_ENCODER_MODEL'],
    [{ SCORER: 'lexical:1,cross-encoder:2' }, 'CROSS_ENCODER_MODEL'],
    [{ EMBEDDING_URL: 'ftp://host' }, 'http or https'],
    [{ EMBEDDING_QUERY_PROMPT: '"open' }, 'or a JSON string of them'],
  ])('that lacks what it needs stops the start: %j', (values, named) => {
    const found = problemsOf(values);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(named);
  });
});

it('a process that hangs is replaced while those who wait for it still wait', () => {
  const { inferenceRunTimeoutMs, inferenceTimeoutMs } = load({}).settings;
  expect(inferenceRunTimeoutMs).toBeLessThan(inferenceTimeoutMs);
});

describe('the URL of a service', () => {
  it.each([
    ['http://user:pw@host', 'http://***@host'],
    ['https://user@host:8080/v1', 'https://***@host:8080/v1'],
    ['http://user:p@w/pw@host/v1', 'http://***@host/v1'],
    [`http://user:${'pw'.repeat(100)}@host`, 'http://***@host'],
    ['user:pw@host', 'user:***@host'],
    ['http:user:pw@host', 'http:***@host'],
  ])('holds no credentials, shows none, and is not missed on top: %s', (EMBEDDING_URL, shown) => {
    expect(problemsOf({ ...SERVICE, EMBEDDING_URL })).toEqual([
      `NEURALCACHE_EMBEDDING_URL="${shown}" (environment): expected an http or https URL without credentials in it: use EMBEDDING_API_KEY`,
    ]);
  });

  it('is missed where only that of another setting was refused', () => {
    const found = problemsOf({ ...SERVICE, EMBEDDING_URL: '', EMBEDDING_BATCH_SIZE: 'many' });
    expect(found).toEqual([
      expect.stringContaining('EMBEDDING_BATCH_SIZE="many"'),
      expect.stringContaining('needs NEURALCACHE_EMBEDDING_URL'),
    ]);
  });

  it.each(['http://[::1]:8080', 'https://host/ai/run/@cf/v1?user=a@b', 'HTTP://host'])('may be %s', (url) => {
    expect(load({ EMBEDDING_URL: url }).settings.embeddingUrl).toBe(url);
  });

  it.each(['http://host:port', 'http://', 'host:80', 'http://host/#a'])('is not %s', (url) => {
    expect(problemsOf({ EMBEDDING_URL: url })).toEqual([
      expect.stringMatching(/expected an http or https URL$/),
    ]);
  });
});

describe('a prompt', () => {
  it.each([
    ['query:', 'query:'],
    ['"query: "', 'query: '],
    ['""', ''],
    ['auto', 'auto'],
  ])('%j is %j', (written, prompt) => {
    expect(load({ EMBEDDING_QUERY_PROMPT: written }).settings.embeddingQueryPrompt).toBe(prompt);
  });
});
