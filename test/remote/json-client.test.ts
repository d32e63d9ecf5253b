import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JsonClient, type JsonClientOptions } from '../../src/remote/json-client.js';
import type { RemoteError } from '../../src/remote/remote-error.js';
import { FAULTS, FakeServer, type Fault, inTurn, json } from '../fixtures/fake-server.js';

let server: FakeServer;
const clients: JsonClient[] = [];

beforeEach(async () => {
  server = await FakeServer.open(json({ fine: true }));
});
afterEach(async () => {
  vi.useRealTimers();
  for (const client of clients.splice(0)) await client.close();
  await server.close();
});

function open(options: Partial<JsonClientOptions> = {}): JsonClient {
  const client = new JsonClient({
    url: `${server.url}/ask`,
    timeoutMs: 10_000,
    maxBodyBytes: 1 << 20,
    maxConcurrent: 2,
    maxQueued: 2,
    random: { next: () => 0 },
    proxies: { noProxy: '*' },
    ...options,
  });
  clients.push(client);
  return client;
}

/** What the call rejected with; kind `none` where it did not. */
function failureOf(call: Promise<unknown>): Promise<RemoteError> {
  return call.then(
    () => ({ kind: 'none' }) as never,
    (cause) => cause,
  );
}

const kindOf = async (call: Promise<unknown>) => (await failureOf(call)).kind;

describe('an exchange', () => {
  it('sends JSON with the headers and gives status, headers and JSON back', async () => {
    server.behave = json({ answer: 42 }, 201, { 'x-more': 'yes' });
    const client = open({ url: `${server.url}/ask?version=3`, headers: { authorization: 'Bearer key' } });
    const answer = await client.post({ text: 'käse' }, { headers: { traceparent: '00-1-2-01' } });
    expect(answer).toMatchObject({ status: 201, headers: { 'x-more': 'yes' }, body: { answer: 42 } });
    const [seen] = server.seen;
    expect(seen).toMatchObject({ path: '/ask?version=3', body: { text: 'käse' } });
    expect(seen!.headers).toMatchObject({
      authorization: 'Bearer key',
      traceparent: '00-1-2-01',
      'content-type': 'application/json',
    });
  });

  it('keeps its connections', async () => {
    const client = open();
    for (let n = 0; n < 10; n++) await client.post({});
    // One that is about to be free counts as busy, so the second may be opened too.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it('keeps its connection when the server refuses', async () => {
    server.behave = json({ why: 'x'.repeat(1000) }, 400);
    const client = open();
    for (let n = 0; n < 10; n++) expect(await kindOf(client.post({}))).toBe('status');
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it('makes a header of the user in a URL, and tells nobody of it', async () => {
    server.behave = json({}, 403);
    const client = open({ url: `${server.url.replace('//', '//me:p%40ss@')}/ask?key=secret` });
    const { message } = await failureOf(client.post({}));
    expect(server.seen[0]!.headers.authorization).toBe(`Basic ${btoa('me:p@ss')}`);
    expect(message).toBe(`${server.url}/ask: answered with status 403`);
  });

  it.each(['', 'localhost:80', 'ftp://host/', 'http://'])('refuses what is no URL: "%s"', (url) => {
    expect(() => open({ url })).toThrow('not an http:// or https:// URL');
  });
});

describe('a bad server', () => {
  const outcomes: Record<Fault, string> = {
    'never answers': 'timeout',
    'stops after the head': 'timeout',
    'sends a byte now and then': 'timeout',
    'resets the connection': 'connect',
    'closes half-way': 'connect',
    'answers what is not HTTP': 'body',
    'answers with a page': 'body',
    'answers with nothing': 'body',
    'answers with JSON cut off': 'body',
    'answers with 50 MB': 'body',
    'refuses the key': 'status',
    'knows no such path': 'status',
    redirects: 'status',
    'is busy': 'status',
    'is busy for an hour': 'status',
    breaks: 'status',
    'is away': 'status',
  };

  it.each(Object.entries(outcomes) as [Fault, string][])('that %s: %s', async (fault, kind) => {
    server.behave = FAULTS[fault];
    const error = await failureOf(open({ timeoutMs: 300, headers: { authorization: 'sk-mine' } }).post({}));
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(server.url);
    const told = [error, error.cause].map(String).join();
    expect(told).not.toMatch(/secret|sk-|embedding/);
  });

  it('that is not there', async () => {
    const client = open();
    await server.close();
    expect(await kindOf(client.post({}))).toBe('connect');
  });

  it('falls silent: the whole time is not waited for', async () => {
    server.behave = FAULTS['stops after the head'];
    const error = await failureOf(open({ silenceMs: 20, timeoutMs: 60_000 }).post({}));
    expect(error).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('the server fell silent'),
    });
  });
});

describe('trying again', () => {
  it.each(['resets the connection', 'closes half-way', 'is busy', 'is away'] as const)(
    'helps where the server %s once or twice',
    async (fault) => {
      server.behave = inTurn(FAULTS[fault], FAULTS[fault], json({ fine: true }));
      expect((await open().post({})).body).toEqual({ fine: true });
      expect(server.seen).toHaveLength(3);
    },
  );

  it('ends after as many tries as are allowed', async () => {
    server.behave = json({}, 503);
    expect(await failureOf(open({ retries: 3 }).post({}))).toMatchObject({ kind: 'status', status: 503 });
    expect(server.seen).toHaveLength(4);
  });

  it.each(['refuses the key', 'breaks', 'answers with a page', 'redirects'] as const)(
    'is not done where the server %s',
    async (fault) => {
      server.behave = FAULTS[fault];
      await failureOf(open().post({}));
      expect(server.seen).toHaveLength(1);
    },
  );

  it('is done after other refusals where the client is told so', async () => {
    server.behave = inTurn(json({}, 500), json({}, 502), json({ fine: true }));
    expect((await open({ retriedStatuses: [500, 502] }).post({})).body).toEqual({ fine: true });
    server.behave = json({}, 503);
    expect(await kindOf(open({ retriedStatuses: [500, 502] }).post({}))).toBe('status');
    expect(server.seen).toHaveLength(4);
  });

  it('is not done where the server asks for more time than there is', async () => {
    server.behave = FAULTS['is busy for an hour'];
    const error = await failureOf(open().post({}));
    expect(error).toMatchObject({ status: 429, retryAfterMs: 3_600_000 });
    expect(server.seen).toHaveLength(1);
  });
});

describe('a refusal', () => {
  it('is kept from its start, where that is wanted, and shown by no log', async () => {
    server.behave = json({ message: 'x'.repeat(100_000) }, 400);
    const error = await failureOf(open({ refusalBytes: 20 }).post({}));
    expect(error.refusal).toBe(`{"message":"${'x'.repeat(8)}`);
    expect(Object.values(error).join()).not.toContain('xxx');
    expect((await failureOf(open().post({}))).refusal).toBe('');
  });

  it('that breaks off is what came of it', async () => {
    server.behave = ({ response }) => {
      response.writeHead(400, { 'content-length': '100' });
      response.write('half', () => response.socket!.destroy());
    };
    expect(await failureOf(open({ refusalBytes: 20 }).post({}))).toMatchObject({ status: 400 });
  });

  it('that goes on and on is read no further', async () => {
    server.behave = ({ response }) => {
      response.writeHead(400).write('start');
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(timer));
    };
    const error = await failureOf(open({ refusalBytes: 5, timeoutMs: 300 }).post({}));
    expect([error.status, error.refusal]).toEqual([400, 'start']);
  });

  it('that never begins is waited for no longer than the call', async () => {
    server.behave = ({ response }) => response.writeHead(400).flushHeaders();
    expect(await kindOf(open({ refusalBytes: 20, timeoutMs: 200 }).post({}))).toBe('timeout');
  });

  it('of what was asked says nothing of how the server is', async () => {
    server.behave = json({ message: 'too large' }, 500);
    const isAskersFault = (status: number, refusal: string) => status === 500 && refusal.includes('large');
    const client = open({ refusalBytes: 100, isAskersFault, breakerFailures: 2, retries: 0 });
    for (let n = 0; n < 3; n++) expect((await failureOf(client.post({}))).isServersFault).toBe(false);
    expect(client.isBroken).toBe(false);
    server.behave = json({ message: 'broken' }, 500);
    for (let n = 0; n < 2; n++) await failureOf(client.post({}));
    expect(client.isBroken).toBe(true);
  });
});

describe('what is read of an answer', () => {
  it('is given', async () => {
    const { body } = await open().post({}, { read: (answer) => Object.keys(answer as object) });
    expect(body).toEqual(['fine']);
  });

  it('and makes no sense is a sign that the server is not well', async () => {
    const client = open({ breakerFailures: 2, retries: 0 });
    const read = () => {
      throw new Error('no sense');
    };
    const error = await failureOf(client.post({}, { read }));
    expect(error).toMatchObject({ kind: 'body', isServersFault: true });
    expect(error.message).toContain(': no sense');
    await failureOf(client.post({}, { read }));
    expect(client.isBroken).toBe(true);
  });
});

it('asks by GET at another path', async () => {
  const client = open({ headers: { 'x-key': '1' } });
  expect((await client.get('/info?x=1')).body).toEqual({ fine: true });
  expect(server.seen[0]).toMatchObject({ method: 'GET', path: '/info?x=1', headers: { 'x-key': '1' } });
  expect(server.seen[0]!.body).toBeUndefined();
});

describe('a caller who leaves', () => {
  it('ends the exchange', async () => {
    server.behave = FAULTS['never answers'];
    const leaving = new AbortController();
    const call = open().post({}, { signal: leaving.signal });
    await vi.waitFor(() => expect(server.seen).toHaveLength(1));
    leaving.abort();
    expect(await kindOf(call)).toBe('cancelled');
    await vi.waitFor(() => expect(server.abandoned).toBe(1));
  });

  it('before it began is never asked for', async () => {
    expect(await kindOf(open().post({}, { signal: AbortSignal.abort() }))).toBe('cancelled');
    expect(server.seen).toHaveLength(0);
  });

  it('while it waits for its turn lets the next one have it', async () => {
    server.behave = FAULTS['never answers'];
    const client = open({ maxConcurrent: 1 });
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = [
      client.post({ n: 1 }, { signal: first.signal }),
      client.post({ n: 2 }, { signal: second.signal }),
      client.post({ n: 3 }),
    ];
    await vi.waitFor(() => expect(server.seen).toHaveLength(1));
    second.abort();
    server.behave = json({ fine: true });
    expect(await kindOf(calls[1]!)).toBe('cancelled');
    first.abort();
    expect(await kindOf(calls[0]!)).toBe('cancelled');
    expect(await calls[2]).toMatchObject({ body: { fine: true } });
    expect(server.seen.map(({ body }) => body.n)).toEqual([1, 3]);
  });
});

describe('many calls', () => {
  it('are bounded in those under way and in those that wait', async () => {
    server.behave = FAULTS['never answers'];
    const client = open();
    const calls = Array.from({ length: 5 }, () => kindOf(client.post({})));
    expect(await calls[4]).toBe('overloaded');
    await vi.waitFor(() => expect(server.seen).toHaveLength(2));
    await client.close();
    expect(await Promise.all(calls.slice(0, 4))).toEqual(Array(4).fill('closed'));
    expect(server.seen).toHaveLength(2);
  });

  it('are refused once it is closed', async () => {
    const client = open();
    await client.close();
    expect(await kindOf(client.post({}))).toBe('closed');
  });
});

describe('the circuit breaker', () => {
  const options = { retries: 0, breakerFailures: 3, breakerResetMs: 60_000 };

  it('leaves a server alone that failed several times, then sends one call to see', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    server.behave = json({}, 500);
    const client = open(options);
    for (let n = 0; n < 3; n++) expect(await kindOf(client.post({}))).toBe('status');
    expect(await kindOf(client.post({}))).toBe('breaker');
    expect(client.isBroken).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(await kindOf(client.post({}))).toBe('status');
    expect(await kindOf(client.post({}))).toBe('breaker');
    expect(server.seen).toHaveLength(4);
    vi.advanceTimersByTime(60_000);
    // One that is never sent tells nothing of the server.
    expect(await kindOf(client.post({}, { signal: AbortSignal.abort() }))).toBe('cancelled');
    expect(client.isBroken).toBe(true);
    server.behave = json({});
    await client.post({});
    expect(client.isBroken).toBe(false);
  });

  it('does not mind refusals, nor callers who leave', async () => {
    const client = open(options);
    server.behave = json({}, 400);
    for (let n = 0; n < 4; n++) await failureOf(client.post({}));
    server.behave = FAULTS['never answers'];
    for (let n = 0; n < 4; n++) {
      const leaving = new AbortController();
      const call = failureOf(client.post({}, { signal: leaving.signal }));
      await vi.waitFor(() => expect(server.seen).toHaveLength(5 + n));
      leaving.abort();
      await call;
    }
    server.behave = json({});
    await client.post({});
  });

  it('carries the trial to its end though its caller leaves', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    server.behave = json({}, 500);
    const client = open(options);
    for (let n = 0; n < 3; n++) await failureOf(client.post({}));
    vi.advanceTimersByTime(60_000);
    server.behave = FAULTS['never answers'];
    const leaving = new AbortController();
    const trial = failureOf(client.post({}, { signal: leaving.signal }));
    await vi.waitFor(() => expect(server.seen).toHaveLength(4));
    leaving.abort();
    expect((await trial).kind).toBe('cancelled');
    const next = kindOf(client.post({}));
    server.behave = json({ fine: true });
    json({}, 500)(server.seen[3]!);
    expect(await next).toBe('breaker');
  });
});

describe('a proxy', () => {
  let proxy: Server;
  let tunnels: string[];

  beforeEach(async () => {
    tunnels = [];
    proxy = createServer();
    proxy.on('connect', (request, socket) => {
      tunnels.push(request.url!);
      const [host, port] = request.url!.split(':');
      const target = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(target).pipe(socket);
      });
      socket.on('error', () => target.destroy());
      target.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => proxy.close(resolve)));

  it('is gone through, except to hosts that are named', async () => {
    const httpProxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const through = open({ proxies: { httpProxy, noProxy: 'elsewhere' } });
    expect((await through.post({})).body).toEqual({ fine: true });
    expect(tunnels).toEqual([new URL(server.url).host]);
    await open({ proxies: { httpProxy, noProxy: '127.0.0.1' } }).post({});
    expect(tunnels).toHaveLength(1);
    await through.close();
  });

  it('that is no URL is told without its password', () => {
    expect(() => open({ proxies: { httpProxy: 'user:secret@nowhere' } })).toThrow(
      /^HTTP_PROXY or HTTPS_PROXY is not/,
    );
  });
});
