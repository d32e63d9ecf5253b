import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECT_NAMES } from '../../src/http/dialects/registry.js';
import { SECOND_TIER } from './dialects/second-tier.js';
import { harness } from './harness.js';

const PATHS = [
  '/rerank',
  '/v1/rerank',
  '/v2/rerank',
  '/reranking',
  '/score',
  '/rerank/batch',
  '/feedback',
  '/ns/a/feedback/batch',
  '/v1/x:rank',
  '/_inference/rerank/x',
  '/model/x/invoke',
  '/v1/inference/x/y',
  '/v1/rerankings',
  '/v1/models/rerank',
  ...DIALECT_NAMES.map((name) => `/${name}/v1/rerank`),
];

/** Mostly valid bodies with one thing or another out of place, beside plain nonsense. */
const scalar = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(null, 0, -1, 1.5, 1e308, '', '\ud800', '__proto__', [], {}, true, [1e300], [[]]),
);
const document = fc.record(
  {
    id: fc.oneof(fc.string(), scalar),
    text: fc.oneof(fc.string(), scalar),
    embedding: scalar,
    score: scalar,
    metadata: scalar,
  },
  { requiredKeys: [] },
);
const request = fc.record(
  {
    query: fc.oneof(fc.string(), scalar),
    documents: fc.oneof(fc.array(document, { maxLength: 5 }), scalar),
    query_embedding: scalar,
    top_k: scalar,
    mmr_lambda: scalar,
    gating_mode: scalar,
    gating_min_candidates: scalar,
    gating_overrides: fc.oneof(
      fc.dictionary(fc.constantFrom('mode', 'threshold', 'max_candidates'), scalar),
      scalar,
    ),
    learn: scalar,
    explain: scalar,
    model: scalar,
    texts: scalar,
    passages: scalar,
    top_n: scalar,
    return_documents: scalar,
    raw_scores: scalar,
    rank_fields: scalar,
    truncation: scalar,
    cache: scalar,
    text_1: scalar,
    text_2: scalar,
    selected_indices: scalar,
    selected_ids: scalar,
    request_id: scalar,
    success: scalar,
    best_doc_embedding: scalar,
  },
  { requiredKeys: [] },
);
const body = fc.oneof(request, fc.array(request, { maxLength: 3 }), fc.jsonValue());

const headerValue = fc.oneof(
  fc.constantFrom(
    '',
    'true',
    'false',
    '0.5',
    '*/*',
    'gzip',
    'application/json',
    ', ',
    'a,a',
    '-',
    '1e3',
    ';q=',
    '%00',
  ),
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 40,
  }),
  fc.string({
    unit: fc.integer({ min: 0xa0, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength: 10,
  }),
);
const headers = fc.dictionary(
  fc.constantFrom(
    'Accept',
    'Content-Type',
    'Content-Encoding',
    'Authorization',
    'x-api-key',
    'X-NeuralCache-Namespace',
    'X-NeuralCache-Learn',
    'X-NeuralCache-Explain',
    'X-NeuralCache-MMR-Lambda',
    'X-NeuralCache-Source',
    'X-NeuralCache-Dialect',
    'X-Request-Id',
    'traceparent',
  ),
  headerValue,
);

/** The message of an error in whatever dialect; empty where none can be read. */
// biome-ignore lint/suspicious/noExplicitAny: the errors of all dialects
function textOf({ error, detail, message }: any): string {
  const places = [message, detail, error, error?.message, error?.reason, detail?.[0]?.msg, detail?.error];
  const [text] = places.filter((part) => typeof part === 'string');
  return text ?? '';
}

/** A copy in which one value, at whatever depth, is another. */
function spoilt(whole: unknown, at: number, value: unknown): unknown {
  let places = 0;
  JSON.stringify(whole, (_key, inner: unknown) => {
    places++;
    return inner;
  });
  // The first place is the whole, and `undefined` would leave a value out.
  let left = 1 + (at % (places - 1));
  return JSON.parse(JSON.stringify(whole, (_key, inner: unknown) => (left-- === 0 ? value : inner)));
}

describe('whatever is sent', () => {
  it('no JSON body is a fault of ours, and what is refused is not recorded', {
    timeout: 60_000,
  }, async () => {
    const { client, services } = harness();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS), body, async (path, value) => {
        const before = services.ranked.length;
        const response = await client.post(path).type('json').send(JSON.stringify(value));
        expect([200, 400, 422]).toContain(response.status);
        if (response.status !== 200) {
          expect(textOf(response.body)).not.toBe('');
          expect(services.ranked.length).toBe(before);
        }
      }),
      { numRuns: 800 },
    );
    expect(services.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('no body of a real client with something in it spoilt is', { timeout: 60_000 }, async () => {
    const { client, services } = harness();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...SECOND_TIER), fc.nat(), scalar, async ([, captured], at, value) => {
        const sent = JSON.stringify(spoilt(captured.body, at, value));
        const response = await client.post(captured.path).set(captured.headers).type('json').send(sent);
        expect([200, 400, 422]).toContain(response.status);
        if (response.status !== 200) expect(textOf(response.body)).not.toBe('');
      }),
      { numRuns: 500 },
    );
    expect(services.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('no bytes are', { timeout: 60_000 }, async () => {
    const { client } = harness();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), async (bytes) => {
        const sent = client
          .post('/rerank')
          .type('json')
          .serialize((value) => value as unknown as string);
        const response = await sent.send(Buffer.from(bytes) as unknown as string);
        expect([400, 422]).toContain(response.status);
      }),
      { numRuns: 150 },
    );
  });

  it('no headers and no path are', { timeout: 60_000 }, async () => {
    const { client, services } = harness({ apiTokens: ['right'] });
    const good = JSON.stringify({ query: 'q', documents: [{ id: 'a', text: 't' }] });
    const segment = fc.oneof(
      fc.constantFrom('ns', 'a', 'v1', 'rerank', '..', '%2e', '%', '', 'ä', '?use_cr='),
      fc.webPath(),
    );
    const path = fc.oneof(
      fc.constantFrom(...PATHS),
      fc.array(segment).map((parts) => `/${parts.join('/')}`),
    );
    await fc.assert(
      fc.asyncProperty(path, headers, fc.boolean(), async (where, soup, known) => {
        const given = known ? { ...soup, 'x-api-key': 'right' } : soup;
        const response = await client
          .post(encodeURI(where).replaceAll('#', ''))
          .set({ 'Content-Type': 'application/json', ...given })
          .send(good);
        expect(response.status).toBeLessThan(500);
        if (response.status >= 400) expect(textOf(response.body)).not.toBe('');
      }),
      { numRuns: 300 },
    );
    expect(services.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
