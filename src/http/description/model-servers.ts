import { z } from 'zod';
import { infinity } from '../dialects/infinity.js';
import { llamaCpp } from '../dialects/llama-cpp.js';
import { nvidia } from '../dialects/nvidia.js';
import { tei } from '../dialects/tei.js';
import { vllm } from '../dialects/vllm.js';
import { xinference } from '../dialects/xinference.js';
import type { DescribedDialect, DescribedLimits } from './described.js';
import {
  detailError,
  infinityError,
  llamaCppError,
  nvidiaError,
  teiError,
  vllmError,
} from './error-schemas.js';
import {
  count,
  documents,
  echoedObject,
  echoedText,
  flag,
  knobFlag,
  knobNumber,
  knobText,
  model,
  query,
  requestId,
  returnDocuments,
  row,
  tokens,
  topN,
} from './fields.js';

const TEXTS = ['Cherries are red.', 'The sky is blue.', 'Apples may be red or green.'];
const EXAMPLE = {
  model: 'BAAI/bge-reranker-v2-m3',
  query: 'Which fruit is red?',
  documents: TEXTS,
  top_n: 2,
};

const usage = z.object({ prompt_tokens: tokens, total_tokens: tokens });
const rawScores = flag("asks for the model's own scores instead of 0…1, where it gives logits");
const zeroIsAll = topN(0, 'most results; 0 is all');

export const vllmKnobs = {
  truncate_prompt_tokens: knobNumber,
  truncation_side: knobText,
  max_tokens_per_doc: knobNumber,
  max_tokens_per_query: knobNumber,
  use_activation: flag("false asks for the model's own scores instead of 0…1, where it gives logits"),
};

/** Servers that people run their models with. */
export function modelServers({ dialectMaxDocuments }: DescribedLimits): readonly DescribedDialect[] {
  const texts = documents(dialectMaxDocuments);
  // One for each place: schemas with a name are known by what they are, not by what they say.
  const teiAnswer = () => z.array(row('score', { text: echoedText }));
  return [
    {
      dialect: tei,
      title: "Hugging Face's text-embeddings-inference",
      path: '/rerank',
      request: z.looseObject({
        query: query(true),
        texts,
        model,
        top_n: topN(1, 'not of that API, but some of its clients send it'),
        return_text: flag('whether results carry their texts'),
        raw_scores: rawScores,
        truncate: knobFlag,
        truncation_direction: knobText,
      }),
      answer: teiAnswer(),
      error: teiError,
      example: { query: EXAMPLE.query, texts: TEXTS, return_text: true },
    },
    {
      dialect: vllm,
      title: 'vLLM',
      path: '/v1/rerank',
      request: z.looseObject({ query: query(true), documents: texts, model, top_n: zeroIsAll, ...vllmKnobs }),
      answer: z.object({
        id: requestId,
        model: z.string(),
        usage,
        results: z.array(
          row('relevance_score', { document: z.object({ text: z.string(), multi_modal: z.null() }) }),
        ),
      }),
      error: vllmError,
      example: EXAMPLE,
    },
    {
      dialect: infinity,
      title: 'Infinity',
      path: '/rerank',
      request: z.looseObject({
        query: query(true),
        documents: texts,
        model,
        top_n: topN(1),
        return_documents: returnDocuments,
        raw_scores: rawScores,
      }),
      answer: z.object({
        object: z.literal('rerank'),
        results: z.array(row('relevance_score', { document: echoedText })),
        model: z.string(),
        usage,
        id: requestId,
        created: count.meta({ description: 'seconds since 1970' }),
      }),
      error: infinityError,
      example: { ...EXAMPLE, raw_scores: false, return_documents: true },
    },
    {
      dialect: llamaCpp,
      title: "llama.cpp's server",
      path: '/v1/reranking',
      request: z.union([
        z.looseObject({
          query: query(true),
          documents: texts,
          model,
          top_n: topN(0, 'most results; 0 is none'),
        }),
        z.looseObject({
          query: query(true),
          texts,
          model,
          top_n: topN(0, 'most results; 0 is none'),
          return_text: flag('whether results carry their texts'),
        }),
      ]),
      answer: z.union([
        z.object({
          model: z.string(),
          object: z.literal('list'),
          usage,
          results: z.array(row('relevance_score')),
        }),
        teiAnswer(),
      ]),
      error: llamaCppError,
      example: EXAMPLE,
    },
    {
      dialect: xinference,
      title: 'Xinference',
      path: '/v1/rerank',
      request: z.looseObject({
        query: query(),
        documents: texts,
        model,
        top_n: zeroIsAll,
        return_documents: returnDocuments,
        max_chunks_per_doc: knobNumber,
        kwargs: knobText,
      }),
      answer: z.object({
        id: requestId,
        results: z.array(row('relevance_score', { document: echoedObject })),
        meta: z.object({
          api_version: z.null(),
          billed_units: z.object({ search_units: count }),
          tokens: z.object({ input_tokens: tokens, output_tokens: z.literal(0) }),
          warnings: z.null(),
        }),
      }),
      error: detailError,
      example: { ...EXAMPLE, return_documents: 'true', return_len: 'true' },
    },
    {
      dialect: nvidia,
      title: 'NVIDIA NIM',
      path: '/v1/ranking',
      request: z.looseObject({
        query: query(true),
        passages: texts,
        model,
        top_n: topN(1, 'not of that API, but some of its clients send it'),
        top_k: topN(1, 'the same, where `top_n` is not there'),
        truncate: knobText,
      }),
      answer: z.object({ rankings: z.array(row('logit')), usage }),
      error: nvidiaError,
      example: {
        model: 'nvidia/llama-3.2-nv-rerankqa-1b-v2',
        query: { text: EXAMPLE.query },
        passages: TEXTS.map((text) => ({ text })),
        truncate: 'END',
      },
    },
  ];
}
