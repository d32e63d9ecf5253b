import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describedDialects } from '../../../src/http/description/dialects.js';
import type { DialectCall } from '../../../src/http/dialects/dialect.js';
import { DIALECTS } from '../../../src/http/dialects/registry.js';
import type { JsonObject } from '../../../src/http/schemas/issues.js';
import { OPTIONS } from '../fake-services.js';
import { harness } from '../harness.js';
import { DESCRIPTION, undescribed, validatorOf } from './described-answer.js';
import { valuesOf } from './schema-values.js';

const described = describedDialects(OPTIONS);

/** What no schema can say. */
const AGREE: Readonly<Record<string, (body: JsonObject) => JsonObject>> = {
  // As many texts as documents.
  contextual: (body) => ({ ...body, metadata: undefined }),
  // One query, again and again.
  deepinfra: (body) => ({
    ...body,
    queries: Array.isArray(body.queries) ? body.queries.slice(0, 1) : body.queries,
  }),
  // Ids that differ.
  vertex: (body) => ({
    ...body,
    records: (body.records as JsonObject[]).map((record, i) => ({ ...record, id: `${i}` })),
  }),
};

function bodyOf(path: string): oasSchema {
  const post = DESCRIPTION.paths![path]!.post!;
  if (post.requestBody === undefined || '$ref' in post.requestBody) throw new Error(`no body at ${path}`);
  return post.requestBody.content['application/json']!.schema!;
}

type oasSchema = Parameters<typeof valuesOf>[0];

describe('the schemas of requests', () => {
  it('are there for each dialect', () => {
    expect(described.map(({ dialect }) => dialect)).toEqual(expect.arrayContaining([...DIALECTS]));
    expect(described).toHaveLength(DIALECTS.length);
  });

  it.each(described.map((one) => [one.dialect.name, one] as const))(
    '%s takes whatever its schema allows',
    (name, { dialect, path }) => {
      const schema = bodyOf(`/${name}${path}`);
      fc.assert(
        fc.property(valuesOf(schema), (value) => {
          const body = (AGREE[name] ?? ((same) => same))(value as JsonObject);
          const call: DialectCall = { path, headers: {}, body, maxDocuments: OPTIONS.dialectMaxDocuments };
          const request = dialect.decode(call);
          expect(request.candidates.length).toBeGreaterThan(0);
        }),
        { numRuns: 200 },
      );
    },
  );

  it.each(described.map((one) => [one.dialect.name, one] as const))(
    '%s has an example that fits',
    (name, { path, example }) => {
      expect(validatorOf(bodyOf(`/${name}${path}`))(example)).toBe(true);
    },
  );

  it.each([
    ['/native/rerank'],
    ['/rerank/batch'],
    ['/feedback'],
    ['/feedback/batch'],
    ['/score'],
    ['/admin/cache/purge'],
  ])('%s takes whatever its schema allows', async (path) => {
    const { client } = harness({ adminTokens: ['admin'] });
    await fc.assert(
      fc.asyncProperty(valuesOf(bodyOf(path)), async (value) => {
        const body = agreeing(value);
        const {
          status,
          headers,
          body: answer,
        } = await client
          .post(path)
          .set({ 'Content-Type': 'application/json', 'x-api-key': 'admin' })
          .send(JSON.stringify(body));
        // The one thing about a name that its schema cannot say is the pattern of the settings.
        if (answer?.error?.message !== 'Invalid namespace') expect([status, answer]).toEqual([200, answer]);
        expect(undescribed('POST', path, { status, headers, body: answer })).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

/** A native body, or a batch of them, with what no schema can say: ids differ, vectors agree, bounds stand in order. */
function agreeing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(agreeing);
  const body = value as Record<string, unknown>;
  if (Array.isArray(body.requests)) return { ...body, requests: body.requests.map(agreeing) };
  if (body.request_id === 'gone') return { ...body, request_id: 'there' };
  if (!Array.isArray(body.documents) || !('query' in body)) return body;
  const documents = body.documents.map((document: object, i: number) => ({
    ...document,
    id: `d${i}`,
    embedding: null,
  }));
  return {
    ...body,
    documents,
    query_embedding: null,
    gating_max_candidates: null,
    gating_overrides: null,
  };
}
