import { afterEach, describe, expect, it } from 'vitest';
import type { Upstream, UpstreamOptions } from '../../../src/proxy/upstream/upstream.js';
import { openUpstream } from '../../fixtures/open-upstream.js';

const BASE = 'http://host';
const opened: Upstream[] = [];

afterEach(async () => {
  for (const upstream of opened.splice(0)) await upstream.close();
});

function open(dialect = 'cohere-v2', options: Partial<UpstreamOptions> = {}): Upstream {
  const upstream = openUpstream(BASE, dialect, options);
  opened.push(upstream);
  return upstream;
}

describe('what is remembered apart', () => {
  it('is what changes scores', () => {
    const upstream = open('infinity', { passCredentials: true });
    const keys = [
      upstream.keyOf(undefined, 'default'),
      upstream.keyOf({ model: 'm' }, 'default'),
      upstream.keyOf({ rawScores: true }, 'default'),
      upstream.keyOf({ credential: 'sk-1' }, 'default'),
      upstream.keyOf({ credential: 'sk-2' }, 'default'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.join()).not.toContain('sk-');
    const tei = open('tei');
    const plain = tei.keyOf({}, 'default');
    expect(tei.keyOf({ knobs: { truncate: false } }, 'default')).not.toBe(plain);
    expect(tei.keyOf({ knobs: { user: 'me', truncate: 'END' }, traceparent: 't' }, 'default')).toBe(plain);
    expect(tei.keyOf({ model: 'm' }, 'default')).toBe(plain);
  });

  it('is the model of a namespace, for that alone', () => {
    const plain = open().keyOf({}, 'a');
    const upstream = open('cohere-v2', { models: { a: 'm' } });
    expect(upstream.keyOf({ model: 'theirs' }, 'a')).toBe(upstream.keyOf(undefined, 'a'));
    expect(upstream.keyOf({}, 'a')).not.toBe(plain);
    for (const other of ['b', 'constructor']) expect(upstream.keyOf({}, other)).toBe(plain);
    expect(upstream.modelOf?.({}, 'a')).toBe('m');
    expect(upstream.version).toBe(open().version);
  });

  it.each([
    ['tei', { truncate: true, truncation_direction: 'Right' }],
    ['voyage', { truncation: true }],
    ['nvidia', { truncate: 'END' }],
    ['mixedbread', { rewrite_query: false }],
    ['cohere-v2', { max_tokens_per_doc: 4096 }],
  ])('is no knob of %s that says what is done anyway: %j', (dialect, knobs) => {
    const upstream = open(dialect);
    expect(upstream.keyOf({ knobs }, 'default')).toBe(upstream.keyOf({}, 'default'));
  });

  it('is neither a model nor a credential that the upstream never sees', () => {
    const upstream = open('cohere-v2', { model: 'ours' });
    const wishes = { model: 'theirs', credential: 'sk-1', rawScores: true };
    expect(upstream.keyOf(wishes, 'default')).toBe(upstream.keyOf(undefined, 'default'));
  });

  it('is a version with whatever else changes scores', () => {
    const versions = [
      open(),
      open('cohere-v1'),
      open('cohere-v2', { model: 'm' }),
      open('cohere-v2', { scale: 'logit' }),
      open('cohere-v2', { url: `${BASE}/v1` }),
      open('cohere-v2', { headers: { 'x-route': 'a' } }),
      open('cohere-v2', { headers: { 'x-route': 'b', 'x-gate': 'c' } }),
    ].map(({ version }) => version);
    expect(new Set(versions).size).toBe(versions.length);
    const other = { apiKey: 'k', timeoutMs: 10, headers: {}, url: `${BASE}/v2/rerank` };
    expect(open('cohere-v2', other).version).toBe(versions[0]);
    const headers = { 'x-gate': 'c', 'x-route': 'b' };
    expect(open('cohere-v2', { headers }).version).toBe(versions.at(-1));
  });
});
