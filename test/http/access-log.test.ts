import { describe, expect, it } from 'vitest';
import { RequestIds } from '../../src/base/request-ids.js';
import { callerRequestId, traceparentOf } from '../../src/http/caller-ids.js';
import { BODY, harness } from './harness.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('the access log', () => {
  it('has one line a request, with ids and sizes and without any text', async () => {
    const { client, services } = harness();
    const response = await client
      .post('/ns/shop/rerank?use_cr=1&secret=x')
      .set({ 'X-Request-Id': 'mine-1', traceparent: TRACE })
      .send(BODY);
    expect(response.headers['x-request-id']).toBe('req_1');
    expect(services.logged).toEqual([
      {
        level: 'info',
        message: 'request',
        fields: {
          method: 'POST',
          route: '/rerank',
          status: 200,
          ms: 0,
          namespace: 'shop',
          requestId: 'req_1',
          callerRequestId: 'mine-1',
          traceparent: TRACE,
          bytesIn: JSON.stringify(BODY).length,
          bytesOut: response.text.length,
        },
      },
    ]);
  });

  it("a caller's own ids are cut and cleaned before they are written down", () => {
    expect(callerRequestId({ 'x-request-id': 'a\nb c\u00e9' })).toBe('a?b?c?');
    expect(callerRequestId({ 'x-request-id': 'x'.repeat(300) })).toHaveLength(128);
    expect(callerRequestId({ 'x-request-id': '' })).toBeUndefined();
    expect(traceparentOf({ traceparent: 'x' })).toBeUndefined();
  });
});

describe('request ids', () => {
  it('have 128 bits and do not repeat over many draws of the pool', () => {
    const ids = new RequestIds();
    const made = new Set(Array.from({ length: 2000 }, () => ids.next()));
    expect(made.size).toBe(2000);
    for (const id of made) expect(id).toMatch(/^req_[A-Za-z0-9_-]{22}$/);
    // Every one of the 16 bytes varies: all but the last character, which holds 2 bits, takes many values.
    for (let place = 4; place < 25; place++) {
      expect(new Set([...made].map((id) => id[place])).size).toBeGreaterThan(32);
    }
  });
});
