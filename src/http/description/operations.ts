import { z } from 'zod';
import type { JsonObject } from '../schemas/issues.js';
import { ADMIN_OPERATIONS } from './admin.js';
import type { DescribedLimits, DescribedOperation } from './described.js';
import { count, filledText, maybe, tokens } from './fields.js';
import { vllmKnobs } from './model-servers.js';
import { feedbackBatchAnswer, feedbackRequest, okAnswer, rerankAnswer, rerankRequest } from './native.js';
import { SAMPLE_ID } from './samples.js';

/** State of now. */
const NOT_STORED = ['Cache-Control'];

const FRUIT: JsonObject = {
  query: 'Which fruit is red?',
  documents: [
    { id: 'cherry', text: 'Cherries are red.' },
    { id: 'sky', text: 'The sky is blue.' },
  ],
  top_k: 2,
};

const HELPED: JsonObject = { request_id: SAMPLE_ID, selected_ids: ['cherry'] };

/** Each by its path in the route table, or by method and path; paths that rank in many dialects are described by those. */
export function operations(limits: DescribedLimits): Readonly<Record<string, DescribedOperation>> {
  const { maxBatchSize } = limits;
  const rerank = rerankRequest(limits);
  const requests = z.array(rerank).max(maxBatchSize);
  return {
    '/rerank/batch': {
      request: z.union([requests, z.looseObject({ requests })]),
      example: [FRUIT],
      answer: z.array(rerankAnswer),
    },
    '/feedback': {
      request: feedbackRequest(limits),
      example: HELPED,
      answer: okAnswer,
    },
    '/feedback/batch': {
      request: z.array(feedbackRequest(limits)).max(maxBatchSize),
      example: [HELPED],
      answer: feedbackBatchAnswer,
    },
    '/score': score(limits),
    '/health': { answer: z.object({ status: z.literal('ok'), unix: z.number() }), headers: NOT_STORED },
    '/ping': { answer: z.object({ status: z.literal('ok'), unix: z.number() }), headers: NOT_STORED },
    '/info': { answer: info },
    '/models': { answer: z.object({ object: z.literal('list'), data: z.array(modelRow) }) },
    '/v1/models/{model…}': { answer: modelRow },
    '/v1/cluster/auth': { answer: z.object({ auth: z.boolean() }) },
    '/healthz': { answer: okAnswer, headers: NOT_STORED },
    '/readyz': {
      answer: z.object({
        status: z.enum(['ok', 'degraded', 'unavailable']),
        checks: z.record(z.string(), z.unknown()).meta({ description: 'state by part, for people' }),
      }),
      statuses: [200, 503],
      headers: NOT_STORED,
    },
    '/metrics': { type: 'text/plain', headers: NOT_STORED, errors: ['NOT_FOUND'] },
    '/metrics/retention': { answer: retention, headers: NOT_STORED },
    '/openapi.json': { answer: z.looseObject({ openapi: z.string() }) },
    '/docs': { type: 'text/html', headers: ['Content-Security-Policy', 'Referrer-Policy'] },
    '/admin/cache/purge': purge,
    ...ADMIN_OPERATIONS,
  };
}

const nullableCount = z.union([z.number().min(0), z.null()]);

/** What retention removed, counted since the process started. */
const retention = z.object({
  retention_enabled: z.boolean(),
  retention_days: nullableCount,
  sweep_interval_s: z.number(),
  sweep_on_start: z.boolean(),
  sweep_count: count,
  last_sweep_ts: nullableCount.meta({ description: 'seconds since 1970' }),
  removed_cells: count,
  removed_pheromones: count,
  removed_narratives: count,
  failures: count,
});

const purge: DescribedOperation = {
  request: z.union([
    z.object({ namespace: filledText.max(64) }),
    z.object({ model: z.string().min(1).max(1000) }),
    z.object({ all: z.literal(true) }),
  ]),
  example: { namespace: 'tenant-1' },
  answer: z.object({
    status: z.literal('ok'),
    namespace: z.string().optional(),
    model: z.string().optional(),
    all: z.literal(true).optional(),
    purged: z.object({ pairs: count.meta({ description: 'pairs that memory held' }) }),
  }),
  errors: ['UNAVAILABLE'],
};

/** A model as OpenAI, Infinity and Xinference have it. */
const modelRow = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: count,
  owned_by: z.string(),
  backend: z.string(),
  capabilities: z.array(z.literal('rerank')),
  stats: z.object({
    queue_fraction: z.number(),
    queue_absolute: count,
    results_pending: count,
    batch_size: count,
  }),
  model_type: z.literal('rerank'),
  model_name: z.string(),
});

/** What TEI says of itself. */
const info = z.object({
  model_id: z.string(),
  model_sha: z.null(),
  model_dtype: z.string(),
  model_type: z.object({
    reranker: z.object({
      id2label: z.record(z.string(), z.string()),
      label2id: z.record(z.string(), z.int()),
    }),
  }),
  max_concurrent_requests: count,
  max_input_length: count,
  max_batch_tokens: count,
  max_batch_requests: z.null(),
  max_client_batch_size: count,
  auto_truncate: z.boolean(),
  tokenization_workers: count,
  version: z.string(),
  sha: z.null(),
  docker_label: z.null(),
});

/** vLLM's score API: one text against many, or as many against as many. */
function score({ dialectMaxDocuments }: DescribedLimits): DescribedOperation {
  const item = z.union([z.string(), z.looseObject({ text: z.string() })]);
  const one = z
    .union([item, z.array(item).length(1)])
    .meta({ description: 'or as many as on the other side' });
  const many = z.union([item, z.array(item).min(1).max(dialectMaxDocuments)]);
  const more = { model: maybe(z.string().max(512), 'any name is taken, and given back'), ...vllmKnobs };
  return {
    request: z.union([
      z.looseObject({ queries: one, documents: many, ...more }),
      z.looseObject({ queries: one, items: many, ...more }),
      z.looseObject({ text_1: one, text_2: many, ...more }),
      z.looseObject({ data_1: one, data_2: many, ...more }),
    ]),
    example: { text_1: 'Which fruit is red?', text_2: ['Cherries are red.', 'The sky is blue.'] },
    answer: z.object({
      id: z.string(),
      object: z.literal('list'),
      created: count,
      model: z.string(),
      data: z.array(z.object({ index: count, object: z.literal('score'), score: z.number() })),
      usage: z.object({ prompt_tokens: tokens, total_tokens: tokens }),
    }),
  };
}
