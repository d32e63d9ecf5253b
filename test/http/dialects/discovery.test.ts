import { describe, expect, it } from 'vitest';
import { harness } from '../harness.js';

describe('what clients look at before they rank', () => {
  it('Infinity’s and TEI’s: /health is JSON with a time, open to all', async () => {
    const { client } = harness({ apiTokens: ['right'] });
    for (const path of ['/health', '/infinity/health', '/tei/health']) {
      const { status, body } = await client.get(path);
      expect([status, body.unix]).toEqual([200, 1_700_000_000]);
    }
  });

  it('Dify’s: /info says first that it is a reranker, and how much it takes', async () => {
    const { client } = harness({ dialectMaxDocuments: 99, modelAliases: ['BAAI/bge-reranker-base'] });
    const { body } = await client.get('/info');
    expect(Object.keys(body.model_type)[0]).toBe('reranker');
    expect(body).toMatchObject({
      model_id: 'BAAI/bge-reranker-base',
      max_client_batch_size: 99,
      max_input_length: 8192,
    });
  });

  it('NVIDIA’s and Infinity’s: /models lists ours and the aliases', async () => {
    const { client } = harness({ modelAliases: ['nv-rerank', 'a/b', 'nv-rerank'] });
    for (const path of ['/models', '/v1/models', '/infinity/models', '/ns/a/v1/models/']) {
      const { body } = await client.get(path);
      expect(body.object).toBe('list');
      expect(body.data.map(({ id }: { id: string }) => id)).toEqual(['neuralcache', 'nv-rerank', 'a/b']);
      // infinity-client throws for any other owner.
      expect(body.data[0].owned_by).toBe('infinity');
      expect(Object.keys(body.data[0].stats)).toEqual([
        'queue_fraction',
        'queue_absolute',
        'results_pending',
        'batch_size',
      ]);
    }
  });

  it.each([
    ['/v1/models/bge-reranker', 'bge-reranker'],
    ['/v1/models/BAAI/bge-reranker', 'BAAI/bge-reranker'],
    ['/v1/models/BAAI%2Fbge-reranker', 'BAAI/bge-reranker'],
    ['/xinference/v1/models/%E4%B8%AD', '中'],
    ['/v1/models/%zz', '%zz'],
  ])('Xinference’s: %s is a reranker', async (path, name) => {
    const { client } = harness();
    const { body } = await client.get(path);
    expect(body).toMatchObject({ id: name, model_name: name, model_type: 'rerank', object: 'model' });
  });

  it('Xinference’s: /v1/cluster/auth says whether a key is asked', async () => {
    expect((await harness().client.get('/v1/cluster/auth')).body).toEqual({ auth: false });
    const guarded = harness({ apiTokens: ['right'] });
    expect((await guarded.client.get('/xinference/v1/cluster/auth')).body).toEqual({ auth: true });
    expect((await guarded.client.get('/v1/models')).status).toBe(401);
  });
});
