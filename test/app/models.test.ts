import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { InferencePool } from '../../src/inference/pool.js';
import { describeFolder } from '../../src/models/describe-folder.js';
import { writeManifest } from '../../src/models/manifest.js';
import { embeddings } from '../fixtures/embedding-answers.js';
import { FakeServer, json } from '../fixtures/fake-server.js';
import { buildTinyCrossEncoder } from '../fixtures/tiny-models/cross-encoder.js';
import { buildTinyEncoder } from '../fixtures/tiny-models/encoder.js';
import { AppHome } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';

/** Models of a few KB, made once. */
let models: string;
let home: AppHome;

beforeAll(() => {
  models = mkdtempSync(join(tmpdir(), 'neuralcache-models-'));
  buildTinyEncoder(join(models, 'encoder'));
  buildTinyCrossEncoder(join(models, 'pairs'));
});

afterAll(() => rmSync(models, { recursive: true }));

beforeEach(() => {
  home = new AppHome();
});

afterEach(() => {
  vi.restoreAllMocks();
  return home.remove();
});

const onnx = () => ({
  EMBEDDING_BACKEND: 'onnx',
  EMBEDDING_MODEL: join(models, 'encoder'),
  INFERENCE_WORKERS: '1',
});

/** Texts that models were given so far, by outcome. */
async function textsRun(app: RunningApp): Promise<number> {
  return (await app.metrics()).get('neuralcache_inference_texts_total{outcome="done"}') ?? 0;
}

/** The next worker has to load everything anew. */
function killWorker(pool: InferencePool): void {
  const [worker] = pool.status().workers;
  process.kill(worker!.pid!, 'SIGKILL');
}

describe('an ONNX encoder', () => {
  it('is loaded before anything is answered, scores with lexical, and says so', async () => {
    const app = await home.start(onnx());
    const { body } = await app.client.get('/readyz');
    expect(body.checks).toMatchObject({
      scorer: 'lexical:0.35,embedding:0.65',
      encoder: { name: 'encoder', dimension: 8 },
      memory: 'static-minilm-192',
      inference: { workers: [{ state: 'idle' }], models: [{ file: 'onnx/model.onnx', dimension: 8 }] },
    });
    const { body: answer } = await app.rank('a', 'stars at sea', { explain: true });
    expect(answer.meta).toMatchObject({ scorer: 'lexical:0.35,embedding:0.65', degraded: false });
    expect(Object.keys(answer.results[0].explain.parts)).toEqual(['lexical', 'embedding']);
  });

  it('runs once for a text of a namespace, and again for another namespace', async () => {
    const app = await home.start(onnx());
    await app.rank('a', 'stars at sea');
    const first = await textsRun(app);
    expect(first).toBe(DOCUMENTS.length + 1);
    await app.rank('a', 'stars at sea');
    expect(await textsRun(app)).toBe(first);
    await app.rank('a', 'bread in autumn');
    expect(await textsRun(app)).toBe(first + 1);
    await app.rank('b', 'stars at sea');
    expect(await textsRun(app)).toBe(2 * first + 1);
  });

  it('runs for no text again after a restart, where vectors are kept, until the namespace is dropped', async () => {
    const settings = { ...onnx(), EMBEDDING_CACHE_PERSIST: 'true' };
    const before = await home.start(settings);
    const { ids } = await before.rank('a', 'stars at sea', { learn: false });
    await before.stop();
    const app = await home.start(settings);
    expect((await app.rank('a', 'stars at sea', { learn: false })).ids).toEqual(ids);
    expect(await textsRun(app)).toBe(0);
    expect((await app.metrics()).get('neuralcache_cache_lookups_total{cache="vectors",outcome="hit"}')).toBe(
      DOCUMENTS.length + 1,
    );
    await app.services.drop('a');
    await app.rank('a', 'stars at sea');
    expect(await textsRun(app)).toBe(DOCUMENTS.length + 1);
  });

  it('costs a request its order and nothing else where it is too slow', async () => {
    const app = await home.start({ ...onnx(), INFERENCE_QUEUE_MAX: '2' });
    const response = await app.post('/rerank', { query: 'stars', documents: DOCUMENTS });
    expect([response.status, response.body.meta.scorer, response.body.meta.degraded]).toEqual([
      200,
      'lexical',
      true,
    ]);
    expect(response.headers['x-neuralcache-degraded']).toBe('scorer');
    const name = 'neuralcache_model_fallbacks_total{part="scorer",reason="overloaded"}';
    expect((await app.metrics()).get(name)).toBe(1);
  });

  it('stays the graph it was when another is put beside it, or is no longer asked', async () => {
    const folder = join(models, 'mine');
    const addGraph = () =>
      copyFileSync(join(folder, 'onnx/model.onnx'), join(folder, 'onnx/model_quantized.onnx'));
    cpSync(join(models, 'encoder'), folder, { recursive: true });
    writeManifest(folder, describeFolder(folder));
    const loads = vi.spyOn(InferencePool.prototype, 'load');
    const app = await home.start({ ...onnx(), EMBEDDING_MODEL: folder });
    const pool = loads.mock.contexts[0] as InferencePool;
    addGraph();
    writeManifest(folder, {
      ...describeFolder(folder),
      revision: describeFolder(join(models, 'encoder')).revision,
    });
    killWorker(pool);
    const { body } = await app.rank('a', 'stars at sea');
    expect(body.meta.degraded).toBe(false);
    rmSync(join(folder, 'manifest.json'));
    killWorker(pool);
    expect((await app.rank('b', 'stars at sea')).body.meta).toMatchObject({
      scorer: 'lexical',
      degraded: true,
    });
  });

  it('keeps the memory of the static encoder as long as nobody measured its own threshold', async () => {
    const app = await home.start(onnx());
    await app.teach('a', 'stars at sea', ['d5'], 3);
    const { ids, body } = await app.rank('a', 'stars at sea', { learn: false });
    expect([ids[0], body.meta.adapted]).toEqual(['d5', true]);
  });

  it.each([
    ['no such folder', './nowhere', 'no model "./nowhere"'],
    ['another kind of model', () => join(models, 'pairs'), 'is of kind cross-encoder, not encoder'],
  ])('stops the start: %s', async (_, model, message) => {
    const folder = typeof model === 'string' ? model : model();
    await expect(home.start({ ...onnx(), EMBEDDING_MODEL: folder })).rejects.toThrow(message);
    // The folder is free again.
    await home.start();
  });
});

describe('a cross-encoder', () => {
  it('scores pairs once, between 0 and 1, and lets feedback reorder them', async () => {
    const settings = { SCORER: 'cross-encoder', CROSS_ENCODER_MODEL: join(models, 'pairs') };
    const app = await home.start({ ...settings, INFERENCE_WORKERS: '1' });
    const { ids, body } = await app.rank('a', 'stars at sea', { explain: true });
    const [best] = body.results;
    expect(best.score).toBeCloseTo(1 / (1 + Math.exp(-best.explain.parts.logit)), 12);
    const run = await textsRun(app);
    const last = ids.at(-1)!;
    await app.teach('a', 'stars at sea', [last], 3);
    const after = await app.rank('a', 'stars at sea', { learn: false });
    expect(after.ids[0]).toBe(last);
    expect(after.body.results[0].score).toBe(best.score);
    expect(await textsRun(app)).toBe(run);
  });
});

describe('an encoder behind an OpenAI-compatible service', () => {
  it('is asked once a text; what it does not answer is ranked by words', async () => {
    const service = await FakeServer.open(embeddings());
    try {
      const app = await home.start({
        EMBEDDING_BACKEND: 'openai',
        EMBEDDING_MODEL: 'some-model',
        EMBEDDING_URL: `${service.url}/v1`,
        EMBEDDING_API_KEY: 'a-key-of-ours',
        EMBEDDING_TIMEOUT_MS: '2000',
      });
      expect((await app.rank('a', 'stars at sea')).body.meta.scorer).toBe('lexical:0.35,embedding:0.65');
      const asked = service.seen.length;
      await app.rank('a', 'stars at sea');
      expect(service.seen.length).toBe(asked);
      expect(service.seen[0]!.headers.authorization).toBe('Bearer a-key-of-ours');
      service.behave = json({ error: 'a-key-of-ours' }, 401);
      const { body } = await app.rank('b', 'stars at sea');
      expect(body.meta).toMatchObject({ scorer: 'lexical', degraded: true });
      expect(JSON.stringify(app.logged)).not.toContain('a-key-of-ours');
    } finally {
      await service.close();
    }
  });
});
