import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../../src/base/errors.js';
import { DIALECTS } from '../../../src/http/dialects/registry.js';
import { ask, QUERY, TEXTS } from './asking.js';
import { CAPTURED, type SecondTier } from './second-tier.js';

function speak(name: SecondTier, more: object) {
  return ask(CAPTURED[name].path, { ...CAPTURED[name].body, ...more }, CAPTURED[name].headers);
}

/** How an error of ours reads in a dialect. */
function form(
  name: string,
  code: ErrorCode,
): { status: number; headers: readonly string[]; [key: string]: unknown } {
  const dialect = DIALECTS.find((known) => known.name === name)!;
  const { status, body, headers = [] } = dialect.error(new AppError(code, 'm'), 'req_9');
  return { status, headers, body: JSON.parse(body) };
}

const missing = 'query is required';

describe('a body that breaks a rule', () => {
  it.each<[SecondTier, number, (id: string) => object]>([
    ['mixedbread', 400, () => ({ type: 'bad_request_error', message: missing, details: null })],
    ['pinecone', 400, () => ({ error: { code: 'INVALID_ARGUMENT', message: missing }, status: 400 })],
    [
      'together',
      400,
      () => ({
        error: { message: missing, type: 'invalid_request_error', param: null, code: 'VALIDATION_ERROR' },
      }),
    ],
    ['siliconflow', 400, () => ({ code: 20012, message: missing, data: null })],
    ['zeroentropy', 422, () => ({ detail: missing })],
    [
      'nvidia',
      422,
      (requestId) => ({
        type: 'about:blank',
        title: 'Unprocessable Entity',
        status: 422,
        detail: missing,
        requestId,
      }),
    ],
    ['vertex', 400, () => ({ error: { code: 400, message: missing, status: 'INVALID_ARGUMENT' } })],
    ['bedrock-invoke', 400, () => ({ message: missing })],
    [
      'elasticsearch',
      400,
      () => {
        const cause = { type: 'action_request_validation_exception', reason: missing };
        return { error: { root_cause: [cause], ...cause }, status: 400 };
      },
    ],
    ['contextual', 400, (id) => expect.objectContaining({ id, message: `invalid request: ${missing}` })],
    ['isaacus', 400, (id) => expect.objectContaining({ id, message: `invalid request: ${missing}` })],
  ])('%s, without a query', async (name, status, expected) => {
    const asked = await speak(name, { query: null });
    expect([asked.status, asked.body]).toEqual([status, expected(asked.id)]);
  });

  it.each<[SecondTier, object, string]>([
    ['mixedbread', { top_k: 0 }, 'top_k must be at least 1'],
    ['mixedbread', { input: ['a', 7] }, 'input[1] must be a string or an object'],
    ['pinecone', { top_n: 0 }, 'top_n must be at least 1'],
    ['pinecone', { parameters: { truncate: 7 } }, 'truncate must be a string'],
    ['nvidia', { top_k: 0 }, 'top_k must be at least 1'],
    ['nvidia', { passages: [7] }, 'passages[0] must be a string or an object'],
    ['vertex', { records: [{ content: 'a' }] }, 'records[0].id is required'],
    ['vertex', { records: [{ id: 7, content: 'a' }] }, 'records[0].id must be a string'],
    ['vertex', { records: [{ id: 'a' }] }, 'records[0] must have a title or content'],
    ['vertex', { records: [{ id: 'a', title: 7 }] }, 'records[0].title must be a string'],
    ['vertex', { records: ['a'] }, 'records[0] must be an object'],
    ['vertex', { records: 'a' }, 'records must be a list'],
    ['vertex', { topN: 'x' }, 'topN must be a whole number'],
    [
      'vertex',
      {
        records: [
          { id: 'a', content: 'x' },
          { id: 'a', content: 'y' },
        ],
      },
      'records[1].id must not repeat',
    ],
    ['bedrock', { queries: [] }, 'queries must be a list of one query'],
    ['bedrock', { queries: [1, 2] }, 'queries must be a list of one query'],
    [
      'bedrock',
      { queries: [{ textQuery: {} }] },
      'queries[0].textQuery.text must be a text that is not blank',
    ],
    [
      'bedrock',
      { sources: [{ type: 'INLINE' }] },
      'sources[0].inlineDocumentSource must have a textDocument or a jsonDocument',
    ],
    ['bedrock', { sources: 7 }, 'sources must be a list'],
    [
      'bedrock',
      { rerankingConfiguration: { bedrockRerankingConfiguration: { numberOfResults: 0 } } },
      'numberOfResults must be at least 1',
    ],
    ['elasticsearch', { task_settings: 7 }, 'task_settings must be an object'],
    ['contextual', { metadata: ['a'] }, 'metadata must be a list of 4 strings, one for each document'],
    ['contextual', { metadata: [1, 2, 3, 4] }, 'metadata must be a list of 4 strings, one for each document'],
    ['deepinfra', { queries: [] }, 'queries must be one query, once or as often as there are documents'],
    [
      'deepinfra',
      { queries: [QUERY, QUERY, QUERY, 'other'] },
      'queries must be one query, once or as often as there are documents',
    ],
    ['isaacus', { is_iql: 'perhaps' }, 'is_iql must be true or false'],
    ['siliconflow', { overlap_tokens: 1.5 }, 'overlap_tokens must be a whole number'],
  ])('%s %j', async (name, more, message) => {
    const { status, response, services } = await speak(name, more);
    expect([400, 422]).toContain(status);
    expect(response.text).toContain(message);
    expect(services.ranked).toEqual([]);
  });

  it('DeepInfra’s is under detail.error', async () => {
    const asked = await speak('deepinfra', { documents: [] });
    expect([asked.status, asked.body]).toEqual([422, { detail: { error: 'documents must not be empty' } }]);
  });

  it('the limit of documents is told with the field’s own name', async () => {
    for (const name of ['vertex', 'bedrock', 'nvidia', 'isaacus'] as const) {
      const { path, body, headers, documents } = CAPTURED[name];
      const { response } = await ask(path, body, headers, { dialectMaxDocuments: 3 });
      expect(response.text).toContain(`${documents} must have at most 3 items, not 4`);
    }
  });
});

describe('each kind of failure has the word of its API', () => {
  it.each<[ErrorCode, string, string, string, string, string]>([
    [
      'BAD_REQUEST',
      'bad_request_error',
      'INVALID_ARGUMENT',
      '400 ValidationException',
      'action_request_validation_exception',
      'Bad Request',
    ],
    [
      'UNAUTHORIZED',
      'unauthorized_error',
      'UNAUTHENTICATED',
      '403 AccessDeniedException',
      'security_exception',
      'Unauthorized',
    ],
    [
      'FORBIDDEN',
      'forbidden_error',
      'PERMISSION_DENIED',
      '403 AccessDeniedException',
      'security_exception',
      'Forbidden',
    ],
    [
      'NOT_FOUND',
      'not_found_error',
      'NOT_FOUND',
      '404 ResourceNotFoundException',
      'resource_not_found_exception',
      'Not Found',
    ],
    [
      'ENTITY_TOO_LARGE',
      'bad_request_error',
      'INVALID_ARGUMENT',
      '413 ValidationException',
      'status_exception',
      'Payload Too Large',
    ],
    [
      'RATE_LIMITED',
      'too_many_requests_error',
      'RESOURCE_EXHAUSTED',
      '429 ThrottlingException',
      'es_rejected_execution_exception',
      'Too Many Requests',
    ],
    [
      'INTERNAL_ERROR',
      'server_error',
      'INTERNAL',
      '500 InternalServerException',
      'status_exception',
      'Internal Server Error',
    ],
    [
      'UPSTREAM_ERROR',
      'server_error',
      'UNAVAILABLE',
      '502 BadGatewayException',
      'status_exception',
      'Bad Gateway',
    ],
    [
      'UNAVAILABLE',
      'server_error',
      'UNAVAILABLE',
      '503 ServiceUnavailableException',
      'status_exception',
      'Service Unavailable',
    ],
    [
      'UPSTREAM_TIMEOUT',
      'server_error',
      'DEADLINE_EXCEEDED',
      '504 InternalServerException',
      'status_exception',
      'Gateway Timeout',
    ],
  ])('%s', (code, mixedbread, google, aws, elastic, nvidia) => {
    expect(form('mixedbread', code).body).toMatchObject({ type: mixedbread });
    expect(form('pinecone', code).body).toMatchObject({ error: { code: google } });
    expect(form('vertex', code).body).toMatchObject({ error: { status: google } });
    const { status, headers } = form('bedrock', code);
    expect(`${status} ${headers[1]}`).toBe(aws);
    expect(form('elasticsearch', code).body).toMatchObject({ error: { type: elastic } });
    expect(form('nvidia', code).body).toMatchObject({ title: nvidia, requestId: 'req_9' });
  });

  it('SiliconFlow’s overload has its number', () => {
    expect(form('siliconflow', 'UNAVAILABLE').body).toMatchObject({ code: 50505 });
    expect(form('siliconflow', 'RATE_LIMITED').body).toMatchObject({ code: 429 });
  });
});

describe('headers that clients insist on are there on errors too', () => {
  const tokens = { apiTokens: ['right'] };

  it('Elasticsearch: product, before the body and after', async () => {
    const { path, body, headers } = CAPTURED.elasticsearch;
    const refused = [
      await ask(path, body, headers, tokens),
      await ask(path, '{', headers),
      await ask(path, '[]', headers),
      await ask(path, { ...body, input: [] }, headers),
      await ask(path, body, { ...headers, 'X-NeuralCache-Namespace': 'a b' }),
      await ask(path, body, { ...headers, 'content-type': 'text/plain' }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([401, 400, 400, 400, 400, 415]);
    for (const { response, body: shown } of refused) {
      expect(response.headers['x-elastic-product']).toBe('Elasticsearch');
      expect(shown.status).toBe(response.status);
    }
  });

  it('Bedrock: the kind of error and the request’s id', async () => {
    const rerank = await ask('/rerank', { queries: [], sources: TEXTS });
    expect(rerank.response.headers).toMatchObject({
      'x-amzn-errortype': 'ValidationException',
      'x-amzn-requestid': rerank.id,
    });
    const { path, body } = CAPTURED['bedrock-invoke'];
    const invoke = await ask(path, body, { authorization: 'AWS4-HMAC-SHA256 Credential=x' }, tokens);
    expect([invoke.status, invoke.response.headers['x-amzn-errortype']]).toEqual([
      403,
      'AccessDeniedException',
    ]);
  });
});
