import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/base/settings/load-settings.js';
import { secretsOf } from '../../../src/base/settings/secrets.js';
import { UPSTREAM_DIALECT_NAMES } from '../../../src/base/settings/upstream.js';
import { MODELLESS_DIALECTS, WHOLE_ENDPOINTS } from '../../../src/base/settings/upstream-endpoint.js';
import { UPSTREAM_DIALECTS } from '../../../src/proxy/upstream/upstream-dialects.js';
import { takesModel } from '../../../src/proxy/upstream/upstream-url.js';
import { parseKeyForm } from '../../../src/proxy/upstream/upstream-wishes.js';

const URL_AND_DIALECT = { UPSTREAM_URL: 'https://host/v1', UPSTREAM_DIALECT: 'jina' };

function load(values: Readonly<Record<string, string>>) {
  const env = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`NEURALCACHE_${name}`, value]),
  );
  const readFile = () => {
    throw Object.assign(new Error('no files here'), { code: 'ENOENT' });
  };
  return loadSettings({ env, cwd: '/srv', readFile });
}

describe('the settings of the upstream', () => {
  it('name the dialects that there are', () => {
    expect(UPSTREAM_DIALECTS.map(({ name }) => name)).toEqual([...UPSTREAM_DIALECT_NAMES]);
  });

  it('mean SCORER=upstream where none is set, and say that they do', () => {
    const { settings, origins } = load({ ...URL_AND_DIALECT, EMBEDDING_BACKEND: 'hash' });
    expect(settings.scorer).toBe('upstream');
    expect(origins.SCORER.label).toContain('NEURALCACHE_UPSTREAM_DIALECT');
    expect(load({ ...URL_AND_DIALECT, SCORER: 'lexical' }).settings.scorer).toBe('lexical');
    const both = {
      ...URL_AND_DIALECT,
      EMBEDDING_BACKEND: 'openai',
      EMBEDDING_URL: 'https://e',
      EMBEDDING_MODEL: 'm',
    };
    expect(load(both).settings.scorer).toBe('upstream');
  });

  it.each<Readonly<Record<string, string>>>([
    { SCORER: 'upstream' },
    { SCORER: 'lexical:1,upstream:1', UPSTREAM_URL: 'https://host' },
    { UPSTREAM_DIALECT: 'tei' },
  ])('are needed together: %j', (values) => {
    expect(() => load(values)).toThrow('needs NEURALCACHE_UPSTREAM_URL and NEURALCACHE_UPSTREAM_DIALECT');
  });

  it('know the dialects that need more than a base', () => {
    const known = UPSTREAM_DIALECTS.filter(({ path }) => path === '' || path.includes('{model}'));
    expect(Object.fromEntries(known.map(({ name, endpoint }) => [name, endpoint]))).toEqual(WHOLE_ENDPOINTS);
  });

  it.each([
    ['deepinfra', 'https://d/v1?key=secret-1', 'https://d/v1/inference/o/m/', 'NEURALCACHE_UPSTREAM_MODEL'],
    ['bedrock-invoke', 'https://b', 'https://b/model/m/invoke', 'NEURALCACHE_UPSTREAM_MODEL'],
    ['elasticsearch', 'https://e', 'https://e/_inference/rerank/mine', 'NEURALCACHE_UPSTREAM_MODEL'],
    ['vertex', 'https://g/v1', 'https://g/v1/rankingConfigs/c:rank', 'up to `:rank`'],
  ])('name the model, or the whole endpoint, that %s needs', (dialect, base, whole, needed) => {
    const values = { UPSTREAM_DIALECT: dialect, UPSTREAM_URL: base };
    const said = () => load(values);
    expect(said).toThrow(`needs ${needed.startsWith('N') ? needed : `the whole endpoint, ${needed}`}`);
    expect(said).toThrow(/^NEURALCACHE_UPSTREAM_DIALECT=(?!.*secret-1)[^\n]*the whole endpoint[^\n]*$/);
    expect(load({ ...values, UPSTREAM_URL: whole }).settings.upstreamDialect).toBe(dialect);
    expect(load({ ...values, SCORER: 'lexical' }).settings.upstreamDialect).toBe(dialect);
    const named = () => load({ ...values, UPSTREAM_MODEL: 'm' });
    if (dialect === 'vertex') expect(named).toThrow('whole endpoint');
    else expect(named().settings.upstreamModel).toBe('m');
  });

  it('have models of namespaces only where requests name one', () => {
    for (const dialect of UPSTREAM_DIALECTS) {
      expect([dialect.name, MODELLESS_DIALECTS.includes(dialect.name)]).toEqual([
        dialect.name,
        !takesModel(dialect),
      ]);
    }
    const values = { UPSTREAM_URL: 'https://t', UPSTREAM_MODELS: '{"a":"m"}' };
    expect(() => load({ ...values, UPSTREAM_DIALECT: 'tei' })).toThrow(
      /^NEURALCACHE_UPSTREAM_MODELS: requests of the dialect "tei" cannot ask for a model$/,
    );
    expect(load({ ...values, UPSTREAM_DIALECT: 'jina' }).settings.upstreamModels).toEqual({ a: 'm' });
  });

  it('pass on no credentials where callers need some of ours', () => {
    const both = { ...URL_AND_DIALECT, UPSTREAM_PASS_CREDENTIALS: 'true', API_TOKENS: 'secret-1' };
    expect(() => load(both)).toThrow(
      /^NEURALCACHE_UPSTREAM_PASS_CREDENTIALS=true: with NEURALCACHE_API_TOKENS set(?!.*secret-1)[^\n]*$/,
    );
  });

  it.each([
    ['UPSTREAM_URL', 'https://me:secret-1@host'],
    ['UPSTREAM_DIALECT', 'cohere'],
    ['UPSTREAM_AUTH_HEADER', 'two words'],
    ['UPSTREAM_AUTH_HEADER', 'Content-Type'],
    ['UPSTREAM_AUTH_HEADER', 'Authorization: Bearer secret-1'],
    ['UPSTREAM_HEADERS', 'X-Key: secret-1'],
    ['UPSTREAM_HEADERS', '["secret-1"]'],
    ['UPSTREAM_HEADERS', '{"X-Key":7}'],
    ['UPSTREAM_HEADERS', '{"X-Key":"secret-1\\r\\nX: y"}'],
    ['UPSTREAM_HEADERS', '{"Content-Length":"7"}'],
    ['UPSTREAM_HEADERS', '{"a b":"secret-1"}'],
    ['UPSTREAM_FALLBACK', 'never'],
    ['UPSTREAM_MODELS', 'm'],
    ['UPSTREAM_MODELS', '["m"]'],
    ['UPSTREAM_MODELS', '{"a":7}'],
    ['UPSTREAM_MODELS', '{"a":"two words"}'],
    ['UPSTREAM_MODELS', '{"":"m"}'],
    ['UPSTREAM_MODEL', 'two words'],
  ])('refuse %s=%s', (name, value) => {
    expect(() => load({ ...URL_AND_DIALECT, [name]: value })).toThrow(`NEURALCACHE_${name}=`);
    if (name === 'UPSTREAM_HEADERS') expect(() => load({ [name]: value })).toThrow(/^(?!.*secret-1)/s);
  });

  it('hold no credentials in the URL, show none, and are not missed on top', () => {
    expect(() => load({ ...URL_AND_DIALECT, UPSTREAM_URL: 'https://me:secret-1@host' })).toThrow(
      /^NEURALCACHE_UPSTREAM_URL="https:\/\/\*\*\*@host" \(environment\): [^\n]* without credentials in it: use UPSTREAM_API_KEY$/,
    );
  });

  it('take models of namespaces as a JSON object', () => {
    const { settings } = load({ ...URL_AND_DIALECT, UPSTREAM_MODELS: '{"legal":"rerank-v3.5"}' });
    expect(settings.upstreamModels).toEqual({ legal: 'rerank-v3.5' });
  });

  it('take headers as a JSON object, with names in lower case', () => {
    const { settings } = load({ ...URL_AND_DIALECT, UPSTREAM_HEADERS: '{"X-Key":"a b","y":"c"}' });
    expect(settings.upstreamHeaders).toEqual({ 'x-key': 'a b', y: 'c' });
  });

  it.each([
    ['X-Api-Key', { header: 'X-Api-Key' }],
    ['Authorization: Token', { header: 'Authorization', scheme: 'Token' }],
    ['authorization', { header: 'authorization', scheme: 'Bearer' }],
  ])('take the header of the key as %s', (value, form) => {
    const { settings } = load({ ...URL_AND_DIALECT, UPSTREAM_AUTH_HEADER: value });
    expect(parseKeyForm(settings.upstreamAuthHeader!)).toEqual(form);
  });
});

it('the secrets among the settings are known one by one', () => {
  const { settings } = load({
    ...URL_AND_DIALECT,
    API_TOKENS: 'token-1,token-2',
    UPSTREAM_API_KEY: 'key-1',
    UPSTREAM_HEADERS: '{"x":"header-1"}',
    EMBEDDING_API_KEY: 'key-2',
  });
  expect(secretsOf(settings).toSorted()).toEqual(['header-1', 'key-1', 'key-2', 'token-1', 'token-2']);
});
