import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelError } from '../../src/base/model-call.js';
import { EmbeddingServer } from '../../src/encoders/embedding-server.js';
import type { Encoder } from '../../src/encoders/encoder.js';
import { type OpenAiEncoderOptions, openOpenAiEncoder } from '../../src/encoders/openai.js';
import { encoderContract } from '../contracts/encoder.js';
import { expectClose } from '../fixtures/close.js';
import { embeddings } from '../fixtures/embedding-answers.js';
import { FakeEncoder } from '../fixtures/fake-encoder.js';
import { type Behaviour, FAULTS, FakeServer, type Fault, inTurn, json } from '../fixtures/fake-server.js';
import { AS_DOCUMENT, AS_QUERY } from '../fixtures/model-calls.js';
import { hasEnded } from '../fixtures/one-broken.js';

let server: FakeServer;
const encoders: Encoder[] = [];

beforeEach(async () => {
  server = await FakeServer.open(embeddings());
});
afterEach(async () => {
  for (const encoder of encoders.splice(0)) await encoder.close();
  await server.close();
});

async function open(options: Partial<OpenAiEncoderOptions> = {}): Promise<Encoder> {
  const encoder = await openOpenAiEncoder({
    url: server.url,
    model: 'some-model',
    ...options,
    connection: { proxies: { noProxy: '*' }, random: { next: () => 0 }, ...options.connection },
  });
  encoders.push(encoder);
  return encoder;
}

/** The texts of each request after the probe. */
const sent = () => server.seen.slice(1).map(({ body }) => body.input);

function failureOf(call: Promise<unknown>): Promise<ModelError> {
  return call.then(
    () => ({ failure: 'none' }) as never,
    (cause) => cause,
  );
}

describe('openai', () => {
  let contractServer: FakeServer;
  beforeAll(async () => {
    contractServer = await FakeServer.open(embeddings());
  });
  afterAll(() => contractServer.close());
  const openOne = () => openOpenAiEncoder({ url: contractServer.url, model: 'some-model', tau: 0.8 });
  encoderContract('openai', openOne, { isLocal: false });
});

describe('a request', () => {
  it('is as the API wants it', async () => {
    const encoder = await open({ apiKey: 'sk-1' });
    await encoder.encode(['red', 'blue'], AS_DOCUMENT);
    expect(server.seen[1]).toMatchObject({
      path: '/v1/embeddings',
      headers: { authorization: 'Bearer sk-1' },
    });
    expect(server.seen[1]!.body).toEqual({
      model: 'some-model',
      input: ['red', 'blue'],
      encoding_format: 'base64',
    });
  });

  it('asks for numbers where the server knows no base64', async () => {
    server.behave = (seen) =>
      (seen.body.encoding_format === 'float' ? embeddings({ asBase64: false }) : json({}, 422))(seen);
    await (await open()).encode(['red'], AS_DOCUMENT);
    expect(server.seen.map(({ body }) => body.encoding_format)).toEqual(['base64', 'float', 'float']);
  });

  it('has the vectors of numbers and of base64, whatever their order', async () => {
    const expected = await new FakeEncoder('v1', 32).encode(['red', 'blue']);
    for (const asBase64 of [false, true]) {
      server.behave = embeddings({ asBase64 });
      const vectors = await (await open()).encode(['red', 'blue'], AS_DOCUMENT);
      for (const [index, vector] of vectors.entries()) expectClose(vector, expected[index]!);
    }
  });

  it('has the prompt of the role before each text, and never half a surrogate pair', async () => {
    const encoder = await open({ prompts: { query: 'query: ' }, maxTextLength: 4 });
    await encoder.encode(['red car'], AS_QUERY);
    await encoder.encode(['red\ud83d\ude00'], AS_DOCUMENT);
    expect(sent()).toEqual([['query: red '], ['red\ufffd']]);
  });

  it('holds no more texts and characters than it should', async () => {
    const encoder = await open({ batchSize: 3, batchCharacters: 10, maxConcurrent: 1 });
    await encoder.encode(['a', 'b', 'c', 'd', 'eeeeee', 'ffffff', 'g'.repeat(50), 'h'], AS_DOCUMENT);
    expect(sent()).toEqual([['a', 'b', 'c'], ['d', 'eeeeee'], ['ffffff'], ['g'.repeat(50)], ['h']]);
  });

  it('is over before the call of its texts ends, though another failed', async () => {
    const encoder = await open({ batchSize: 1 });
    const held: (() => unknown)[] = [];
    server.behave = (seen) => {
      if (seen.body.input[0] === 'bad') return json({}, 400)(seen);
      return held.push(() => embeddings()(seen));
    };
    const [bad, good] = encoder.encodeEach!(['bad', 'slow'], AS_DOCUMENT);
    const call = encoder.encode(['bad', 'slow'], AS_DOCUMENT);
    await expect(bad).rejects.toThrow('400');
    await vi.waitFor(() => expect(held).toHaveLength(1));
    expect(await hasEnded(call)).toBe(false);
    await held[0]!();
    await expect(call).rejects.toThrow('400');
    expect(await good).toHaveLength(32);
  });

  it('is not made for texts with nothing to read', async () => {
    const encoder = await open();
    const vectors = await encoder.encode(['', ' \n', 'red', '\ud800'], AS_DOCUMENT);
    expect(vectors.map((vector) => vector.some((value) => value !== 0))).toEqual([false, false, true, false]);
    expect(sent()).toEqual([['red']]);
  });
});

describe('the dimension', () => {
  it('is not waited for by a request that nobody waits for', async () => {
    server.behave = FAULTS['never answers'];
    const connection = { proxies: { noProxy: '*' } };
    const asking = new EmbeddingServer({ url: server.url, model: 'some-model', timeoutMs: 1000, connection });
    const leaving = new AbortController();
    const call = asking.ask(['red'], leaving.signal);
    await vi.waitFor(() => expect(server.seen).toHaveLength(1));
    leaving.abort();
    await expect(call).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(asking.ask(['red'], leaving.signal)).rejects.toMatchObject({ kind: 'cancelled' });
    await asking.close();
  });

  it('is what the server gives, and it is not told', async () => {
    const encoder = await open({ dimensions: 32 });
    await encoder.encode(['red'], AS_DOCUMENT);
    expect(encoder.dimension).toBe(32);
    expect(server.seen.map(({ body }) => body.dimensions)).toEqual([undefined, undefined]);
  });

  it('is asked for where the server’s own is another', async () => {
    const encoder = await open({ dimensions: 16 });
    const [vector] = await encoder.encode(['red'], AS_DOCUMENT);
    expect(vector).toHaveLength(16);
    expect(server.seen.map(({ body }) => body.dimensions)).toEqual([undefined, 16, 16]);
  });

  it('that the server does not heed stops the start', async () => {
    server.behave = (seen) => embeddings()({ ...seen, body: { ...seen.body, dimensions: undefined } });
    await expect(open({ dimensions: 16 })).rejects.toThrow(
      `the embedding model some-model cannot be used: ${server.url}/v1/embeddings: vectors of 32 numbers, not of 16`,
    );
  });
});

describe('the start', () => {
  it.each(['never answers', 'resets the connection', 'breaks', 'is away', 'is busy'] as const)(
    'where the server %s stops, unless the dimension is known',
    async (fault) => {
      server.behave = FAULTS[fault];
      await expect(open({ timeoutMs: 300 })).rejects.toThrow('some-model cannot be used');
      const told: string[] = [];
      const onUnavailable = ({ failure }: ModelError) => told.push(failure);
      const encoder = await open({ dimensions: 16, timeoutMs: 300, onUnavailable });
      expect(told).toHaveLength(1);
      expect(encoder.dimension).toBe(16);
      server.behave = embeddings();
      expect((await encoder.encode(['red'], AS_DOCUMENT))[0]).toHaveLength(16);
    },
  );

  it.each(['refuses the key', 'knows no such path', 'answers with a page', 'redirects'] as const)(
    'where the server %s stops in any case',
    async (fault) => {
      server.behave = FAULTS[fault];
      await expect(open({ dimensions: 16 })).rejects.toThrow('some-model cannot be used');
    },
  );

  it('with what is no URL says so, without the password in it', async () => {
    await expect(open({ url: 'me:secret@host' })).rejects.toThrow(/^(?!.*secret)/);
  });
});

describe('the version', () => {
  it('changes with whatever may change the vectors', async () => {
    const versions = [
      await open(),
      await open({ model: 'other' }),
      await open({ dimensions: 16 }),
      await open({ prompts: { query: 'q: ' } }),
      await open({ prompts: { document: 'q: ' } }),
      await open({ maxTextLength: 5 }),
      await open({ url: server.url.replace('127.0.0.1', 'localhost') }),
    ].map(({ version }) => version);
    expect(new Set(versions).size).toBe(versions.length);
    expect((await open({ apiKey: 'other', batchSize: 1 })).version).toBe(versions[0]);
  });
});

describe('a bad server', () => {
  const vectorsOf = (...data: unknown[]) => json({ data });
  const good = { index: 0, embedding: Array(32).fill(1) };
  const nonsense: Record<string, Behaviour> = {
    'no list': json({ error: 'none' }),
    null: json(null),
    'too few': vectorsOf(good),
    'too many': vectorsOf(good, { ...good, index: 1 }, { ...good, index: 2 }),
    'a text twice': vectorsOf(good, good),
    'a text out of range': vectorsOf(good, { ...good, index: 2 }),
    'an index that is none': vectorsOf(good, { ...good, index: '1' }),
    'a negative index': vectorsOf(good, { ...good, index: -1 }),
    'null for a vector': vectorsOf(good, { index: 1, embedding: null }),
    'no number': vectorsOf(good, { index: 1, embedding: [null, ...good.embedding.slice(1)] }),
    words: vectorsOf(good, { index: 1, embedding: good.embedding.map(String) }),
    'numbers too large': vectorsOf(good, { index: 1, embedding: good.embedding.map(() => 1e300) }),
    'an empty vector': vectorsOf(good, { index: 1, embedding: [] }),
    'another length': vectorsOf(good, { index: 1, embedding: [1, 2, 3] }),
    'another length for all': vectorsOf(
      { index: 0, embedding: [1, 2, 3] },
      { index: 1, embedding: [1, 2, 3] },
    ),
    'no base64': vectorsOf(good, { index: 1, embedding: '!'.repeat(172) }),
    'base64 of NaN': vectorsOf(good, {
      index: 1,
      embedding: Buffer.from(new Float32Array(32).fill(NaN).buffer).toString('base64'),
    }),
  };

  it.each(Object.keys(nonsense))('that gives nonsense fails both texts: %s', async (what) => {
    const encoder = await open();
    server.behave = nonsense[what]!;
    const failures = encoder.encodeEach!(['red', 'blue'], AS_DOCUMENT).map(failureOf);
    for (const error of await Promise.all(failures)) {
      expect(error).toMatchObject({ name: 'ModelError', failure: 'failed' });
      expect(error.message).toContain(`${server.url}/v1/embeddings: `);
    }
  });

  it.each([429, 500, 502, 503, 504])('that answers %i now and then is asked again', async (status) => {
    const encoder = await open();
    server.behave = inTurn(json({}, status), json({}, status), embeddings());
    expect(await encoder.encode(['red'], AS_DOCUMENT)).toHaveLength(1);
    expect(sent()).toEqual([['red'], ['red'], ['red']]);
  });

  it.each([501, 505])('that answers %i is not', async (status) => {
    const encoder = await open();
    server.behave = json({}, status);
    expect(await failureOf(encoder.encode(['red'], AS_DOCUMENT))).toMatchObject({ failure: 'failed' });
    expect(sent()).toEqual([['red']]);
  });

  const outcomes: Partial<Record<Fault, string>> = {
    'never answers': 'late',
    'stops after the head': 'late',
    'sends a byte now and then': 'late',
    'resets the connection': 'failed',
    'closes half-way': 'failed',
    'answers with a page': 'failed',
    'answers with JSON cut off': 'failed',
    'answers with 50 MB': 'failed',
    'refuses the key': 'refused',
    'is busy': 'overloaded',
    'is busy for an hour': 'overloaded',
    breaks: 'failed',
  };

  it.each(Object.entries(outcomes) as [Fault, string][])('that %s: %s', async (fault, failure) => {
    const encoder = await open({ timeoutMs: 300 });
    server.behave = FAULTS[fault];
    const error = await failureOf(encoder.encode(['my text'], AS_DOCUMENT));
    expect(error).toMatchObject({ name: 'ModelError', failure });
    expect([error, error.cause].map(String).join()).not.toMatch(/my text|secret/);
    server.behave = embeddings();
    expect(await encoder.encode(['red'], AS_DOCUMENT)).toHaveLength(1);
  });

  it('that is silent for all is left alone after a while', async () => {
    const encoder = await open({ timeoutMs: 100, connection: { breakerFailures: 2 } });
    server.behave = FAULTS['never answers'];
    const reasonOf = async () => (await failureOf(encoder.encode(['a'], AS_DOCUMENT))).message;
    expect(await reasonOf()).toContain('not there in time');
    await vi.waitFor(async () => expect(await reasonOf()).toContain('left alone'));
    expect(server.seen.length).toBeLessThan(5);
  });
});

describe('a batch that is refused as too much', () => {
  /** Takes texts up to a length, so many at once. */
  const bounded =
    (maxLength: number, maxTexts: number): Behaviour =>
    (seen) => {
      const { input } = seen.body as { input: string[] };
      const isFine = input.length <= maxTexts && input.every((text) => text.length <= maxLength);
      return (isFine ? embeddings() : json({}, 413))(seen);
    };

  it('is halved until it fits, and later ones are smaller', async () => {
    const encoder = await open({ maxConcurrent: 1 });
    server.behave = bounded(100, 2);
    const texts = Array.from({ length: 8 }, (_, index) => `text ${index}`);
    expect(await encoder.encode(texts, AS_DOCUMENT)).toHaveLength(8);
    expect(sent().map(({ length }) => length)).toEqual([8, 4, 2, 2, 4, 2, 2]);
    await encoder.encode(texts, AS_QUERY);
    expect(
      sent()
        .slice(7)
        .map(({ length }) => length),
    ).toEqual([2, 2, 2, 2]);
  });

  it('fails for the text that is too long alone', async () => {
    const encoder = await open();
    server.behave = bounded(10, 100);
    const texts = ['a', 'b', 'c'.repeat(11), 'd', 'e'];
    const results = await Promise.allSettled(encoder.encodeEach!(texts, AS_DOCUMENT));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('costs a bounded number of requests where all is refused', async () => {
    const encoder = await open();
    server.behave = json({}, 400);
    const texts = Array.from({ length: 64 }, (_, index) => `text ${index}`);
    const results = await Promise.allSettled(encoder.encodeEach!(texts, AS_DOCUMENT));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(sent().length).toBeLessThanOrEqual(32);
  });

  it('that is refused for another reason is not halved', async () => {
    const encoder = await open();
    server.behave = inTurn(json({}, 401));
    await failureOf(encoder.encode(['a', 'b'], AS_DOCUMENT));
    expect(sent()).toHaveLength(1);
  });
});

describe('an encoder that is closed', () => {
  it('turns away who waits, and lets go of the server', async () => {
    const encoder = await open();
    server.behave = FAULTS['never answers'];
    const call = failureOf(encoder.encode(['red'], AS_DOCUMENT));
    await vi.waitFor(() => expect(server.seen).toHaveLength(2));
    await encoder.close();
    expect((await call).failure).toBe('closed');
    await vi.waitFor(() => expect(server.abandoned).toBe(1));
    expect((await failureOf(encoder.encode([''], AS_DOCUMENT))).failure).toBe('closed');
  });
});
