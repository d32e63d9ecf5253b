import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BODY, harness } from './harness.js';

const JSON_BYTES = Buffer.from(JSON.stringify(BODY));

function post(bytes: Buffer | string, headers: Record<string, string> = {}, options = {}) {
  const { client, services } = harness(options);
  const sent = client.post('/rerank').set({ 'Content-Type': 'application/json', ...headers });
  // Without a serialiser of its own supertest would make JSON of a Buffer.
  return { services, response: sent.serialize((body) => body as unknown as string).send(bytes as string) };
}

describe('the body of a request', () => {
  it.each([
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf-8"',
    'application/json; charset=us-ascii',
    'application/vnd.api+json',
  ])('%s is read', async (type) => {
    expect((await post(JSON_BYTES, { 'Content-Type': type }).response).status).toBe(200);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'text/json',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'multipart/form-data; boundary=application/json',
    ';',
  ])('%s is a 415', async (type) => {
    const { response, services } = post(JSON_BYTES, { 'Content-Type': type });
    const { status, body, headers } = await response;
    expect([status, body.error.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(headers['accept-encoding']).toBe('gzip, deflate, br');
    expect(services.ranked).toEqual([]);
  });

  it.each([
    ['gzip', gzipSync(JSON_BYTES)],
    ['GZIP', gzipSync(JSON_BYTES)],
    ['x-gzip', gzipSync(JSON_BYTES)],
    ['deflate', deflateSync(JSON_BYTES)],
    ['br', brotliCompressSync(JSON_BYTES)],
    ['identity', JSON_BYTES],
  ])('encoded with %s it is read', async (encoding, bytes) => {
    const { response, services } = post(bytes, { 'Content-Encoding': encoding });
    expect((await response).status).toBe(200);
    expect(services.ranked[0]?.request.query).toBe(BODY.query);
  });

  it.each(['zip', 'gzip, gzip', 'compress'])('encoded with %s it is a 415', async (encoding) => {
    expect((await post(JSON_BYTES, { 'Content-Encoding': encoding }).response).status).toBe(415);
  });

  it.each([
    ['gzip that is none', JSON_BYTES, 'gzip'],
    ['cut gzip', gzipSync(JSON_BYTES).subarray(0, 20), 'gzip'],
    ['brotli that is none', Buffer.from([1, 2, 3]), 'br'],
  ])('%s is a 400', async (_title, bytes, encoding) => {
    const { status, body } = await post(bytes, { 'Content-Encoding': encoding }).response;
    expect([status, body.error.code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('above the limit it is a 413, counted in bytes as sent and again inflated', async () => {
    const limit = { bodyLimitBytes: JSON_BYTES.length };
    expect((await post(JSON_BYTES, {}, limit).response).status).toBe(200);
    const over = await post(Buffer.concat([JSON_BYTES, Buffer.from(' ')]), {}, limit).response;
    expect([over.status, over.body.error.code]).toEqual([413, 'ENTITY_TOO_LARGE']);
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32));
    expect(bomb.length).toBeLessThan(100_000);
    const inflated = await post(bomb, { 'Content-Encoding': 'gzip' }).response;
    expect([inflated.status, inflated.body.error.code]).toEqual([413, 'ENTITY_TOO_LARGE']);
  });

  it.each(['{"query":', '{query:1}', '', 'NaN', "{'a':1}", '{} x', '\u0000'])('%j is a 400', async (text) => {
    const { response, services } = post(Buffer.from(text));
    const { status, body } = await response;
    expect([status, body.error.code]).toEqual([400, 'BAD_REQUEST']);
    expect(services.ranked).toEqual([]);
  });

  it('text of a body that does not parse is neither answered nor logged', async () => {
    const { response, services } = post(Buffer.from('{"query": confidential}'));
    const { text } = await response;
    expect(text + JSON.stringify(services.logged)).not.toContain('confid');
  });

  it('that is not UTF-8 is a 400, and a byte order mark is skipped', async () => {
    const broken = Buffer.from(JSON_BYTES);
    broken[broken.indexOf('apple')] = 0xff;
    expect((await post(broken).response).status).toBe(400);
    expect((await post(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), JSON_BYTES])).response).status).toBe(
      200,
    );
  });

  it('may be nested 32 levels deep, 33 are a 422 and 100 000 are no fault of ours', async () => {
    const nested = (levels: number): string => {
      // Body, documents and document are three of them.
      const inner = '['.repeat(levels - 3) + ']'.repeat(levels - 3);
      return `{"query":"q","documents":[{"id":"a","text":"t","metadata":${inner}}]}`;
    };
    expect((await post(nested(32)).response).status).toBe(200);
    for (const levels of [33, 50_000]) {
      const { status, body } = await post(nested(levels)).response;
      expect([status, body.error.detail[0].type]).toEqual([422, 'nesting_too_deep']);
    }
    const elsewhere = `{"x":${'{"a":'.repeat(32)}1${'}'.repeat(32)}}`;
    expect((await post(elsewhere).response).body.error.detail[0].type).toBe('nesting_too_deep');
  });

  it('missing altogether is a 400', async () => {
    const { client } = harness();
    const response = await client.post('/rerank');
    expect([response.status, response.body.error.message]).toEqual([
      400,
      'The body is empty; JSON is expected',
    ]);
  });
});
