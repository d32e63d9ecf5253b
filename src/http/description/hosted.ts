import { z } from 'zod';
import { deepinfra } from '../dialects/deepinfra.js';
import { isaacus } from '../dialects/isaacus.js';
import { mixedbread } from '../dialects/mixedbread.js';
import { pinecone } from '../dialects/pinecone.js';
import { voyage } from '../dialects/voyage.js';
import { zeroentropy } from '../dialects/zeroentropy.js';
import type { DescribedDialect, DescribedLimits } from './described.js';
import {
  deepinfraError,
  detailError,
  mixedbreadError,
  pineconeError,
  supersetError,
} from './error-schemas.js';
import {
  count,
  documents,
  echoedObject,
  echoedText,
  filledText,
  flag,
  knobFlag,
  knobNumber,
  knobText,
  maybe,
  model,
  query,
  rankFields,
  requestId,
  returnDocuments,
  row,
  tokens,
  topN,
} from './fields.js';

const QUERY = 'Which fruit is red?';
const TEXTS = ['Cherries are red.', 'The sky is blue.', 'Apples may be red or green.'];

const parameters = { truncate: knobText, max_chunks_per_doc: knobNumber };

/** Rerankers as a service, each with an API of its own. */
export function hosted({ dialectMaxDocuments }: DescribedLimits): readonly DescribedDialect[] {
  const list = documents(dialectMaxDocuments);
  const voyageRows = z.array(row('relevance_score', { document: echoedText }));
  return [
    {
      dialect: voyage,
      title: 'Voyage',
      path: '/v1/rerank',
      request: z.looseObject({
        query: query(),
        documents: list,
        model,
        top_k: topN(1),
        return_documents: returnDocuments,
        truncation: knobFlag,
      }),
      answer: z.object({
        object: z.literal('list'),
        data: voyageRows,
        results: voyageRows.optional().meta({ description: 'the same rows, where it may be another client' }),
        model: z.string(),
        usage: z.object({ total_tokens: tokens }),
      }),
      error: detailError,
      example: { model: 'rerank-2.5', query: QUERY, documents: TEXTS, top_k: 2, truncation: true },
    },
    {
      dialect: mixedbread,
      title: 'Mixedbread',
      path: '/v1/reranking',
      request: z.looseObject({
        query: query(),
        input: list,
        model,
        top_k: topN(1),
        return_input: returnDocuments,
        rank_fields: rankFields,
        rewrite_query: knobFlag,
        instruction: knobText,
      }),
      answer: z.object({
        object: z.literal('list'),
        model: z.string(),
        top_k: count,
        return_input: z.boolean(),
        usage: z.object({ prompt_tokens: tokens, total_tokens: tokens }),
        data: z.array(row('score', { input: z.union([z.string(), z.looseObject({})]).optional() })),
      }),
      error: mixedbreadError,
      example: { model: 'mxbai-rerank-large-v2', query: QUERY, input: TEXTS, top_k: 2, return_input: true },
    },
    {
      dialect: pinecone,
      title: 'Pinecone',
      path: '/rerank',
      request: z.looseObject({
        query: query(),
        documents: list,
        model,
        top_n: topN(1),
        return_documents: flag('whether results carry their documents; they do unless told not to'),
        rank_fields: rankFields,
        parameters: maybe(z.looseObject(parameters), 'what scores depend on'),
      }),
      answer: z.object({
        model: z.string(),
        data: z.array(row('score', { document: echoedObject })),
        usage: z.object({ rerank_units: count }),
      }),
      error: pineconeError,
      example: {
        model: 'bge-reranker-v2-m3',
        query: QUERY,
        documents: TEXTS.map((text, i) => ({ id: `fruit-${i}`, text })),
        top_n: 2,
        return_documents: true,
        rank_fields: ['text'],
        parameters: { truncate: 'END' },
      },
    },
    {
      dialect: zeroentropy,
      title: 'ZeroEntropy',
      path: '/v1/models/rerank',
      request: z.looseObject({
        query: query(),
        documents: list,
        model,
        top_n: topN(1),
        latency: z
          .unknown()
          .optional()
          .meta({ description: '`fast` or `slow`; repeated in the answer, otherwise unheard' }),
      }),
      answer: z.object({
        results: z.array(row('relevance_score')),
        actual_latency_mode: z.enum(['fast', 'slow']),
        e2e_latency: z.number().meta({ description: 'seconds' }),
        inference_latency: z.number().meta({ description: 'the same' }),
        total_bytes: count,
        total_tokens: tokens,
      }),
      error: detailError,
      example: { model: 'zerank-1', query: QUERY, documents: TEXTS, top_n: 2, latency: 'fast' },
    },
    {
      dialect: isaacus,
      title: 'Isaacus',
      path: '/v1/rerankings',
      request: z.looseObject({
        query: query(),
        texts: list,
        model,
        top_n: topN(1),
        is_iql: knobFlag,
        scoring_method: knobText,
      }),
      answer: z.object({ results: z.array(row('score')), usage: z.object({ input_tokens: tokens }) }),
      error: supersetError,
      example: { model: 'kanon-universal-classifier', query: QUERY, texts: TEXTS, top_n: 2 },
    },
    {
      dialect: deepinfra,
      title: 'DeepInfra',
      path: '/v1/inference/{org}/{model}',
      request: z.looseObject({
        queries: z
          .union([filledText, z.array(filledText).min(1)])
          .meta({ description: 'one query, once or as often as there are documents' }),
        documents: list,
        instruction: knobText,
      }),
      answer: z.object({
        scores: z.array(z.number()).meta({ description: 'in the order of the documents' }),
        input_tokens: tokens,
        request_id: requestId,
        inference_status: z.object({
          status: z.literal('succeeded'),
          runtime_ms: count,
          cost: z.literal(0),
          tokens_generated: z.literal(0),
          tokens_input: tokens,
        }),
      }),
      error: deepinfraError,
      example: { queries: [QUERY, QUERY, QUERY], documents: TEXTS },
    },
  ];
}
