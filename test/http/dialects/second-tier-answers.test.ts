import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logitOf } from '../../../src/http/dialects/nvidia.js';
import { harness } from '../harness.js';
import { ask, ORDER, QUERY, rows, SCORES, TEXTS } from './asking.js';
import { CAPTURED, type SecondTier } from './second-tier.js';

/** Tokens of the captured bodies at four characters each: 4 × 4 of the query, and 3 + 2 + 4 + 2 of the texts. */
const TOKENS = 27;
/** The same in bytes, with the query once: 14 + 10 + 8 + 14 + 8. */
const BYTES = 54;

const scoreRows = (more?: (index: number) => object) => rows(more, 'score');
const asObjects = TEXTS.map((text, i) => ({ text, title: `t${i}` }));

/** Asks as captured, with some fields otherwise. */
function speak(name: SecondTier, more: object = {}, path: string = CAPTURED[name].path) {
  return ask(path, { ...CAPTURED[name].body, ...more }, CAPTURED[name].headers);
}

describe('Mixedbread', () => {
  const usage = { prompt_tokens: TOKENS, total_tokens: TOKENS };
  const { model } = CAPTURED.mixedbread;

  it('answers with top_k and return_input as they apply', async () => {
    const { body } = await speak('mixedbread');
    expect(body).toEqual({ object: 'list', model, top_k: 4, return_input: false, usage, data: scoreRows() });
  });

  it('returns the input as it came, when asked', async () => {
    const asked = await speak('mixedbread', { return_input: true, top_k: 2 });
    expect(asked.body).toMatchObject({ top_k: 2, return_input: true });
    expect(asked.body.data).toEqual(scoreRows((index) => ({ input: TEXTS[index] })).slice(0, 2));
    const objects = await speak('mixedbread', { return_input: true, input: asObjects });
    expect(objects.body.data).toEqual(scoreRows((index) => ({ input: asObjects[index] })));
  });

  it('ranks by rank_fields; knobs go along', async () => {
    const more = { input: asObjects, rank_fields: ['title', 'text'], rewrite_query: true };
    const { request } = await speak('mixedbread', more);
    expect(request?.candidates[0]?.text).toBe('t0\nripe apple');
    expect(request?.wishes?.knobs).toEqual({ rewrite_query: true });
  });
});

describe('Pinecone', () => {
  const { model } = CAPTURED.pinecone;

  it('echoes whole documents, unless told not to', async () => {
    const { body } = await speak('pinecone', { documents: asObjects });
    const data = scoreRows((index) => ({ document: asObjects[index] }));
    expect(body).toEqual({ model, data, usage: { rerank_units: 1 } });
    expect((await speak('pinecone', { return_documents: null })).body.data[0].document).toBeDefined();
    expect((await speak('pinecone', { return_documents: false })).body.data).toEqual(scoreRows());
  });

  it('takes ids and parameters', async () => {
    const documents = [{ id: 'x', text: 'apple' }];
    const { request } = await speak('pinecone', { documents, parameters: { truncate: 'END', other: [] } });
    expect(request?.candidates[0]).toMatchObject({ id: 'x', text: 'apple' });
    expect(request?.wishes?.knobs).toEqual({ truncate: 'END' });
  });
});

describe('Together', () => {
  it('has the usage of OpenAI', async () => {
    const { body, id } = await speak('together');
    const usage = { prompt_tokens: TOKENS, completion_tokens: 0, total_tokens: TOKENS };
    expect(body).toEqual({ id, object: 'rerank', model: CAPTURED.together.model, results: rows(), usage });
  });

  it('echoes when asked', async () => {
    const { body } = await speak('together', { return_documents: true, top_n: 1 });
    expect(body.results).toEqual(rows((index) => ({ document: { text: TEXTS[index] } })).slice(0, 1));
  });
});

describe('SiliconFlow', () => {
  it('has tokens and billed units', async () => {
    const { body, id } = await speak('siliconflow');
    const counts = { input_tokens: TOKENS, output_tokens: 0 };
    expect(body).toEqual({
      id,
      results: rows(),
      meta: { tokens: counts, billed_units: { ...counts, search_units: 1, classifications: 0 } },
    });
  });

  it('takes one document alone, and its knobs', async () => {
    const more = { documents: 'apple', return_documents: true, overlap_tokens: 80, instruction: 'i' };
    const { body, request } = await speak('siliconflow', more);
    expect(body.results).toEqual([{ index: 0, relevance_score: 0.25, document: { text: 'apple' } }]);
    expect(request?.wishes?.knobs).toEqual({ overlap_tokens: 80, instruction: 'i' });
  });
});

describe('ZeroEntropy', () => {
  it('tells latency, bytes and tokens', async () => {
    const { body } = await speak('zeroentropy', { latency: 'slow' });
    expect(body).toEqual({
      results: rows(),
      actual_latency_mode: 'slow',
      e2e_latency: 0,
      inference_latency: 0,
      total_bytes: BYTES,
      total_tokens: TOKENS,
    });
    expect((await speak('zeroentropy')).body.actual_latency_mode).toBe('fast');
  });

  it('counts bytes, not characters', async () => {
    const { body } = await speak('zeroentropy', { query: 'é', documents: ['€'] });
    expect(body.total_bytes).toBe(5);
  });
});

describe('NVIDIA', () => {
  const logistic = (logit: number) => 1 / (1 + Math.exp(-logit));

  it('answers with logits, of which the logistic function gives our scores', async () => {
    const { body } = await speak('nvidia');
    expect(body.usage).toEqual({ prompt_tokens: TOKENS, total_tokens: TOKENS });
    const rankings = body.rankings as { index: number; logit: number }[];
    expect(rankings.map(({ index }) => index)).toEqual(ORDER);
    for (const [rank, { logit }] of rankings.entries()) {
      expect(logistic(logit)).toBeCloseTo(SCORES[rank]!, 6);
    }
    // ln(0.75 / 0.25), ln(0.5 / 0.5)
    expect(rankings[0]?.logit).toBeCloseTo(Math.log(3), 12);
    expect(rankings[1]?.logit).toBe(0);
  });

  it('gives back the logits of a scorer that has them', async () => {
    const { path, body, headers } = CAPTURED.nvidia;
    const asked = await ask(path, body, headers, {}, (services) => {
      services.perWord = 3;
      services.scale = 'logit';
    });
    // 3, 2, 1 and 0 words
    for (const [rank, logit] of [9, 6, 3, 0].entries()) {
      expect(asked.body.rankings[rank].logit).toBeCloseTo(logit, 8);
    }
  });

  it('a logit is finite and rises with the score', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(score, score, (a, b) => {
        expect(Math.abs(logitOf(a))).toBeLessThanOrEqual(16);
        if (a <= b) expect(logitOf(a)).toBeLessThanOrEqual(logitOf(b));
        expect(Math.abs(logistic(logitOf(a)) - a)).toBeLessThan(2e-7);
      }),
    );
  });

  it.each(['top_n', 'top_k'])('cuts by %s, which LiteLLM sends', async (field) => {
    expect((await speak('nvidia', { [field]: 2 })).body.rankings).toHaveLength(2);
  });

  it('is hosted with the model in the path; RAGFlow sends /reranking', async () => {
    const hosted = '/v1/retrieval/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking';
    const { request, body } = await speak('nvidia', { model: undefined }, hosted);
    expect(request?.wishes?.model).toBe('nvidia/llama-3_2-nv-rerankqa-1b-v2');
    expect(body.rankings).toHaveLength(4);
    expect((await speak('nvidia', {}, hosted)).request?.wishes?.model).toBe(CAPTURED.nvidia.model);
    expect((await speak('nvidia', {}, '/v1/reranking')).body.rankings).toHaveLength(4);
  });
});

describe('Vertex', () => {
  it('answers with ids and details', async () => {
    const { body, request } = await speak('vertex');
    const records = ORDER.map((i, rank) => ({ id: `r${i}`, score: SCORES[rank], content: TEXTS[i] }));
    expect(body).toEqual({ records });
    expect(request?.candidates[0]).toEqual({ id: 'r0', text: 'ripe apple' });
  });

  it('rounds to two decimals', async () => {
    const { path, body, headers } = CAPTURED.vertex;
    const asked = await ask(path, body, headers, {}, (services) => {
      services.perWord = 1 / 3;
    });
    expect(asked.body.records.map(({ score }: { score: number }) => score)).toEqual([1, 0.67, 0.33, 0]);
  });

  it.each([
    ['ignoreRecordDetailsInResponse', 'topN'],
    ['ignore_record_details_in_response', 'top_n'],
  ])('leaves details out by %s and cuts by %s', async (hide, top) => {
    const { body } = await speak('vertex', { [hide]: true, [top]: 1 });
    expect(body).toEqual({ records: [{ id: 'r2', score: 0.75 }] });
  });

  it.each([0, -3])('topN %d is all', async (topN) => {
    expect((await speak('vertex', { topN })).body.records).toHaveLength(4);
  });

  it('ranks by title and content', async () => {
    const records = [
      { id: 'a', title: 'T', content: 'c' },
      { id: 'b', title: 'T' },
    ];
    const { request, body } = await speak('vertex', { records });
    expect(request?.candidates.map(({ text }) => text)).toEqual(['T\nc', 'T']);
    expect(body.records).toEqual(records.map((record) => ({ ...record, score: 0 })));
  });
});

describe('Bedrock', () => {
  it('answers in camel case, with the id where its clients look for it', async () => {
    const { body, response, id } = await speak('bedrock');
    expect(body).toEqual({ results: rows(undefined, 'relevanceScore') });
    expect(response.headers['x-amzn-requestid']).toBe(id);
  });

  it('takes JSON documents, numberOfResults and fields of the model', async () => {
    const sources = [{ text: 'apple', id: 'x' }, { name: 'pear' }].map((jsonDocument) => ({
      type: 'INLINE',
      inlineDocumentSource: { type: 'JSON', jsonDocument },
    }));
    const rerankingConfiguration = {
      bedrockRerankingConfiguration: {
        numberOfResults: 1,
        modelConfiguration: { modelArn: 'm', additionalModelRequestFields: { max_tokens_per_doc: 9 } },
      },
    };
    const { body, request } = await speak('bedrock', { sources, rerankingConfiguration });
    expect(body.results).toEqual([{ index: 0, relevanceScore: 0.25 }]);
    expect(request?.candidates).toEqual([{ id: 'x', text: 'apple' }, { text: '{"name":"pear"}' }]);
    expect(request?.wishes).toMatchObject({ model: 'm', knobs: { max_tokens_per_doc: 9 } });
  });

  it('needs no configuration', async () => {
    const { body } = await speak('bedrock', { rerankingConfiguration: undefined });
    expect(body.results).toHaveLength(4);
  });

  it('invokes a model with the body of Cohere', async () => {
    const { body, response, id } = await speak('bedrock-invoke', { top_n: 2 });
    expect(body).toEqual({ results: rows().slice(0, 2) });
    expect(response.headers['x-amzn-requestid']).toBe(id);
    const echo = await speak('bedrock-invoke', { return_documents: true });
    expect(echo.body.results).toEqual(rows((index) => ({ document: { text: TEXTS[index] } })));
  });

  it('takes a body without a type, as boto3 sends it; with one it has to be JSON', async () => {
    const { path, body } = CAPTURED['bedrock-invoke'];
    const bytes = Buffer.from(JSON.stringify(body));
    const { client } = harness();
    expect((await client.post(path).send(bytes)).status).toBe(200);
    expect((await client.post(path).type('text/plain').send(bytes)).status).toBe(415);
    expect((await client.post('/v1/rerank').send(bytes)).status).toBe(415);
  });

  it('takes the name of a model as it is where it is not well encoded', async () => {
    const { request } = await speak('bedrock-invoke', {}, '/model/a%zz/invoke');
    expect(request?.wishes?.model).toBe('a%zz');
    const endless = await speak('bedrock-invoke', {}, `/model/${'m'.repeat(513)}/invoke`);
    expect([endless.status, endless.request?.wishes?.model]).toEqual([200, undefined]);
  });
});

describe('Elasticsearch', () => {
  it('answers with the header its clients insist on', async () => {
    const { body, response } = await speak('elasticsearch');
    expect(body).toEqual({ rerank: rows() });
    expect(response.headers['x-elastic-product']).toBe('Elasticsearch');
  });

  it.each([
    [{ return_documents: true, top_n: 2 }],
    [{ task_settings: { return_documents: true, top_n: 2 }, top_n: null, return_documents: null }],
    [{ task_settings: { return_documents: false, top_k: 3 }, return_documents: true, top_n: 2 }],
  ])('options %j', async (more) => {
    const { body } = await speak('elasticsearch', more);
    expect(body.rerank).toEqual(rows((index) => ({ text: TEXTS[index] })).slice(0, 2));
  });

  it('takes one text alone', async () => {
    const { body } = await speak('elasticsearch', { input: 'apple', task_settings: null });
    expect(body).toEqual({ rerank: [{ index: 0, relevance_score: 0.25 }] });
  });
});

describe('Contextual', () => {
  it('answers with results and nothing else', async () => {
    const { body, request } = await speak('contextual', { top_n: 3 });
    expect(body).toEqual({ results: rows().slice(0, 3) });
    expect(request?.wishes?.knobs).toEqual({ instruction: 'prefer fruit' });
  });

  it('ranks metadata with its document', async () => {
    const { request } = await speak('contextual', { metadata: ['m', '', 'n', ''] });
    expect(request?.candidates.map(({ text }) => text)).toEqual([
      'ripe apple\nm',
      'blue sky',
      'red ripe apple\nn',
      'an apple',
    ]);
  });
});

describe('DeepInfra', () => {
  it('answers with scores in the order of the documents', async () => {
    const { body, id } = await speak('deepinfra');
    expect(body).toEqual({
      scores: [0.5, 0, 0.75, 0.25],
      input_tokens: TOKENS,
      request_id: id,
      inference_status: {
        status: 'succeeded',
        runtime_ms: 0,
        cost: 0,
        tokens_generated: 0,
        tokens_input: TOKENS,
      },
    });
  });

  it.each([[[QUERY]], [QUERY]])('takes the query once: %j', async (queries) => {
    const { body, request } = await speak('deepinfra', { queries, instruction: 'i' });
    expect(body.scores).toHaveLength(4);
    expect(request?.wishes?.knobs).toEqual({ instruction: 'i' });
  });
});

describe('Isaacus', () => {
  it('answers with scores', async () => {
    const { body, request } = await speak('isaacus', { top_n: 2, is_iql: false, scoring_method: 'auto' });
    expect(body).toEqual({ results: scoreRows().slice(0, 2), usage: { input_tokens: TOKENS } });
    expect(request?.wishes?.knobs).toEqual({ is_iql: false, scoring_method: 'auto' });
  });
});
