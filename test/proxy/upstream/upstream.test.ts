import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../src/base/clock.js';
import type { ModelError } from '../../../src/base/model-call.js';
import type { Upstream, UpstreamOptions } from '../../../src/proxy/upstream/upstream.js';
import { FAKE_APIS, fakeScore, logit, reranker } from '../../fixtures/fake-rerankers.js';
import { type Behaviour, FAULTS, FakeServer, type Fault, inTurn, json } from '../../fixtures/fake-server.js';
import { openUpstream, outcomes } from '../../fixtures/open-upstream.js';

const CALL = { namespace: 'default' };
let server: FakeServer;
const opened: Upstream[] = [];

beforeEach(async () => {
  server = await FakeServer.open(reranker('cohere-v2'));
});
afterEach(async () => {
  for (const upstream of opened.splice(0)) await upstream.close();
  await server.close();
});

function open(dialect = 'cohere-v2', options: Partial<UpstreamOptions> = {}): Upstream {
  const upstream = openUpstream(server.url, dialect, options);
  opened.push(upstream);
  return upstream;
}

const texts = (count: number) => Array.from({ length: count }, (_, index) => `text number ${index}`);
const expected = (asked: readonly string[]) => asked.map((text) => fakeScore('number 7', text));
const posted = () => server.seen.filter(({ method }) => method === 'POST').map(({ body }) => body);

async function failureOf(upstream: Upstream, call = {}): Promise<ModelError> {
  const [outcome] = await outcomes(upstream.scoreEach('my query', ['my text'], { ...CALL, ...call }));
  expect(outcome).toBeInstanceOf(Error);
  return outcome as ModelError;
}

describe('a request', () => {
  it('has our key, our headers over all others, and the trace of the caller', async () => {
    const upstream = open('cohere-v2', { apiKey: 'sk-1', headers: { 'x-gate': 'open' } });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await Promise.all(upstream.scoreEach('q', ['a'], { ...CALL, wishes: { traceparent } }));
    expect(server.seen[0]!.headers).toMatchObject({
      authorization: 'Bearer sk-1',
      'x-gate': 'open',
      traceparent,
      'content-type': 'application/json',
    });
    await Promise.all(upstream.scoreEach('q', ['a'], { ...CALL, wishes: { traceparent: 'no trace' } }));
    expect(server.seen[1]!.headers).not.toHaveProperty('traceparent');
  });

  it.each(Object.entries(FAKE_APIS).filter(([, { key }]) => key))(
    'to %s has the key where it is looked for',
    async (name, { key }) => {
      server.behave = reranker(name);
      await Promise.all(open(name, { apiKey: 'sk-1', model: 'some:model' }).scoreEach('q', ['a'], CALL));
      const [header, before] = key!;
      expect(server.seen[0]!.headers[header]).toBe(`${before}sk-1`);
    },
  );

  it('has the key in the header that is named', async () => {
    const keyForm = { header: 'X-Gate-Key' };
    await Promise.all(open('cohere-v2', { apiKey: 'sk-1', keyForm }).scoreEach('q', ['a'], CALL));
    expect(server.seen[0]!.headers).toMatchObject({ 'x-gate-key': 'sk-1' });
    expect(server.seen[0]!.headers).not.toHaveProperty('authorization');
  });

  it('has the model that is fixed, else that of the namespace, else the caller’s', async () => {
    const wishes = { model: 'theirs' };
    await Promise.all(open().scoreEach('q', ['a'], { ...CALL, wishes }));
    await Promise.all(open('cohere-v2', { model: 'ours' }).scoreEach('q', ['a'], { ...CALL, wishes }));
    const byNamespace = open('cohere-v2', { model: 'ours', models: { special: 'special-model' } });
    await Promise.all(byNamespace.scoreEach('q', ['a'], { namespace: 'special', wishes }));
    await Promise.all(open().scoreEach('q', ['a'], CALL));
    expect(posted().map(({ model }) => model)).toEqual(['theirs', 'ours', 'special-model', undefined]);
  });

  it('has those knobs of the caller that the vendor knows', async () => {
    const knobs = { max_tokens_per_doc: 100, max_chunks_per_doc: 3, truncate: true, __proto__: 1 };
    await Promise.all(open().scoreEach('q', ['a'], { ...CALL, wishes: { knobs } }));
    expect(posted()[0]).toEqual({ query: 'q', documents: ['a'], top_n: 1, max_tokens_per_doc: 100 });
  });

  it('is never made for blank texts, and has no half of a surrogate pair', async () => {
    const scores = await Promise.all(open().scoreEach('q', ['', 'a\ud800', ' \n'], CALL));
    expect(posted().map(({ documents }) => documents)).toEqual([['a\ufffd']]);
    expect([scores[0], scores[2]]).toEqual([0, 0]);
    await Promise.all(open().scoreEach('q', [' '], CALL));
    expect(server.seen).toHaveLength(1);
  });

  it('has no more of a text than the vendor takes', async () => {
    server.behave = reranker('infinity');
    await Promise.all(open('infinity').scoreEach('q', ['x'.repeat(200_000)], CALL));
    expect(posted()[0].documents[0]).toHaveLength(122_880);
  });
});

describe('what is remembered apart', () => {
  it('is what changes scores', () => {
    const upstream = open('tei', { passCredentials: true });
    const keys = [
      upstream.keyOf(undefined),
      upstream.keyOf({ model: 'm' }),
      upstream.keyOf({ rawScores: true }),
      upstream.keyOf({ knobs: { truncate: false } }),
      upstream.keyOf({ credential: 'sk-1' }),
      upstream.keyOf({ credential: 'sk-2' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.join()).not.toContain('sk-');
    expect(upstream.keyOf({ knobs: { user: 'me', truncate: 'END' }, traceparent: 't' })).toBe(keys[0]);
  });

  it('is neither a model nor a credential that the upstream never sees', () => {
    const upstream = open('cohere-v2', { model: 'ours' });
    const wishes = { model: 'theirs', credential: 'sk-1', rawScores: true };
    expect(upstream.keyOf(wishes)).toBe(upstream.keyOf(undefined));
  });

  it('is a version with whatever else changes scores', () => {
    const versions = [
      open(),
      open('cohere-v1'),
      open('cohere-v2', { model: 'm' }),
      open('cohere-v2', { models: { a: 'm' } }),
      open('cohere-v2', { scale: 'logit' }),
      open('cohere-v2', { url: `${server.url}/v1` }),
    ].map(({ version }) => version);
    expect(new Set(versions).size).toBe(versions.length);
    const other = { apiKey: 'k', timeoutMs: 10, headers: { a: 'b' }, url: `${server.url}/v2/rerank` };
    expect(open('cohere-v2', other).version).toBe(versions[0]);
  });
});

describe('scores', () => {
  it('are raw where they are wished and the dialect has them, and then they are logits', async () => {
    server.behave = reranker('tei');
    const upstream = open('tei');
    const wishes = { rawScores: true };
    const [score] = await Promise.all(upstream.scoreEach('a', ['a b'], { ...CALL, wishes }));
    expect(score).toBeCloseTo(logit(fakeScore('a', 'a b')), 6);
    expect([upstream.scaleOf(wishes), upstream.scaleOf({})]).toEqual(['logit', 'probability']);
    expect(open('cohere-v2').scaleOf(wishes)).toBe('probability');
    expect(open('llama.cpp').scaleOf({})).toBe('logit');
    expect(open('llama.cpp', { scale: 'probability' }).scaleOf({})).toBe('probability');
  });
});

describe('a long list', () => {
  it('goes in as few requests as the server’s own limit allows, and is merged by place', async () => {
    server.behave = reranker('tei');
    const asked = texts(100);
    const scores = await Promise.all(open('tei').scoreEach('number 7', asked, CALL));
    expect(scores).toEqual(expected(asked));
    expect(posted().map(({ texts: sent }) => sent.length)).toEqual([25, 25, 25, 25]);
    expect(server.seen.filter(({ method }) => method === 'GET')).toHaveLength(1);
  });

  it.each([
    [404, 1],
    [500, 2],
  ])(
    'goes as the dialect says where the server does not, which is asked again unless it has no such route: %i',
    async (status, times) => {
      server.behave = (seen) => (seen.method === 'GET' ? json({}, status)(seen) : reranker('tei')(seen));
      const clock = new ManualClock();
      const upstream = open('tei', { clock });
      await Promise.all(upstream.scoreEach('q', texts(33), CALL));
      await Promise.all(upstream.scoreEach('q', texts(33), CALL));
      expect(posted().map(({ texts: sent }) => sent.length)).toEqual([17, 16, 17, 16]);
      clock.advance(60_000);
      await Promise.all(upstream.scoreEach('q', ['a'], CALL));
      expect(server.seen.filter(({ method }) => method === 'GET')).toHaveLength(times);
    },
  );

  it('goes in more requests where the server turns out to take less', async () => {
    server.behave = (seen) =>
      seen.body.documents.length > 10
        ? json({ message: 'too many documents' }, 400)(seen)
        : reranker('cohere-v2')(seen);
    const upstream = open();
    const asked = texts(40);
    expect(await Promise.all(upstream.scoreEach('number 7', asked, CALL))).toEqual(expected(asked));
    const before = server.seen.length;
    await Promise.all(upstream.scoreEach('number 7', asked, CALL));
    expect(server.seen.length - before).toBe(4);
  });

  it('keeps what was had where one request fails', async () => {
    server.behave = inTurn(reranker('tei'), reranker('tei'), json({}, 400));
    const found = await outcomes(open('tei', { maxConcurrent: 1 }).scoreEach('number 7', texts(64), CALL));
    expect(found.filter((outcome) => typeof outcome === 'number')).toHaveLength(32);
  });

  it('that is scored as a whole is never split', async () => {
    const upstream = open('jina', { model: 'jina-reranker-v3' });
    expect(upstream.isListwise).toBe(true);
    server.behave = json({ detail: 'too many documents' }, 400);
    for (const count of [1, 1001]) {
      const [outcome] = await outcomes(upstream.scoreEach('q', texts(count), CALL));
      expect(outcome).toMatchObject({ name: 'ModelError', failure: 'failed' });
    }
    expect(server.seen).toHaveLength(1);
  });
});

describe('a text that is too long for the server', () => {
  /** As llama.cpp: the whole batch fails by one pair. A letter is a token. */
  const bounded: Behaviour = (seen) => {
    const long = (seen.body.documents as string[]).find(({ length }) => length > 512);
    if (long === undefined) return reranker('llama.cpp')(seen);
    const message = `input (${long.length} tokens) is too large to process. increase the physical batch size (current batch size: 512)`;
    return json({ error: { code: 500, message, type: 'server_error' } }, 500)(seen);
  };

  it('is cut, and the rest has its scores', async () => {
    server.behave = bounded;
    const asked = [...texts(20), 'number 7 '.repeat(400), ...texts(20)];
    const upstream = open('llama.cpp', { connection: { breakerFailures: 2 } });
    const scores = await Promise.all(upstream.scoreEach('number 7', asked, CALL));
    expect(scores.toSpliced(20, 1)).toEqual(expected(asked.toSpliced(20, 1)).map(logit));
    // 3600 · 512 / 3600, and of that 85 %.
    expect(scores[20]).toBe(logit(fakeScore('number 7', 'number 7 '.repeat(400).slice(0, 435))));
    expect(upstream.isBroken).toBe(false);
    expect(server.seen.length).toBeLessThan(16);
  });

  it('costs a bounded number of requests where nothing helps', async () => {
    server.behave = json({ error: { message: 'input is too large' } }, 500);
    const found = await outcomes(open('llama.cpp').scoreEach('q', texts(900), CALL));
    for (const outcome of found) expect(outcome).toMatchObject({ failure: 'failed' });
    expect(server.seen.length).toBeLessThanOrEqual(64);
  });
});

/** What a caller of the model is told for each fault. */
const FAILURES: Readonly<Record<Fault, ModelError['failure']>> = {
  'never answers': 'late',
  'stops after the head': 'late',
  'sends a byte now and then': 'late',
  'resets the connection': 'failed',
  'closes half-way': 'failed',
  'answers what is not HTTP': 'failed',
  'answers with a page': 'failed',
  'answers with nothing': 'failed',
  'answers with JSON cut off': 'failed',
  'answers with 50 MB': 'failed',
  'refuses the key': 'failed',
  'knows no such path': 'failed',
  redirects: 'failed',
  'is busy': 'overloaded',
  'is busy for an hour': 'overloaded',
  breaks: 'failed',
  'is away': 'failed',
};

describe('a bad server', () => {
  it.each(Object.keys(FAULTS) as Fault[])(
    'that %s fails in time, says nothing of what was sent, and may recover',
    async (fault) => {
      const asked: string[] = [];
      const upstream = open('cohere-v2', {
        timeoutMs: 300,
        apiKey: 'sk-secret',
        onAsked: ({ outcome }) => asked.push(outcome),
      });
      server.behave = FAULTS[fault];
      const error = await failureOf(upstream);
      expect(error).toMatchObject({ name: 'ModelError', failure: FAILURES[fault] });
      const told = [error, error.cause].map((one) => `${one} ${JSON.stringify(one)}`).join();
      expect(told).not.toMatch(/my (text|query)|secret/);
      expect(asked).toHaveLength(1);
      server.behave = reranker('cohere-v2');
      expect(await Promise.all(upstream.scoreEach('q', ['a'], CALL))).toEqual([fakeScore('q', 'a')]);
    },
  );

  it('that hangs on its limit costs no more than a part of the time', async () => {
    server.behave = (seen) => (seen.method === 'GET' ? undefined : reranker('tei')(seen));
    const upstream = open('tei', { timeoutMs: 1000 });
    expect(await Promise.all(upstream.scoreEach('q', ['a'], CALL))).toEqual([fakeScore('q', 'a')]);
    expect(await Promise.all(upstream.scoreEach('q', ['b'], CALL))).toEqual([fakeScore('q', 'b')]);
    expect(server.seen.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST']);
  });

  it('that answers nonsense again and again is left alone', async () => {
    server.behave = json({ results: [{ index: 1, relevance_score: 1 }] });
    const upstream = open('cohere-v2', { connection: { breakerFailures: 3 } });
    for (let n = 0; n < 4; n++) await failureOf(upstream);
    expect(server.seen).toHaveLength(3);
    expect(upstream.isBroken).toBe(true);
  });

  it('has no more than the time of one request for all parts of a list', async () => {
    server.behave = FAULTS['never answers'];
    const upstream = open('cohere-v2', { timeoutMs: 200, maxConcurrent: 1 });
    const found = await outcomes(upstream.scoreEach('q', texts(3000), CALL));
    for (const outcome of found) expect(outcome).toMatchObject({ failure: 'late' });
    expect(server.seen).toHaveLength(1);
  });

  it('is asked no longer when the caller leaves', async () => {
    server.behave = FAULTS['never answers'];
    const leaving = new AbortController();
    const answer = failureOf(open(), { signal: leaving.signal });
    await vi.waitFor(() => expect(server.seen).toHaveLength(1));
    leaving.abort();
    expect((await answer).failure).toBe('late');
    await vi.waitFor(() => expect(server.abandoned).toBe(1));
  });

  it('keeps no more waiting than it should, and of one namespace half', async () => {
    server.behave = FAULTS['never answers'];
    const upstream = open('cohere-v2', { maxConcurrent: 1, maxQueued: 2 });
    const ask = (namespace: string) => outcomes(upstream.scoreEach('q', ['a'], { namespace }));
    const calls = ['a', 'a', 'a', 'b', 'c'].map(ask);
    expect(await calls[2]).toMatchObject([{ failure: 'overloaded' }]);
    expect(await calls[4]).toMatchObject([{ failure: 'overloaded' }]);
    await vi.waitFor(() => expect(server.seen).toHaveLength(1));
  });
});

describe('the credentials of the caller', () => {
  const wishes = { credential: 'sk-theirs' };
  const passing = { passCredentials: true, apiKey: 'sk-ours' };

  it('go along in place of ours, where that is wanted and there are any', async () => {
    const upstream = open('cohere-v2', passing);
    await Promise.all(upstream.scoreEach('q', ['a'], { ...CALL, wishes }));
    await Promise.all(upstream.scoreEach('q', ['a'], CALL));
    await Promise.all(open('cohere-v2', { apiKey: 'sk-ours' }).scoreEach('q', ['a'], { ...CALL, wishes }));
    const keys = server.seen.map(({ headers }) => headers.authorization);
    expect(keys).toEqual(['Bearer sk-theirs', 'Bearer sk-ours', 'Bearer sk-ours']);
  });

  it.each([
    [400, 'BAD_REQUEST', ': no such model'],
    [401, 'UNAUTHORIZED', ''],
    [403, 'FORBIDDEN', ''],
    [404, 'NOT_FOUND', ': no such model'],
    [422, 'VALIDATION_ERROR', ': no such model'],
  ])('that are refused with %i are the caller’s to know', async (status, code, words) => {
    server.behave = json({ message: 'no such\n model' }, status);
    const error = await failureOf(open('cohere-v2', passing), { wishes });
    expect(error).toMatchObject({
      name: 'AppError',
      code,
      message: `The upstream refused with status ${status}${words}`,
    });
    expect(await failureOf(open('cohere-v2', passing))).toMatchObject({ name: 'ModelError' });
    expect(await failureOf(open(), { wishes })).toMatchObject({ name: 'ModelError' });
  });

  it.each([429, 500, 503])('leave %i a failure of the upstream', async (status) => {
    server.behave = json({}, status);
    const error = await failureOf(open('cohere-v2', { ...passing, timeoutMs: 500 }), { wishes });
    expect(error).toMatchObject({ name: 'ModelError' });
  });

  it.each([
    'about my query and more',
    'bad key sk-theirs',
    'bad header open sesame',
    'of the document some long text, which',
  ])('are not told what repeats secrets or texts: %s', async (message) => {
    server.behave = json({ detail: message }, 400);
    const upstream = open('cohere-v2', { ...passing, headers: { 'x-gate': 'open sesame' } });
    const answers = upstream.scoreEach('about my query', ['some long text'], { ...CALL, wishes });
    const [error] = await outcomes(answers);
    expect((error as Error).message).toBe('The upstream refused with status 400');
  });

  it('that no header can hold are refused here', async () => {
    const error = await failureOf(open('cohere-v2', passing), { wishes: { credential: 'a\r\nb: c' } });
    expect(error).toMatchObject({ name: 'AppError', code: 'UNAUTHORIZED' });
    expect(server.seen).toHaveLength(0);
  });
});

describe('the start', () => {
  it('with a URL that is none is told without what was given', () => {
    for (const url of ['me:secret@host', 'secret', 'ftp://secret']) {
      expect(() => openUpstream(url, 'tei')).toThrow(/^(?!.*secret)/);
    }
  });
});
