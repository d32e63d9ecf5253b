import { describe, expect, it } from 'vitest';
import type { ValidationIssue } from '../../src/base/errors.js';
import { patchPolicies, readPolicies } from '../../src/catalog/policies.js';

function read(given: unknown) {
  const issues: ValidationIssue[] = [];
  return { policies: readPolicies(given, issues), locs: issues.map(({ loc }) => loc.join('.')) };
}

const UPSTREAM = { url: 'https://rerank.example/v1', dialect: 'cohere-v2', model: 'm', api_key_name: 'acme' };
const ALL = {
  retention_days: 90,
  cache_enabled: false,
  cache_ttl_seconds: 300,
  consistency: 'relaxed',
  scorer: 'lexical:0.35,embedding:0.65',
  upstream: UPSTREAM,
  weight_dense: 1,
  weight_narrative: 0,
  weight_pheromone: 0.3,
};

describe('policies', () => {
  it('are kept as they are given', () => {
    expect(read(ALL)).toEqual({ policies: ALL, locs: [] });
    expect(read({ upstream: { url: 'http://h', dialect: 'tei' } })).toEqual({
      policies: { upstream: { url: 'http://h', dialect: 'tei' } },
      locs: [],
    });
  });

  it('null means not set, but for retention, where it means never', () => {
    expect(read({ retention_days: null, cache_enabled: null, scorer: null }).policies).toEqual({
      retention_days: null,
    });
  });

  it('inherit is retention that is not set, and nothing else is', () => {
    expect(read({ retention_days: 'inherit' })).toEqual({ policies: {}, locs: [] });
    const issues: ValidationIssue[] = [];
    const never = { retention_days: null, scorer: 'lexical' };
    expect(patchPolicies(never, { retention_days: 'inherit' }, issues)).toEqual({ scorer: 'lexical' });
    expect(issues).toEqual([]);
    expect(read({ consistency: 'inherit' }).locs).toEqual(['policies.consistency']);
  });

  it('a patch replaces what it names, takes away what it names with null, and leaves the rest', () => {
    const issues: ValidationIssue[] = [];
    const patch = {
      retention_days: null,
      scorer: null,
      weight_dense: 2,
      upstream: { ...UPSTREAM, model: null },
    };
    expect(patchPolicies({ ...ALL, consistency: 'strong' }, patch, issues)).toEqual({
      ...ALL,
      consistency: 'strong',
      retention_days: null,
      scorer: undefined,
      weight_dense: 2,
      upstream: { url: UPSTREAM.url, dialect: 'cohere-v2', api_key_name: 'acme' },
    });
    expect(issues).toEqual([]);
  });

  it.each([
    [{ retention_days: 0 }, 'policies.retention_days'],
    [{ retention_days: -1 }, 'policies.retention_days'],
    [{ retention_days: '90' }, 'policies.retention_days'],
    [{ retention_days: 36_501 }, 'policies.retention_days'],
    [{ cache_enabled: 'yes' }, 'policies.cache_enabled'],
    [{ cache_ttl_seconds: 0 }, 'policies.cache_ttl_seconds'],
    [{ cache_ttl_seconds: Number.POSITIVE_INFINITY }, 'policies.cache_ttl_seconds'],
    [{ consistency: 'eventual' }, 'policies.consistency'],
    [{ scorer: 'magic' }, 'policies.scorer'],
    [{ scorer: 'lexical,embedding' }, 'policies.scorer'],
    [{ scorer: 5 }, 'policies.scorer'],
    [{ weight_dense: -0.1 }, 'policies.weight_dense'],
    [{ weight_narrative: Number.NaN }, 'policies.weight_narrative'],
    [{ weight_pheromone: 101 }, 'policies.weight_pheromone'],
    [{ upstream: 'https://h' }, 'policies.upstream'],
    [{ upstream: { dialect: 'tei' } }, 'policies.upstream.url'],
    [{ upstream: { url: 'https://me:secret@h', dialect: 'tei' } }, 'policies.upstream.url'],
    [{ upstream: { url: 'http://h/rerank?key=sk-1', dialect: 'tei' } }, 'policies.upstream.url'],
    [{ upstream: { url: 'http://h/?v=1&Api%5FKey=sk-1', dialect: 'tei' } }, 'policies.upstream.url'],
    [{ upstream: { url: 'http://h/?access_token=x', dialect: 'tei' } }, 'policies.upstream.url'],
    [{ upstream: { url: 'http://h/?sig=x', dialect: 'tei' } }, 'policies.upstream.url'],
    [{ upstream: { url: 'file:///etc/passwd', dialect: 'tei' } }, 'policies.upstream.url'],
    [{ upstream: { url: `http://h/${'a'.repeat(2048)}`, dialect: 'tei' } }, 'policies.upstream.url'],
    [{ upstream: { url: 'http://h', dialect: 'vertex' } }, 'policies.upstream.url'],
    [{ upstream: { url: 'http://h', dialect: 'deepinfra' } }, 'policies.upstream.url'],
    [{ upstream: { url: 'http://h', dialect: 'klingon' } }, 'policies.upstream.dialect'],
    [{ upstream: { url: 'http://h', dialect: 'tei', model: 'a b' } }, 'policies.upstream.model'],
    [
      { upstream: { url: 'http://h', dialect: 'tei', api_key_name: 'a b' } },
      'policies.upstream.api_key_name',
    ],
    [{ upstream: { url: 'http://h', dialect: 'tei', api_key: 'sk' } }, 'policies.upstream.api_key'],
    [{ colour: 1 }, 'policies.colour'],
    [[], 'policies'],
  ])('%j is refused where it is wrong', (given, loc) => {
    expect(read(given)).toEqual({ policies: {}, locs: [loc] });
  });

  it('a message about a URL does not repeat the credentials in it', () => {
    const issues: ValidationIssue[] = [];
    readPolicies({ upstream: { url: 'https://me:secret@h', dialect: 'tei' } }, issues);
    expect(JSON.stringify(issues)).not.toContain('secret');
  });

  it('an endpoint whose path has more than the server says is taken whole, or with its model', () => {
    expect(read({ upstream: { url: 'https://h/v1/x:rank', dialect: 'vertex' } }).locs).toEqual([]);
    expect(read({ upstream: { url: 'http://h/?design=1&api-version=2', dialect: 'tei' } }).locs).toEqual([]);
    expect(read({ upstream: { url: 'https://h', dialect: 'deepinfra', model: 'a/b' } }).locs).toEqual([]);
  });
});
