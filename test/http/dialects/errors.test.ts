import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.js';
import { ask, QUERY } from './asking.js';

const documents = ['a', 'b'];
/** What is wrong, as Cohere-like bodies have it. */
const BAD = {
  noDocuments: { model: 'm', query: QUERY, documents: [] },
  missing: { model: 'm', query: QUERY },
  number: { model: 'm', query: QUERY, documents: ['a', 7] },
  topN: { model: 'm', query: QUERY, documents, top_n: -1, top_k: -1 },
  noQuery: { model: 'm', documents },
  blankQuery: { model: 'm', query: ' ', documents },
  json: '{"query":',
};
type Kind = keyof typeof BAD;

/** Message of a body that breaks a rule, by kind; Cohere has words of its own in front. */
const TEXT: Record<Kind, string> = {
  noDocuments: 'documents must not be empty',
  missing: 'documents is required',
  number: 'documents[1] must be a string or an object',
  topN: 'top_n must be at least 0',
  noQuery: 'query is required',
  blankQuery: 'query must not be empty or be only whitespace',
  json: 'The body is not valid JSON',
};
const KINDS = Object.keys(BAD) as Kind[];

function cohereWords(kind: Kind, text: string): string {
  if (kind === 'json') return text;
  return `invalid request: ${kind === 'noDocuments' ? 'list of documents must not be empty' : text}`;
}

/** path, kinds it does not refuse, form of the error */
const FORMS: [string, Kind[], (message: string, kind: Kind, id: string) => object, number?][] = [
  ['/cohere/v1/rerank', [], (message, kind, id) => ({ id, message: cohereWords(kind, message) }), 1],
  ['/jina/v1/rerank', [], (detail) => ({ detail }), 1],
  ['/voyage/v1/rerank', [], (detail) => ({ detail }), 1],
  ['/xinference/v1/rerank', [], (detail) => ({ detail })],
  [
    '/vllm/v1/rerank',
    ['blankQuery'],
    (message) => ({ error: { message, type: 'BadRequestError', param: null, code: 400 } }),
  ],
  [
    '/llama.cpp/rerank',
    ['blankQuery'],
    (message) => ({ error: { code: 400, message, type: 'invalid_request_error' } }),
  ],
  [
    '/litellm/v1/rerank',
    ['blankQuery'],
    (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: '400' } }),
  ],
  ['/v1/rerank', [], superset],
  ['/v1/reranking', [], superset],
  ['/v2/rerank', [], superset, 1],
];

function superset(text: string, kind: Kind, id: string): object {
  const message = cohereWords(kind, text);
  const code = kind === 'json' ? 'BAD_REQUEST' : 'VALIDATION_ERROR';
  return {
    id,
    message,
    detail: message,
    error: { message, type: 'invalid_request_error', param: null, code },
  };
}

describe.each(FORMS)('what is refused on %s', (path, fine, form, leastTopN = 0) => {
  it.each(KINDS.filter((kind) => !fine.includes(kind)))('%s', async (kind) => {
    const { status, body, id, services } = await ask(path, BAD[kind]);
    const field = path.startsWith('/voyage') ? 'top_k' : 'top_n';
    const text = kind === 'topN' ? `${field} must be at least ${leastTopN}` : TEXT[kind];
    expect([status, body]).toEqual([400, form(text, kind, id)]);
    expect(services.ranked).toEqual([]);
  });

  it.each(fine)('but not %s', async (kind) => {
    expect((await ask(path, BAD[kind])).status).toBe(200);
  });
});

describe('what vLLM refuses', () => {
  it.each([
    [new AppError('FORBIDDEN', 'x'), 403, 'PermissionDeniedError'],
    [new AppError('NOT_FOUND', 'x'), 404, 'NotFoundError'],
    [new AppError('CONFLICT', 'x'), 409, 'ConflictError'],
  ])('%s', async (error, code, type) => {
    const asked = await ask('/score', { text_1: 'q', text_2: ['a'] }, {}, {}, (services) => {
      services.rerank = () => Promise.reject(error);
    });
    expect([asked.status, asked.body]).toEqual([code, { error: { message: 'x', type, param: null, code } }]);
  });
});

describe('what TEI refuses', () => {
  it.each([
    [{ query: 'q', texts: [] }, 400, 'Empty', 'texts must not be empty'],
    [{ query: 'q', texts: 7 }, 422, 'Validation', 'texts must be a list'],
    [{ texts: ['a'] }, 422, 'Validation', 'query is required'],
    [{ query: 'q', texts: ['a'], truncate: 'x' }, 422, 'Validation', 'truncate must be true or false'],
    ['{', 400, 'Validation', 'The body is not valid JSON (position 1)'],
  ])('%j', async (body, status, errorType, error) => {
    const asked = await ask('/tei/rerank', body);
    expect([asked.status, asked.body]).toEqual([status, { error, error_type: errorType }]);
  });

  it.each([
    [new AppError('UPSTREAM_ERROR', 'x'), 424, 'Backend'],
    [new AppError('RATE_LIMITED', 'x', null, { retryAfterS: 1.2 }), 429, 'Overloaded'],
    [new AppError('UNAVAILABLE', 'x'), 503, 'Unhealthy'],
    [new AppError('FORBIDDEN', 'x'), 403, 'Unhealthy'],
    [new AppError('NOT_FOUND', 'x'), 404, 'Unhealthy'],
    [new AppError('CONFLICT', 'x'), 409, 'Unhealthy'],
  ])('%s', async (error, status, errorType) => {
    const asked = await ask('/tei/rerank', { query: 'q', texts: ['a'] }, {}, {}, (services) => {
      services.rerank = () => Promise.reject(error);
    });
    expect([asked.status, asked.body]).toEqual([status, { error: 'x', error_type: errorType }]);
    if (status === 429) expect(asked.response.headers['retry-after']).toBe('2');
  });
});

describe('what Infinity refuses', () => {
  it.each([
    [BAD.noDocuments, ['body', 'documents'], 'too_short'],
    [{ ...BAD.topN, top_n: 0 }, ['body', 'top_n'], 'greater_than_equal'],
    [BAD.number, ['body', 'documents', 1], 'string_type'],
    [BAD.json, ['body'], 'bad_request'],
  ])('%j with a list', async (bad, loc, type) => {
    const { status, body } = await ask('/infinity/rerank', bad);
    expect(status).toBe(422);
    expect(body).toEqual({ detail: [{ type, loc, msg: expect.any(String), input: null, ctx: {} }] });
  });

  it.each([[{ query: '', documents }], [{ query: 'q', documents: ['', ' '] }]])(
    'but not %j',
    async (body) => {
      expect((await ask('/infinity/rerank', body)).status).toBe(200);
    },
  );
});

describe('refusals before the body', () => {
  const tokens = { apiTokens: ['right'] };
  const message = 'A valid API token is required';

  it.each([
    ['/rerank', { error: { code: 'UNAUTHORIZED', message, detail: null } }],
    ['/cohere/v2/rerank', { message, detail: message }],
    ['/cohere/v1/rerank', { message }],
    ['/voyage/v1/rerank', { detail: message }],
    ['/tei/rerank', { error: message, error_type: 'Validation' }],
    ['/infinity/rerank', { detail: 'Unauthorized' }],
    ['/vllm/rerank', { error: { message, type: 'AuthenticationError', param: null, code: 401 } }],
    ['/llama.cpp/rerank', { error: { code: 401, message, type: 'authentication_error' } }],
    ['/litellm/rerank', { error: { message, type: 'authentication_error', param: null, code: '401' } }],
    ['/score', { error: { message, type: 'AuthenticationError', param: null, code: 401 } }],
    ['/v1/rerank', { message, detail: message, error: { code: 'UNAUTHORIZED' } }],
  ])('401 on %s', async (path, form) => {
    const { status, body, response } = await ask(path, { query: 'q', documents }, {}, tokens);
    expect(status).toBe(401);
    expect(body).toMatchObject(form);
    expect(response.headers['www-authenticate']).toContain('Bearer');
  });

  it.each([
    ['Authorization', 'Bearer right'],
    ['Authorization', 'ApiKey right'],
    ['x-api-key', 'right'],
    ['Api-Key', 'right'],
  ])('%s: %s is let in', async (name, value) => {
    expect((await ask('/v1/rerank', { query: 'q', documents }, { [name]: value }, tokens)).status).toBe(200);
  });

  it('read as those of the dialect that a header names, where any may be spoken', async () => {
    const named = { 'X-NeuralCache-Dialect': 'Jina' };
    const refused = await ask('/v1/rerank', { query: 'q', documents }, named, tokens);
    expect([refused.status, refused.body]).toEqual([401, { detail: message }]);
    const batch = await ask('/rerank/batch', [], named, tokens);
    expect([batch.status, batch.body.error?.code]).toEqual([401, 'UNAUTHORIZED']);
  });

  it('an invalid namespace is 400 in the form of the path', async () => {
    const bad = { 'X-NeuralCache-Namespace': 'a b' };
    const { status, body } = await ask('/jina/v1/rerank', { query: 'q', documents }, bad);
    expect([status, body]).toEqual([400, { detail: 'Invalid namespace' }]);
    const any = await ask('/ns/%20/v1/rerank', { query: 'q', documents });
    expect([any.status, any.body.message]).toEqual([400, 'Invalid namespace']);
  });

  it.each([
    ['a type that is no JSON', { 'Content-Type': 'text/plain' }, 415],
    ['an Accept without JSON', { Accept: 'text/html' }, 406],
    ['an unknown dialect', { 'X-NeuralCache-Dialect': 'klingon' }, 400],
    ['a header that means nothing', { 'X-NeuralCache-Learn': 'perhaps' }, 400],
  ])('%s', async (_title, headers, expected) => {
    const { status, body, services } = await ask('/v1/rerank', { query: 'q', documents }, headers);
    expect(status).toBe(expected);
    expect(body.detail).toBe(body.message);
    expect(services.ranked).toEqual([]);
  });

  it('application/*+json is JSON, sent and accepted', async () => {
    const type = 'application/vnd.elasticsearch+json; compatible-with=8';
    const headers = { 'Content-Type': type, Accept: type };
    expect((await ask('/v1/rerank', { query: 'q', documents }, headers)).status).toBe(200);
  });
});

describe('limits', () => {
  const limit = { dialectMaxDocuments: 2, maxTextLength: 5 };

  it.each([
    ['/v1/rerank', 'documents', 400],
    ['/tei/rerank', 'texts', 422],
    ['/infinity/rerank', 'documents', 422],
    ['/voyage/v1/rerank', 'documents', 400],
  ])('too many documents on %s', async (path, field, status) => {
    const sent = (items: string[]) => ({ query: 'q', [field]: items });
    expect((await ask(path, sent(['a', 'b']), {}, limit)).status).toBe(200);
    expect((await ask(path, sent(['a', 'b', 'c']), {}, limit)).status).toBe(status);
  });

  it('a text of any length goes whole', async () => {
    const { status, request } = await ask(
      '/v1/rerank',
      { query: 'longer', documents: ['much longer'] },
      {},
      limit,
    );
    expect([status, request?.candidates[0]?.text]).toEqual([200, 'much longer']);
  });

  it('nesting beyond 32 levels is refused in the form of the path', async () => {
    const deep = `{"query":"q","documents":[${'['.repeat(40)}${']'.repeat(40)}]}`;
    const { status, body } = await ask('/jina/v1/rerank', deep);
    expect([status, body]).toEqual([400, { detail: 'the body must have at most 32 levels of nesting' }]);
  });

  it('a model’s name and a knob may not be endless, and have a type', async () => {
    const body = { query: 'q', documents };
    for (const more of [
      { model: 'm'.repeat(513) },
      { model: 7 },
      { instruction: 'i'.repeat(8193) },
      { max_tokens_per_doc: 1.5 },
      { rank_fields: 'text' },
      { return_documents: 'perhaps' },
    ]) {
      expect((await ask('/v1/rerank', { ...body, ...more })).status).toBe(400);
    }
  });
});

describe('a fault of ours', () => {
  it('is a 500 that says nothing, in every form', async () => {
    for (const path of ['/v1/rerank', '/cohere/v1/rerank', '/vllm/rerank', '/infinity/rerank']) {
      const { status, response } = await ask(path, { query: 'q', documents: ['boom'] });
      expect(status).toBe(500);
      expect(response.text).toContain('Internal error');
      expect(response.text).not.toContain('secret');
    }
  });
});
