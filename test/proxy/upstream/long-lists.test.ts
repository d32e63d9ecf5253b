import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/base/clock.js';
import type { Upstream, UpstreamOptions } from '../../../src/proxy/upstream/upstream.js';
import { fakeScore, logit, reranker } from '../../fixtures/fake-rerankers.js';
import { type Behaviour, FakeServer, inTurn, json } from '../../fixtures/fake-server.js';
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

  it('is not split because of a list of others, with few but long texts, that was too many bytes', async () => {
    server.behave = (seen) =>
      JSON.stringify(seen.body).length > 3000
        ? json({ message: 'too large' }, 413)(seen)
        : reranker('cohere-v2')(seen);
    const upstream = open();
    await Promise.all(upstream.scoreEach('q', ['a'.repeat(2000), 'b'.repeat(2000)], CALL));
    server.seen.length = 0;
    await Promise.all(upstream.scoreEach('q', texts(20), CALL));
    expect(server.seen).toHaveLength(1);
  });

  it('goes in one request again an hour after the server took less', async () => {
    const clock = new ManualClock();
    server.behave = inTurn(json({ message: 'too many documents' }, 400), reranker('cohere-v2'));
    const upstream = open('cohere-v2', { clock });
    for (const sent of [3, 2]) {
      server.seen.length = 0;
      await Promise.all(upstream.scoreEach('q', texts(4), CALL));
      expect(server.seen).toHaveLength(sent);
    }
    clock.advance(3_600_000);
    server.seen.length = 0;
    await Promise.all(upstream.scoreEach('q', texts(4), CALL));
    expect(server.seen).toHaveLength(1);
  });

  it('keeps what was had where one request fails', async () => {
    server.behave = inTurn(reranker('tei'), reranker('tei'), json({}, 400));
    const found = await outcomes(open('tei', { maxConcurrent: 1 }).scoreEach('number 7', texts(64), CALL));
    expect(found.filter((outcome) => typeof outcome === 'number')).toHaveLength(32);
  });

  it('is scored as a whole by a model known for that, whoever named it', () => {
    const isListwise = (options: Partial<UpstreamOptions>, model: string, namespace = 'default') =>
      open('jina', options).isListwise({ model }, namespace);
    expect(isListwise({}, 'jina-reranker-v3')).toBe(true);
    expect(isListwise({}, 'jina-reranker-v2')).toBe(false);
    expect(isListwise({ model: 'jina-reranker-v2' }, 'jina-reranker-v3')).toBe(false);
    expect(isListwise({ models: { a: 'jina-reranker-v3' } }, 'other', 'a')).toBe(true);
    expect(isListwise({ isListwise: true }, 'other')).toBe(true);
  });

  it('that is scored as a whole is never split', async () => {
    const upstream = open('jina', { model: 'jina-reranker-v3' });
    expect(upstream.isListwise(undefined, 'default')).toBe(true);
    server.behave = json({ detail: 'too many documents' }, 400);
    for (const count of [1, 1001]) {
      const [outcome] = await outcomes(upstream.scoreEach('q', texts(count), CALL));
      expect(outcome).toMatchObject({ name: 'ModelError', failure: count === 1 ? 'refused' : 'failed' });
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
    const cut: number[] = [];
    const call = { ...CALL, onCut: (place: number) => cut.push(place) };
    const scores = await Promise.all(upstream.scoreEach('number 7', asked, call));
    expect(cut).toEqual([20]);
    expect(scores.toSpliced(20, 1)).toEqual(expected(asked.toSpliced(20, 1)).map(logit));
    // 3600 · 512 / 3600, and of that 85 %.
    expect(scores[20]).toBe(logit(fakeScore('number 7', 'number 7 '.repeat(400).slice(0, 435))));
    expect(upstream.isBroken).toBe(false);
    expect(server.seen.length).toBeLessThan(16);
  });

  it.each([
    [5000, 100_000, 3125, 6],
    [300, 100_000, 256, 9],
    [5000, 2_000_000, 256, 9],
  ])(
    'is halved until it is taken, where the server with room for %i says no numbers: one of %i',
    async (most, length, taken, requests) => {
      const isLong = (text: string) => text.length > most;
      server.behave = (seen) =>
        seen.body.documents.some(isLong) ? json({}, 413)(seen) : reranker('cohere-v2')(seen);
      const asked = [...texts(49), 'x'.repeat(length)];
      const cut: number[] = [];
      const call = { ...CALL, onCut: (place: number) => cut.push(place) };
      const scores = await Promise.all(open().scoreEach('number 7', asked, call));
      expect(scores.slice(0, 49)).toEqual(expected(texts(49)));
      expect(cut).toEqual([49]);
      const alone = posted().filter(
        ({ documents }) => documents.length === 1 && documents[0].startsWith('x'),
      );
      expect(alone.at(-1).documents[0]).toHaveLength(taken);
      expect(alone).toHaveLength(requests);
    },
  );

  it('costs a bounded number of requests where nothing helps', async () => {
    server.behave = json({ error: { message: 'input of 700 is too large' } }, 400);
    const long = texts(900).map((text) => text.padEnd(5000, 'x'));
    const found = await outcomes(open('llama.cpp', { timeoutMs: 60_000 }).scoreEach('q', long, CALL));
    for (const outcome of found) expect(outcome).toMatchObject({ failure: 'refused' });
    expect(server.seen.length).toBeLessThanOrEqual(2 * 64);
  });

  it('is not looked for among small ones longer than until one of them is refused', async () => {
    server.behave = json({ message: 'input is too large' }, 400);
    const found = await outcomes(open().scoreEach('q', texts(50), CALL));
    for (const outcome of found) expect(outcome).toMatchObject({ failure: 'refused' });
    // 50, 25, 13, 7, 4, 2, 1
    expect(server.seen).toHaveLength(7);
  });

  it('is not looked for where something else is exceeded', async () => {
    server.behave = json({ message: 'monthly quota exceeded' }, 400);
    const found = await outcomes(open().scoreEach('q', texts(50), CALL));
    for (const outcome of found) expect(outcome).toMatchObject({ failure: 'refused' });
    expect(server.seen).toHaveLength(1);
  });
});
