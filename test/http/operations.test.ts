import { describe, expect, it } from 'vitest';
import { ROUTES, type Route } from '../../src/http/routes/table.js';
import { harness } from './harness.js';

describe('operational routes', () => {
  it('liveness and readiness', async () => {
    const { client, services } = harness();
    expect((await client.get('/healthz')).body).toEqual({ status: 'ok' });
    for (const [ready, status] of [
      ['ok', 200],
      ['degraded', 200],
      ['unavailable', 503],
    ] as const) {
      services.ready = ready;
      const response = await client.get('/readyz');
      expect([response.status, response.body]).toEqual([status, { status: ready, checks: { store: ready } }]);
      expect(response.headers['cache-control']).toBe('no-store');
    }
  });

  it('while stopping it lives, is not ready, and closes connections', async () => {
    const { client, draining } = harness();
    draining.begin();
    const ready = await client.get('/readyz');
    expect([ready.status, ready.body.status]).toEqual([503, 'unavailable']);
    const health = await client.get('/healthz');
    expect([health.status, health.headers.connection]).toEqual([200, 'close']);
  });

  it('metrics are text, or a 404 where they are switched off', async () => {
    const { client, services } = harness();
    const response = await client.get('/metrics').set('Accept', 'text/plain;version=0.0.4');
    expect([response.status, response.text]).toEqual([200, 'up 1\n']);
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4');
    services.metricsEnabled = false;
    expect((await client.get('/metrics')).status).toBe(404);
  });

  it('retention counters', async () => {
    const { client } = harness();
    expect((await client.get('/metrics/retention')).body).toMatchObject({ retention_enabled: false });
  });

  it('every route of the table exists, also under /ns, behind a dialect and, where it says so, under /v1 or any base', async () => {
    const { client } = harness({ adminTokens: ['root'] });
    for (const route of ROUTES as readonly Route[]) {
      const path = route.path.replace('{model…}', 'a/model');
      const versioned = route.versioned === true || ['/rerank', '/v1/rerank'].includes(path);
      const ending = route.ending === undefined ? [] : ([[`/any/base${route.ending}`, true]] as const);
      for (const [where, exists] of [
        [path, true],
        [`/ns/shop${path}`, true],
        [`/jina${path}`, true],
        [`/v1${path}`, versioned || route.ending !== undefined],
        [`/ns/shop/v1${path}`, versioned || route.ending !== undefined],
        ...ending,
      ] as const) {
        const { status, headers } = await client.options(where);
        expect([where, status]).toEqual([where, exists ? 204 : 404]);
        if (exists) expect(headers.allow).toContain(route.method);
      }
    }
  });
});
