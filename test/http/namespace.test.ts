import { request as send } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.js';
import { FakeServices, OPTIONS } from './fake-services.js';
import { BODY, harness } from './harness.js';

const HEADER = 'X-NeuralCache-Namespace';

describe('the namespace of a request', () => {
  it('is the header, the path, or the default', async () => {
    const { client, services } = harness();
    await client.post('/rerank').send(BODY);
    await client.post('/rerank').set(HEADER, '').send(BODY);
    await client.post('/rerank').set(HEADER, 'Shop.eu-1').send(BODY);
    await client.post('/ns/other/rerank').send(BODY);
    await client.post('/ns/other/rerank').set(HEADER, 'other').send(BODY);
    await client.post('/ns/constructor/rerank').send(BODY);
    await client.post('/ns/__proto__/rerank/').send(BODY);
    expect(services.ranked.map(({ namespace }) => namespace)).toEqual([
      'default',
      'default',
      'Shop.eu-1',
      'other',
      'other',
      'constructor',
      '__proto__',
    ]);
  });

  it('is named by the configured header', async () => {
    const { client, services } = harness({ namespaceHeader: 'X-Tenant', defaultNamespace: 'base' });
    await client.post('/rerank').set('X-Tenant', 'a').set(HEADER, 'b').send(BODY);
    await client.post('/rerank').set(HEADER, 'b').send(BODY);
    expect(services.ranked.map(({ namespace }) => namespace)).toEqual(['a', 'base']);
  });

  it.each(['a/b', 'a b', '..', '.', 'a,b', 'a'.repeat(65), '%61', 'a%00', 'ns;x', 'ä'])(
    'the header %j is a 400',
    async (name) => {
      const { client, services } = harness();
      const response = await client.post('/rerank').set(HEADER, name).send(BODY);
      expect(response.status).toBe(400);
      expect(response.body.error).toMatchObject({ code: 'BAD_REQUEST', message: 'Invalid namespace' });
      expect(services.ranked).toEqual([]);
    },
  );

  it.each([
    '/ns/%64efault/rerank',
    '/ns/a%2Fb/rerank',
    '/ns/a%00/rerank',
    '/ns/%zz/rerank',
    '/ns/%c0%ae%c0%ae/rerank',
    '/ns/%EF%BC%8E/rerank',
    '/ns//rerank',
    '/ns/a;b/rerank',
    `/ns/${'a'.repeat(65)}/rerank`,
    '/ns/bad!/readyz',
  ])('the path %s is a 400', async (path) => {
    const { services, status, text } = await raw(path);
    expect(status).toBe(400);
    expect(JSON.parse(text).error).toMatchObject({ code: 'BAD_REQUEST', message: 'Invalid namespace' });
    expect(services.ranked).toEqual([]);
  });

  it('dots as a path segment are no way out', async () => {
    for (const path of ['/ns/../rerank', '/ns/./rerank', '/ns/a/../../rerank']) {
      const { services, status } = await raw(path);
      expect([400, 404]).toContain(status);
      expect(services.ranked).toEqual([]);
    }
  });

  it('a header that says otherwise than the path is a 400', async () => {
    const { client, services } = harness();
    const response = await client.post('/ns/one/rerank').set(HEADER, 'two').send(BODY);
    expect(response.status).toBe(400);
    expect(response.body.error.message).toBe('Invalid namespace');
    expect(services.ranked).toEqual([]);
  });

  it.each([
    ['two names', ['a', 'b']],
    ['the same name twice', ['a', 'a']],
    ['one of them empty', ['a', '']],
  ])('the header given twice is a 400: %s', async (_title, values) => {
    const { services, status, text } = await raw('/rerank', values);
    expect(status).toBe(400);
    expect(JSON.parse(text).error.message).toBe('Invalid namespace');
    expect(services.ranked).toEqual([]);
  });

  it('encoding and doubling are refused even where the configured pattern takes any text', async () => {
    class Lenient extends FakeServices {
      override parseNamespace(name: string): string {
        return name;
      }
    }
    const encoded = await raw('/ns/a%2561/rerank', [], new Lenient());
    expect([encoded.status, encoded.services.ranked]).toEqual([400, []]);
    const doubled = await raw('/rerank', ['a', 'b'], new Lenient());
    expect([doubled.status, doubled.services.ranked]).toEqual([400, []]);
    const comma = await raw('/rerank', ['a,b'], new Lenient());
    expect(comma.services.ranked.map(({ namespace }) => namespace)).toEqual(['a,b']);
  });

  it('bytes that are not ASCII in the header are a 400', async () => {
    const services = new FakeServices();
    const server = createApp(services, OPTIONS).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const body = JSON.stringify(BODY);
    const head = `POST /rerank HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    socket.write(
      Buffer.concat([
        Buffer.from(`${head}${HEADER}: a`),
        Buffer.from([0xc0, 0xaf]),
        Buffer.from(`\r\n\r\n${body}`),
      ]),
    );
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    server.close();
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('Invalid namespace');
    expect(services.ranked).toEqual([]);
  });
});

/** Sends a valid body to a path exactly as written, which tidier clients would rewrite. */
async function raw(
  path: string,
  namespaces: string[] = [],
  services = new FakeServices(),
): Promise<{ services: FakeServices; status: number | undefined; text: string }> {
  const server = createApp(services, OPTIONS).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const method = path.endsWith('readyz') ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const request = send({
      port,
      path,
      method,
      headers: { 'content-type': 'application/json', [HEADER]: namespaces },
    });
    request.on('error', reject);
    request.on('response', async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      server.close();
      resolve({ services, status: response.statusCode, text });
    });
    request.end(method === 'POST' ? JSON.stringify(BODY) : undefined);
  });
}

describe('/ns/{namespace} anywhere but first in the path', () => {
  it.each([
    '/jina/ns/a/v1/rerank',
    '/v1/ns/a/rerank',
    '/openai/ns/a/v1/rerank',
    '/ns/a/ns/b/v1/rerank',
    '/ns/a/jina/ns/a/v1/rerank',
  ])('%s is a 400, and nobody is ranked for', async (path) => {
    const { client, services } = harness();
    const response = await client.post(path).send({ query: 'q', documents: ['a', 'b'] });
    expect([response.status, services.ranked]).toEqual([400, []]);
    expect(response.text).toContain('Invalid namespace');
  });
});
