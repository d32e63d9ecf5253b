import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JsonClient, type JsonClientOptions } from '../../src/remote/json-client.js';
import type { RemoteError } from '../../src/remote/remote-error.js';
import { type Behaviour, FakeServer, inTurn, json } from '../fixtures/fake-server.js';

let server: FakeServer;
const clients: JsonClient[] = [];

beforeEach(async () => {
  server = await FakeServer.open();
});
afterEach(async () => {
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
    proxies: { noProxy: '*' },
    ...options,
  });
  clients.push(client);
  return client;
}

/** What the call rejected with; kind `none` where it did not. */
const failureOf = (call: Promise<unknown>): Promise<RemoteError> =>
  call.then(
    () => ({ kind: 'none' }) as never,
    (cause) => cause,
  );

describe('an answer that is compressed whatever it was asked for', () => {
  const encoded =
    (coding: string, bytes: Buffer, status = 200): Behaviour =>
    ({ response }) =>
      response.writeHead(status, { 'content-encoding': coding }).end(bytes);
  const codings: readonly (readonly [string, (text: string) => Buffer])[] = [
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['GZIP', gzipSync],
    ['identity', Buffer.from],
  ];

  it.each(codings)('as %s is read, and so is a refusal', async (coding, compress) => {
    const text = JSON.stringify({ answer: 'käse '.repeat(1000) });
    server.behave = inTurn(encoded(coding, compress(text)), encoded(coding, compress(text), 400));
    const client = open({ refusalBytes: 20 });
    expect((await client.post({})).body).toEqual(JSON.parse(text));
    expect(await failureOf(client.post({}))).toMatchObject({ status: 400, refusal: text.slice(0, 18) });
    expect(server.seen[0]!.headers['accept-encoding']).toBe('identity');
  });

  it.each(codings.slice(0, 4))('as %s is read no further than its bound', async (coding, compress) => {
    const bomb = compress(JSON.stringify({ fill: ' '.repeat(16 << 20) }));
    expect(bomb.length).toBeLessThan(1 << 15);
    server.behave = inTurn(encoded(coding, bomb), json({ fine: true }));
    const client = open({ maxBodyBytes: 1 << 16 });
    expect(await failureOf(client.post({}))).toMatchObject({
      kind: 'body',
      message: expect.stringContaining('the answer is too long'),
    });
    expect((await client.post({})).body).toEqual({ fine: true });
  });

  it.each(codings.slice(0, 4))('as %s, and is not, or is cut off, is nonsense', async (coding, compress) => {
    const cut = compress(JSON.stringify({ secret: 'text' })).subarray(0, -4);
    for (const bytes of [Buffer.from('<html>secret'), cut, Buffer.alloc(0)]) {
      server.behave = encoded(coding, bytes);
      const { kind, message } = await failureOf(open().post({}));
      expect([kind, message]).toEqual(['body', `${server.url}/ask: the answer is not encoded as it says`]);
    }
  });

  it('and stops half-way is waited for no longer than the call', async () => {
    server.behave = ({ response }) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.write(gzipSync('{"answer":42}').subarray(0, 12));
    };
    expect(await failureOf(open({ timeoutMs: 300 }).post({}))).toMatchObject({ kind: 'timeout' });
  });

  it('and breaks off is a failure of the connection', async () => {
    server.behave = ({ response }) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': '1000' });
      response.write(gzipSync('{"answer":42}').subarray(0, 12), () => response.socket!.destroy());
    };
    expect(await failureOf(open({ retries: 0 }).post({}))).toMatchObject({ kind: 'connect' });
  });
});
