import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.js';
import { createApp } from '../../src/http/app.js';
import { answerOnSocket } from '../../src/http/client-errors.js';
import { Draining } from '../../src/http/draining.js';
import { type RunningServer, type ServerOptions, startServer } from '../../src/http/server.js';
import { FakeServices, OPTIONS } from './fake-services.js';
import { BODY } from './harness.js';
import { lastBody, RawClient } from './raw-client.js';

const JSON_BODY = JSON.stringify(BODY);
const head = (length: number | string, extra = ''): string =>
  `POST /rerank HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${extra}Content-Length: ${length}\r\n\r\n`;

let running: RunningServer | undefined;

afterEach(async () => {
  const stopped = running?.stop();
  running?.force();
  await stopped;
  running = undefined;
});

async function start(options: Partial<ServerOptions> = {}, apiTokens: string[] = []) {
  const services = new FakeServices();
  const draining = new Draining();
  const app = createApp(services, { ...OPTIONS, apiTokens }, draining);
  const server = await startServer(
    app,
    services,
    { host: '127.0.0.1', port: 0, shutdownTimeoutMs: 10_000, timeoutCheckMs: 10, ...options },
    draining,
  );
  running = server;
  return { services, server, connect: () => RawClient.connect(server.port) };
}

/** A promise that the test settles. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('the listener', () => {
  it('serves on the address it names', async () => {
    const { server } = await start();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: 'ok' });
  });

  it('reads a namespace that stands behind more headers than Node counts by default', async () => {
    const { connect } = await start();
    const client = await connect();
    const body = '{"query":"q","documents":[{"id":"a","text":"b"}]}';
    client.send(head(body.length, `${'a:\r\n'.repeat(1500)}X-NeuralCache-Namespace: hidden\r\n`) + body);
    await client.until(/"namespace":"hidden"/);
    client.end();
  });

  it('a taken port is an error of the start', async () => {
    const { server } = await start();
    const services = new FakeServices();
    const options = { host: '127.0.0.1', port: server.port, shutdownTimeoutMs: 1 };
    const second = startServer(createApp(services, OPTIONS), services, options, new Draining());
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('serves several requests on one connection, also sent at once', async () => {
    const { connect, services } = await start();
    const client = await connect();
    client.send((head(JSON_BODY.length) + JSON_BODY).repeat(3));
    await client.until(/(HTTP\/1\.1 200[\s\S]*){3}/);
    expect(services.ranked).toHaveLength(3);
  });

  it('connections beyond the bound are closed', async () => {
    const { connect } = await start({ maxConnections: 1 });
    const first = await connect();
    const second = await connect();
    await second.closed;
    first.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await first.until(/"ok"/);
  });
});

describe('a request that never becomes whole', () => {
  it('a body that never ends is a 408 in the envelope, and nothing was ranked', async () => {
    const { connect, services } = await start({ requestTimeoutMs: 80 });
    const client = await connect();
    client.send(head(JSON_BODY.length) + JSON_BODY.slice(0, 10));
    const text = await client.all();
    expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(text).toContain('Connection: close');
    expect(text).toContain('X-NeuralCache-API-Version: 1');
    expect(lastBody(text).error.code).toBe('TIMEOUT');
    expect(services.ranked).toEqual([]);
    expect(services.counted.map(({ status }) => status).sort()).toEqual([408, 499]);
  });

  it('headers that never end are a 408', async () => {
    const { connect } = await start({ headersTimeoutMs: 80 });
    const client = await connect();
    client.send('POST /rerank HTTP/1.1\r\nHost: x\r\n');
    expect(lastBody(await client.all()).error.code).toBe('TIMEOUT');
  });

  it('a refused body that never ends is answered once and then cut off', async () => {
    const { connect } = await start({ requestTimeoutMs: 80 }, ['token']);
    const client = await connect();
    client.send(`${head(100_000)}{`);
    const text = await client.all();
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401']);
    expect(lastBody(text).error.code).toBe('UNAUTHORIZED');
  });

  it('a body larger than it may be is refused without waiting for its end', async () => {
    const { connect, services } = await start();
    const declared = await connect();
    declared.send(head(300_000));
    await declared.until(/413 Payload Too Large[\s\S]*ENTITY_TOO_LARGE/);
    const chunked = await connect();
    chunked.send(head('0').replace('Content-Length: 0', 'Transfer-Encoding: chunked'));
    for (let i = 0; i < 4; i++) chunked.send(`${(60_000).toString(16)}\r\n${' '.repeat(60_000)}\r\n`);
    await chunked.until(/413 Payload Too Large[\s\S]*ENTITY_TOO_LARGE/);
    expect(services.ranked).toEqual([]);
    declared.end();
    chunked.end();
  });

  it('compressed bytes are bounded as sent, even where they inflate to nothing', async () => {
    const { connect } = await start();
    const client = await connect();
    const chunks = 'Transfer-Encoding: chunked\r\nContent-Encoding: gzip';
    client.send(head('0').replace('Content-Length: 0', chunks));
    // A gzip file may have any number of members; each of these holds no bytes.
    const empty = Buffer.concat(Array.from({ length: 4000 }, () => gzipSync('')));
    expect(empty.length * 3).toBeGreaterThan(OPTIONS.bodyLimitBytes);
    for (let i = 0; i < 3; i++)
      client.send(
        Buffer.concat([Buffer.from(`${empty.length.toString(16)}\r\n`), empty, Buffer.from('\r\n')]),
      );
    await client.until(/413 Payload Too Large[\s\S]*ENTITY_TOO_LARGE/);
    client.end();
  });

  it('says nothing where an answer has begun', () => {
    let destroyed = false;
    const socket = {
      writable: true,
      _httpMessage: { headersSent: true },
      destroy: () => {
        destroyed = true;
      },
    };
    const sent = answerOnSocket(socket as unknown as Socket, new AppError('BAD_REQUEST', 'x'), 'r');
    expect([sent, destroyed]).toEqual([false, true]);
  });

  it('a caller who leaves while sending is counted, not answered, and no fault', async () => {
    const { connect, services } = await start();
    const counted = gate();
    services.metrics.requestFinished = (endpoint, status, seconds) => {
      services.counted.push({ endpoint, status, seconds });
      counted.open();
    };
    const client = await connect();
    client.send(`${head(1000)}{`);
    await client.until(/^/);
    const other = await connect();
    // By the time this is answered the server has read the first request's headers.
    other.send('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n');
    await other.until(/404/);
    client.end();
    while (!services.counted.some(({ status }) => status === 499)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(services.logged.filter(({ level }) => level === 'error')).toEqual([]);
    other.end();
  });
});

describe('a request that is no valid HTTP', () => {
  it.each([
    ['garbage', 'hello\r\n\r\n', 400, 'BAD_REQUEST'],
    ['no host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'BAD_REQUEST'],
    ['two lengths', head(2, 'Content-Length: 3\r\n'), 400, 'BAD_REQUEST'],
    ['length and chunks', head(2, 'Transfer-Encoding: chunked\r\n'), 400, 'BAD_REQUEST'],
    [
      'a header too large',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    [
      'a broken chunk',
      `${head('0').replace('Content-Length: 0', 'Transfer-Encoding: chunked')}zz\r\n`,
      400,
      'BAD_REQUEST',
    ],
  ])('%s is answered and the connection closed', async (_title, text, status, code) => {
    const { connect, services } = await start();
    const client = await connect();
    client.send(text);
    const answer = await client.all();
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(lastBody(answer).error.code).toBe(code);
    expect(services.ranked).toEqual([]);
  });

  it('a request target in absolute form is understood', async () => {
    const { connect } = await start();
    const client = await connect();
    client.send('GET http://host:80/ns/a/healthz HTTP/1.1\r\nHost: host\r\nConnection: close\r\n\r\n');
    expect(await client.all()).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('Expect: 100-continue', () => {
  it('lets the caller send once the request has passed its checks', async () => {
    const { connect } = await start();
    const client = await connect();
    client.send(head(JSON_BODY.length, 'Expect: 100-continue\r\n'));
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.send(JSON_BODY);
    await client.until(/HTTP\/1\.1 200 /);
    client.end();
  });

  it('a refusal comes instead of it, so nothing is uploaded for nothing', async () => {
    const { connect } = await start({}, ['token']);
    const client = await connect();
    client.send(head(JSON_BODY.length, 'Expect: 100-continue\r\n'));
    await client.until(/UNAUTHORIZED/);
    expect(client.received).toMatch(/^HTTP\/1\.1 401 /);
    client.end();
  });
});

describe('stopping', () => {
  it('finishes what is inside, then closes', async () => {
    const { connect, services, server } = await start();
    const ranking = gate();
    const entered = gate();
    services.hold = ranking.opened;
    services.onRank = () => entered.open();
    const client = await connect();
    client.send(head(JSON_BODY.length) + JSON_BODY);
    await entered.opened;
    const stopped = server.stop();
    await expect(RawClient.connect(server.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    ranking.open();
    expect(await stopped).toEqual({ forced: false });
    const text = await client.all();
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toContain('Connection: close');
  });

  it('does not wait for idle connections, used or never used', async () => {
    const { connect, server } = await start();
    const used = await connect();
    used.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await used.until(/"ok"/);
    const unused = await connect();
    expect(await server.stop()).toEqual({ forced: false });
    await Promise.all([used.closed, unused.closed]);
  });

  it('cuts off what is not done by the deadline', async () => {
    const { connect, services, server } = await start({ shutdownTimeoutMs: 50 });
    const never = gate();
    const entered = gate();
    services.hold = never.opened;
    services.onRank = () => entered.open();
    const client = await connect();
    client.send(head(JSON_BODY.length) + JSON_BODY);
    await entered.opened;
    expect(await server.stop()).toEqual({ forced: true });
    expect(await client.all()).toBe('');
    never.open();
  });

  it('a second call joins the first, and force ends it at once', async () => {
    const { connect, server } = await start();
    const client = await connect();
    client.send(head(1000));
    await client.until(/^/);
    const first = server.stop();
    expect(server.stop()).toBe(first);
    server.force();
    await first;
    await client.closed;
  });
});
