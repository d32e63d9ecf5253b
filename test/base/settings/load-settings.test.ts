import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultSettings, loadSettings, SettingsError } from '../../../src/base/settings/load-settings.js';
import type { ReadFile } from '../../../src/base/settings/sources.js';

const cwd = resolve('/srv/app');

/** Files by path relative to the working folder. */
function files(contents: Record<string, string>): ReadFile {
  const absolute = new Map(Object.entries(contents).map(([name, text]) => [resolve(cwd, name), text]));
  return (path) => {
    const text = absolute.get(path);
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return text;
  };
}

function load(env: Record<string, string>, contents: Record<string, string> = {}) {
  return loadSettings({ env, cwd, readFile: files(contents) });
}

function problems(env: Record<string, string>, contents: Record<string, string> = {}): readonly string[] {
  try {
    load(env, contents);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('values', () => {
  it('are the documented defaults where nothing is set', () => {
    const { settings, warnings } = load({});
    expect(settings).toMatchObject({
      httpPort: 8080,
      httpHost: '127.0.0.1',
      apiTokens: [],
      bodyLimitBytes: 16_777_216,
      namespaceHeader: 'X-NeuralCache-Namespace',
      namespacePattern: '^[a-zA-Z0-9_.-]{1,64}$',
      maxNamespaces: undefined,
      storageBackend: 'sqlite',
      storageDir: resolve(cwd, 'data'),
      impressionTtlS: 86_400,
      impressionTotalMaxBytes: 268_435_456,
      scorer: 'hybrid',
      inputPrior: 'auto',
      weightDense: 1,
      pheromoneDecayHalfLifeS: 1_209_600,
      gatingTemperature: 1,
      deterministicSeed: 1337,
      metricsNamespaceMax: 100,
    });
    expect(warnings).toEqual([]);
    expect(defaultSettings(cwd)).toEqual(settings);
  });

  it('cannot be changed', () => {
    const { settings } = load({ NEURALCACHE_API_TOKENS: 'a,b' });
    expect(() => Object.assign(settings, { httpPort: 1 })).toThrow(TypeError);
    expect(() => (settings.apiTokens as string[]).push('c')).toThrow(TypeError);
  });

  it('come from the environment before .env before the YAML file', () => {
    const contents = {
      '.env': 'NEURALCACHE_EPSILON=0.2\nNEURALCACHE_MAX_TOP_K=20\nOTHER_APP=x\n',
      'neuralcache.yaml': 'epsilon: 0.3\nmax_top_k: 30\nmax_documents: 300\n',
    };
    const { settings, origins } = load({ NEURALCACHE_EPSILON: '0.1' }, contents);
    expect([settings.epsilon, settings.maxTopK, settings.maxDocuments]).toEqual([0.1, 20, 300]);
    expect([origins.EPSILON.origin, origins.MAX_TOP_K.origin, origins.MAX_DOCUMENTS.origin]).toEqual([
      'environment',
      '.env',
      'file',
    ]);
    expect(origins.SCORER.origin).toBe('default');
  });

  it('of the command line are stronger than all others', () => {
    const { settings, origins } = loadSettings({
      env: { NEURALCACHE_EPSILON_GREEDY: '0.1' },
      cwd,
      readFile: files({}),
      overrides: { EPSILON: '0', SCORER: ' ' },
    });
    expect([settings.epsilon, settings.scorer]).toEqual([0, 'hybrid']);
    expect(origins.EPSILON).toEqual({ origin: 'option', label: 'option' });
  });

  it('that are empty count as not set', () => {
    const { settings } = load(
      { NEURALCACHE_EPSILON: ' ', NEURALCACHE_API_TOKENS: '' },
      { 'neuralcache.yaml': 'epsilon: 0.3\nscorer:\n' },
    );
    expect(settings.epsilon).toBe(0.3);
    expect(settings.scorer).toBe('hybrid');
  });

  it('of YAML may be lists, booleans and numbers, with names in any case', () => {
    const { settings } = load(
      {},
      { 'neuralcache.yaml': 'API_TOKENS: [one, two]\nAllow_Open: yes\nhttp_port: 9000\n' },
    );
    expect([settings.apiTokens, settings.allowOpen, settings.httpPort]).toEqual([['one', 'two'], true, 9000]);
  });

  it('of sizes may carry a unit', () => {
    expect(load({ NEURALCACHE_BODY_LIMIT_BYTES: '16 MiB' }).settings.bodyLimitBytes).toBe(16_777_216);
    expect(load({ NEURALCACHE_BODY_LIMIT_BYTES: '5000' }).settings.bodyLimitBytes).toBe(5000);
  });

  it('of lists may be comma-separated or a JSON array', () => {
    expect(load({ NEURALCACHE_API_TOKENS: 'a, b,a' }).settings.apiTokens).toEqual(['a', 'b']);
    expect(load({ NEURALCACHE_API_TOKENS: '["a","b"]' }).settings.apiTokens).toEqual(['a', 'b']);
  });
});

describe('the settings file', () => {
  it('is the one NEURALCACHE_CONFIG names, also from .env', () => {
    expect(load({ NEURALCACHE_CONFIG: 'other.yaml' }, { 'other.yaml': 'epsilon: 0' }).settings.epsilon).toBe(
      0,
    );
    const fromDotenv = { '.env': 'NEURALCACHE_CONFIG=other.yaml', 'other.yaml': 'epsilon: 0' };
    expect(load({}, fromDotenv).settings.epsilon).toBe(0);
  });

  it('that is named by a URL with credentials is told of without them', () => {
    expect(problems({ NEURALCACHE_CONFIG: 'https://me:pw@host/a.yaml' }).join()).toContain(
      'CONFIG="https://***@host/a.yaml": there is no such file',
    );
  });

  it('that is named must exist', () => {
    expect(problems({ NEURALCACHE_CONFIG: 'gone.yaml' })).toEqual([
      'NEURALCACHE_CONFIG="gone.yaml": there is no such file',
    ]);
  });

  it.each([
    ['- 1\n', 'expected a mapping'],
    ['epsilon: {a: 1}\n', 'epsilon: expected one value'],
    ['epsilon: 0\nepsilon: 1\n', 'unique'],
    ['epsilon: [0\n', 'neuralcache.yaml: '],
  ])('%j is refused', (text, reason) => {
    expect(problems({}, { 'neuralcache.yaml': text })).toEqual([expect.stringContaining(reason)]);
  });

  it('may be empty or all comments', () => {
    expect(problems({}, { 'neuralcache.yaml': '' })).toEqual([]);
    expect(problems({}, { 'neuralcache.yaml': '# epsilon: 0\n' })).toEqual([]);
  });
});

describe('refusals', () => {
  it('name the key, the value and the reason, all at once', () => {
    expect(
      problems(
        { NEURALCACHE_HTTP_PORT: 'abc', NEURALCACHE_EPSILON: '1.5', NEURALCACHE_SCORRER: 'x' },
        { '.env': 'NEURALCACHE_DETERMINISTIC=maybe' },
      ),
    ).toEqual([
      'NEURALCACHE_HTTP_PORT="abc" (environment): expected a whole number from 0 to 65535',
      'NEURALCACHE_EPSILON="1.5" (environment): expected a number from 0 to 1',
      'NEURALCACHE_SCORRER (environment): unknown setting; did you mean NEURALCACHE_SCORER?',
      'NEURALCACHE_DETERMINISTIC="maybe" (.env): expected true or false',
    ]);
  });

  it('reach what others check over the whole', () => {
    const checks = [() => 'NEURALCACHE_SCORER="hybrid": not today', () => undefined];
    const attempt = () =>
      loadSettings({ env: { NEURALCACHE_EPSILON: '7' }, cwd, readFile: files({}), checks });
    expect(attempt).toThrow(/EPSILON="7"[\s\S]*not today$/);
  });

  it('reach bad values that another source overrides', () => {
    expect(problems({ NEURALCACHE_EPSILON: '0.1' }, { 'neuralcache.yaml': 'epsilon: 7' })).toHaveLength(1);
  });

  it('never show a secret', () => {
    const found = problems({
      NEURALCACHE_API_TOKENS: 'has space',
      NEURALCACHE_UPSTREAM_API_KEY: 'sk-123 4',
      NEURALCACHE_API_TOKEN: 'tok-9',
    });
    expect(found).toHaveLength(3);
    expect(found.join()).not.toMatch(/has space|sk-123|tok-9/);
    expect(found[0]).toContain('NEURALCACHE_API_TOKENS=***');
  });

  it.each([
    ['HTTP_PORT', '65536'],
    ['HTTP_PORT', '8080.5'],
    ['HTTP_PORT', '0x50'],
    ['EPSILON', 'NaN'],
    ['EPSILON', 'Infinity'],
    ['EVIDENCE_CAP', '1e999'],
    ['NARRATIVE_EMA_ALPHA', '0'],
    ['PHEROMONE_EXPOSURE_PENALTY', '1.01'],
    ['STORAGE_SYNC', 'sometimes'],
    ['BODY_LIMIT_BYTES', '4 MB'],
    ['SCORER', 'lexical,embedding'],
    ['SCORER', 'lexical:0.5,lexical:0.5'],
    ['SCORER', 'lexical:0'],
    ['SCORER', 'bm25'],
    ['INPUT_PRIOR', 'sometimes'],
    ['NAMESPACE_HEADER', 'two words'],
    ['NAMESPACE_HEADER', 'Authorization'],
    ['DEFAULT_NAMESPACE', '..'],
    ['GATING_MIN_CANDIDATES', '49'],
    ['IMPRESSION_MAX_BYTES', '1 GiB'],
    ['STORAGE_HASH_KEY', 'short'],
  ])('%s=%s stops the start', (name, value) => {
    const found = problems({ [`NEURALCACHE_${name}`]: value });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`NEURALCACHE_${name}=`);
  });

  it('meet what is documented but not built', () => {
    const found = problems({
      NEURALCACHE_STORAGE_BACKEND: 'redis',
    });
    expect(found).toHaveLength(1);
    for (const problem of found) expect(problem).toContain('not built yet');
  });
});

describe('namespaced persistence', () => {
  it('means json where no backend is set, and says that it does', () => {
    const { settings, origins } = load({ NEURALCACHE_NAMESPACED_PERSISTENCE: 'true' });
    expect(settings.storageBackend).toBe('json');
    expect(origins.STORAGE_BACKEND.label).toBe('environment, NEURALCACHE_NAMESPACED_PERSISTENCE');
    expect(load({ NEURALCACHE_NAMESPACED_PERSISTENCE: 'false' }).settings.storageBackend).toBe('sqlite');
  });

  it.each([
    [{ NAMESPACED_PERSISTENCE: 'true', STORAGE_BACKEND: 'sqlite' }, 'NEURALCACHE_NAMESPACED_PERSISTENCE'],
    [{ NAMESPACED_PERSISTENCE: 'true', STORAGE_BACKEND: 'memory' }, 'NEURALCACHE_NAMESPACED_PERSISTENCE'],
    [{ NAMESPACED_PERSISTENCE: 'true', STORAGE_DB_TEMPLATE: 's.{namespace}.db' }, 'STORAGE_DB_TEMPLATE'],
    [{ STORAGE_BACKEND: 'json', STORAGE_DB_TEMPLATE: 's.{namespace}.db' }, 'STORAGE_DB_TEMPLATE'],
  ])('stops the start beside what contradicts it: %j', (set, named) => {
    const env = Object.fromEntries(
      Object.entries(set).map(([name, value]) => [`NEURALCACHE_${name}`, value]),
    );
    const found = problems(env);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(named);
  });

  it('goes with STORAGE_BACKEND=json', () => {
    const env = { NEURALCACHE_NAMESPACED_PERSISTENCE: 'true', NEURALCACHE_STORAGE_BACKEND: 'json' };
    expect(load(env).settings.storageBackend).toBe('json');
  });
});

describe('secrets', () => {
  it('may come from a file', () => {
    const { settings, origins } = load({ NEURALCACHE_API_TOKENS_FILE: 'tokens' }, { tokens: 'one,two\n' });
    expect(settings.apiTokens).toEqual(['one', 'two']);
    expect(origins.API_TOKENS.label).toBe('environment, NEURALCACHE_API_TOKENS_FILE');
  });

  it('are refused where their file is missing or empty, or both forms are given', () => {
    expect(problems({ NEURALCACHE_API_TOKENS_FILE: 'gone' })).toHaveLength(1);
    expect(problems({ NEURALCACHE_API_TOKENS_FILE: 'tokens' }, { tokens: ' \n' })).toHaveLength(1);
    expect(
      problems({ NEURALCACHE_API_TOKENS: 'a', NEURALCACHE_API_TOKENS_FILE: 'tokens' }, { tokens: 'b' }),
    ).toEqual([
      'NEURALCACHE_API_TOKENS_FILE (environment): NEURALCACHE_API_TOKENS sets the same; keep one of them',
    ]);
  });

  it('alone have a file form', () => {
    expect(problems({ NEURALCACHE_EPSILON_FILE: 'x' })[0]).toContain('unknown setting');
  });
});

describe('other names', () => {
  it('PORT sets HTTP_PORT unless ours is there', () => {
    expect(load({ PORT: '3000' }).settings.httpPort).toBe(3000);
    expect(load({ PORT: '3000', NEURALCACHE_HTTP_PORT: '4000' }).settings.httpPort).toBe(4000);
    expect(load({ PORT: '3000' }, { '.env': 'NEURALCACHE_HTTP_PORT=4000' }).settings.httpPort).toBe(3000);
    expect(problems({ PORT: 'x' })[0]).toContain('PORT="x"');
  });

  it.each([
    ['NEURALCACHE_SERVICE_HOST', '10.0.0.1'],
    ['NEURALCACHE_SERVICE_PORT', '8080'],
    ['NEURALCACHE_SERVICE_PORT_HTTP', '8080'],
    ['NEURALCACHE_PORT', 'tcp://10.0.0.1:8080'],
    ['NEURALCACHE_HTTP_PORT', 'tcp://10.0.0.1:8080'],
    ['NEURALCACHE_PORT_8080_TCP', 'tcp://10.0.0.1:8080'],
    ['NEURALCACHE_PORT_8080_TCP_ADDR', '10.0.0.1'],
    ['NEURALCACHE_REDIS_PORT_6379_TCP_PROTO', 'tcp'],
  ])('%s=%s, as Kubernetes injects it, is ignored', (name, value) => {
    const { settings, warnings } = load({ [name]: value });
    expect(settings).toEqual(load({}).settings);
    expect(warnings).toEqual([]);
  });

  it('NEURALCACHE_PORT with a number is no Kubernetes shape', () => {
    expect(problems({ NEURALCACHE_PORT: '8080' })[0]).toContain('did you mean NEURALCACHE_HTTP_PORT?');
  });

  it('of the Python original are mapped', () => {
    const { settings, origins } = load({
      NEURALCACHE_EPSILON_GREEDY: '0.2',
      NEURALCACHE_GATING_ENTROPY_TEMP: '2',
    });
    expect([settings.epsilon, settings.gatingTemperature]).toEqual([0.2, 2]);
    expect(origins.EPSILON.label).toBe('environment, NEURALCACHE_EPSILON_GREEDY');
    expect(load({ NEURALCACHE_STORAGE_PERSISTENCE_ENABLED: 'false' }).settings.storageBackend).toBe('memory');
    expect(load({ NEURALCACHE_STORAGE_PERSISTENCE_ENABLED: 'true' }).settings.storageBackend).toBe('sqlite');
  });

  it('of the Python original without a counterpart warn', () => {
    const { warnings } = load({ NEURALCACHE_NARRATIVE_DIM: '768', NEURALCACHE_WEIGHT_DIVERSITY: '0.2' });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('NEURALCACHE_NARRATIVE_DIM');
  });

  it('may not be given beside our own', () => {
    expect(problems({ NEURALCACHE_EPSILON: '0.1', NEURALCACHE_EPSILON_GREEDY: '0.2' })[0]).toContain(
      'keep one of them',
    );
  });

  it('like __proto__ are unknown settings like any other', () => {
    expect(problems({ NEURALCACHE___proto__: 'x', NEURALCACHE_constructor: 'y' })).toHaveLength(2);
  });
});
