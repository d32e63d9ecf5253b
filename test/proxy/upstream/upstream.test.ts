import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelError } from '../../../src/base/model-call.js';
import type { Upstream, UpstreamOptions } from '../../../src/proxy/upstream/upstream.js';
import { FAKE_APIS, fakeScore, logit, reranker } from '../../fixtures/fake-rerankers.js';
import { FAULTS, FakeServer, type Fault, json } from '../../fixtures/fake-server.js';
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
  'refuses the key': 'refused',
  'knows no such path': 'refused',
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

  it('is asked for its limit with our key, and for all, whoever leaves', async () => {
    let answerLimit: () => void = () => undefined;
    server.behave = (seen) => {
      if (seen.method === 'POST') return reranker('tei')(seen);
      answerLimit = () => json({ max_client_batch_size: 8 })(seen);
      return undefined;
    };
    const upstream = open('tei', { passCredentials: true, apiKey: 'sk-ours' });
    const leaving = new AbortController();
    const wishes = { credential: 'sk-theirs' };
    const left = outcomes(upstream.scoreEach('q', ['a'], { ...CALL, wishes, signal: leaving.signal }));
    const stays = upstream.scoreEach('q', texts(16), { ...CALL, wishes });
    await vi.waitFor(() => expect(server.seen).toHaveLength(1));
    leaving.abort();
    answerLimit();
    await left;
    await Promise.all(stays);
    expect(server.seen[0]!.headers.authorization).toBe('Bearer sk-ours');
    expect(posted().map(({ texts: sent }) => sent.length)).toEqual([8, 8]);
  });

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

  it('that fails at one model is left alone with that, and asked for others', async () => {
    server.behave = (seen) => (seen.body.model === 'bad' ? json({}, 500)(seen) : reranker('cohere-v2')(seen));
    const upstream = open('cohere-v2', { connection: { breakerFailures: 3 } });
    for (let n = 0; n < 4; n++) await failureOf(upstream, { wishes: { model: 'bad' } });
    expect(server.seen).toHaveLength(3);
    expect(upstream.isBroken).toBe(true);
    const good = { ...CALL, wishes: { model: 'good' } };
    expect(await Promise.all(upstream.scoreEach('q', ['a'], good))).toEqual([fakeScore('q', 'a')]);
    expect(upstream.isBroken).toBe(false);
    await failureOf(upstream, { wishes: { model: 'bad' } });
    expect(server.seen).toHaveLength(4);
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

  it('that are missing are the caller’s to send, where we have none', async () => {
    server.behave = json({}, 401);
    const ofCaller: boolean[] = [];
    const onAsked = ({ hasCallersKey }: { hasCallersKey: boolean }) => void ofCaller.push(hasCallersKey);
    const error = await failureOf(open('cohere-v2', { passCredentials: true, onAsked }));
    expect(error).toMatchObject({ name: 'AppError', code: 'UNAUTHORIZED' });
    expect(await failureOf(open('cohere-v2', { onAsked }))).toMatchObject({ name: 'ModelError' });
    expect(ofCaller).toEqual([true, false]);
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
  it.each(['tei', 'deepinfra'])('with models of namespaces is refused where %s names none', (dialect) => {
    const options = { model: 'org/m', models: { a: 'm' } };
    expect(() => openUpstream(server.url, dialect, options)).toThrow(
      `the dialect ${dialect} cannot ask for a model of the namespace`,
    );
  });

  it('with a URL that is none is told without what was given', () => {
    for (const url of ['me:secret@host', 'secret', 'ftp://secret']) {
      expect(() => openUpstream(url, 'tei')).toThrow(/^(?!.*secret)/);
    }
  });
});
