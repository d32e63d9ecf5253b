import { z } from 'zod';
import { cohereLike } from '../dialects/cohere-like.js';
import { cohereV1 } from '../dialects/cohere-v1.js';
import { cohereV2 } from '../dialects/cohere-v2.js';
import { contextual } from '../dialects/contextual.js';
import { jina } from '../dialects/jina.js';
import { litellm } from '../dialects/litellm.js';
import { siliconflow } from '../dialects/siliconflow.js';
import { together } from '../dialects/together.js';
import type { DescribedDialect, DescribedLimits } from './described.js';
import {
  cohereError,
  detailError,
  liteLlmError,
  siliconflowError,
  supersetError,
  togetherError,
} from './error-schemas.js';
import {
  count,
  documents,
  echoedObject,
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

const EXAMPLE = {
  model: 'rerank-v3.5',
  query: 'Which fruit is red?',
  documents: ['Cherries are red.', 'The sky is blue.', 'Apples may be red or green.'],
  top_n: 2,
};

const rows = z.array(row('relevance_score', { document: echoedObject }));
const searchUnits = { search_units: count.meta({ description: 'what Cohere would bill' }) };
const openAiUsage = z.object({
  prompt_tokens: tokens,
  completion_tokens: z.literal(0),
  total_tokens: tokens,
});
const counts = { input_tokens: tokens, output_tokens: z.literal(0) };

/** Cohere, and the APIs made after it that rank `documents` and answer `results`. */
export function cohereFamily({ dialectMaxDocuments }: DescribedLimits): readonly DescribedDialect[] {
  const body = { query: query(), documents: documents(dialectMaxDocuments), model };
  const echoing = { ...body, return_documents: returnDocuments };
  const cohereAnswer = (version: '1' | '2') =>
    z.object({
      id: requestId,
      results: rows,
      meta: z.object({
        api_version: z.object({ version: z.literal(version) }),
        billed_units: z.object(searchUnits),
      }),
    });
  const liteLlm = {
    ...echoing,
    rank_fields: rankFields,
    max_chunks_per_doc: knobNumber,
    max_tokens_per_doc: knobNumber,
    truncate_prompt_tokens: knobNumber,
    instruction: knobText,
    cache: maybe(
      z.looseObject({ 'no-cache': z.unknown().optional(), 'no-store': z.unknown().optional() }),
      'LiteLLM\'s way to ask afresh, or to keep nothing: `{"no-cache": true, "no-store": true}`',
    ),
  };
  return [
    {
      dialect: cohereLike,
      title: "any client of Cohere's form",
      path: '/v1/rerank',
      request: z.looseObject({
        ...liteLlm,
        top_n: topN(0, 'most results; 0 is all'),
        top_k: topN(0, 'the same, where `top_n` is not there'),
        max_tokens_per_query: knobNumber,
        truncation_side: knobText,
        overlap_tokens: knobNumber,
      }),
      answer: z.object({
        id: requestId,
        object: z.literal('list'),
        model: z.string(),
        results: rows,
        data: rows.optional().meta({ description: 'the same rows, where it may be a client of Voyage' }),
        usage: openAiUsage,
        meta: z.object({
          api_version: z.object({ version: z.literal('1') }),
          billed_units: z.object(searchUnits),
        }),
      }),
      error: supersetError,
      example: EXAMPLE,
    },
    {
      dialect: cohereV1,
      title: 'Cohere v1',
      path: '/v1/rerank',
      request: z.looseObject({
        ...echoing,
        top_n: topN(1),
        rank_fields: rankFields,
        max_chunks_per_doc: knobNumber,
      }),
      answer: cohereAnswer('1'),
      error: cohereError,
      example: { ...EXAMPLE, return_documents: true },
    },
    {
      dialect: cohereV2,
      title: 'Cohere v2',
      path: '/v2/rerank',
      request: z.looseObject({
        ...echoing,
        top_n: topN(1),
        rank_fields: rankFields,
        max_tokens_per_doc: knobNumber,
        max_chunks_per_doc: knobNumber,
      }),
      answer: cohereAnswer('2'),
      error: supersetError,
      example: EXAMPLE,
    },
    {
      dialect: jina,
      title: 'Jina',
      path: '/v1/rerank',
      request: z.looseObject({ ...echoing, top_n: topN(1) }),
      answer: z.object({
        id: requestId,
        model: z.string(),
        usage: z.object({ total_tokens: tokens, prompt_tokens: tokens }),
        results: rows,
      }),
      error: detailError,
      example: { ...EXAMPLE, model: 'jina-reranker-v2-base-multilingual', return_documents: true },
    },
    {
      dialect: litellm,
      title: "LiteLLM's proxy",
      path: '/rerank',
      request: z.looseObject({ ...liteLlm, query: query(true), top_n: topN(0, 'most results; 0 is all') }),
      answer: z.object({
        id: requestId,
        results: rows,
        meta: z.object({
          billed_units: z.object({ ...searchUnits, total_tokens: tokens }),
          tokens: z.object(counts),
        }),
      }),
      error: liteLlmError,
      example: { ...EXAMPLE, cache: { 'no-cache': true } },
    },
    {
      dialect: together,
      title: 'Together',
      path: '/v1/rerank',
      request: z.looseObject({ ...echoing, top_n: topN(1), rank_fields: rankFields }),
      answer: z.object({
        id: requestId,
        object: z.literal('rerank'),
        model: z.string(),
        results: rows,
        usage: openAiUsage,
      }),
      error: togetherError,
      example: { ...EXAMPLE, model: 'Salesforce/Llama-Rank-v1', return_documents: true },
    },
    {
      dialect: siliconflow,
      title: 'SiliconFlow',
      path: '/v1/rerank',
      request: z.looseObject({
        ...echoing,
        top_n: topN(1),
        max_chunks_per_doc: knobNumber,
        overlap_tokens: knobNumber,
        instruction: knobText,
      }),
      answer: z.object({
        id: requestId,
        results: rows,
        meta: z.object({
          tokens: z.object(counts),
          billed_units: z.object({ ...counts, ...searchUnits, classifications: z.literal(0) }),
        }),
      }),
      error: siliconflowError,
      example: { ...EXAMPLE, model: 'BAAI/bge-reranker-v2-m3' },
    },
    {
      dialect: contextual,
      title: 'Contextual',
      path: '/v1/rerank',
      request: z.looseObject({
        ...body,
        top_n: topN(1),
        instruction: knobText,
        metadata: maybe(z.array(z.string()), 'a text for each document, ranked as its last line'),
      }),
      answer: z.object({ results: z.array(row('relevance_score')) }),
      error: supersetError,
      example: { ...EXAMPLE, model: 'ctxl-rerank-v2-instruct-multilingual', instruction: 'Prefer fruit.' },
    },
  ];
}
