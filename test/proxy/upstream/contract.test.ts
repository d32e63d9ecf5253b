import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUpstream } from '../../../src/proxy/upstream/upstream.js';
import { UPSTREAM_DIALECTS } from '../../../src/proxy/upstream/upstream-dialects.js';
import { pairModelContract } from '../../contracts/pair-model.js';
import { FAKE_APIS, reranker } from '../../fixtures/fake-rerankers.js';
import { FakeServer } from '../../fixtures/fake-server.js';

it('each dialect has an API to be tried with', () => {
  expect(UPSTREAM_DIALECTS.map(({ name }) => name).toSorted()).toEqual(Object.keys(FAKE_APIS).toSorted());
});

for (const dialect of UPSTREAM_DIALECTS) {
  describe(dialect.name, () => {
    let server: FakeServer;
    beforeAll(async () => {
      server = await FakeServer.open(reranker(dialect.name));
    });
    afterAll(() => server.close());
    pairModelContract(dialect.name, () =>
      createUpstream({
        url: dialect.path === '' ? server.url + FAKE_APIS[dialect.name]!.path : server.url,
        dialect,
        model: 'some:model',
        timeoutMs: 5000,
        maxConcurrent: 4,
        maxQueued: 64,
        connection: { proxies: { noProxy: '*' } },
      }),
    );
  });
}
