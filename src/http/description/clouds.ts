import { z } from 'zod';
import { bedrock } from '../dialects/bedrock.js';
import { bedrockInvoke } from '../dialects/bedrock-invoke.js';
import { elasticsearch } from '../dialects/elasticsearch.js';
import { vertex } from '../dialects/vertex.js';
import { MAX_ID_LENGTH } from '../schemas/identifier.js';
import type { DescribedDialect, DescribedLimits } from './described.js';
import { awsError, elasticsearchError, vertexError } from './error-schemas.js';
import { rowExplanation } from './explanation.js';
import {
  count,
  documents,
  echoedObject,
  echoedText,
  filledText,
  flag,
  knobNumber,
  maybe,
  model,
  query,
  rankFields,
  returnDocuments,
  row,
  topN,
  wholeNumber,
} from './fields.js';

const QUERY = 'Which fruit is red?';
const TEXTS = ['Cherries are red.', 'The sky is blue.', 'Apples may be red or green.'];

/** The rerank calls of clouds and databases. Signatures of AWS are not checked. */
export function clouds(limits: DescribedLimits): readonly DescribedDialect[] {
  return [vertexApi(limits), bedrockApi(limits), bedrockInvokeApi(limits), elasticsearchApi(limits)];
}

function vertexApi({ dialectMaxDocuments }: DescribedLimits): DescribedDialect {
  const details = flag('whether to leave title and content out of the answer');
  const most = wholeNumber(undefined, 'most results; 0 and less are all');
  const id = z.string().min(1).max(MAX_ID_LENGTH);
  const record = (title: z.ZodType, content: z.ZodType) => z.looseObject({ id, title, content });
  const part = z.string().nullish();
  return {
    dialect: vertex,
    title: "Google's ranking API",
    path: '/v1/projects/{project}/locations/{location}/rankingConfigs/{config}:rank',
    request: z.looseObject({
      query: query(true),
      model,
      records: z
        .array(z.union([record(z.string(), part), record(part, z.string())]))
        .min(1)
        .max(dialectMaxDocuments),
      topN: most,
      top_n: most,
      ignoreRecordDetailsInResponse: details,
      ignore_record_details_in_response: details,
    }),
    answer: z.object({
      records: z.array(
        z.object({
          id: z.string(),
          score: z.number().meta({ description: 'in 0…1, two decimals' }),
          title: echoedText,
          content: echoedText,
          explain: rowExplanation.optional(),
        }),
      ),
    }),
    error: vertexError,
    example: {
      model: 'semantic-ranker-default@latest',
      query: QUERY,
      topN: 2,
      records: TEXTS.map((content, i) => ({ id: String(i), title: 'Colours', content })),
    },
  };
}

function bedrockApi({ dialectMaxDocuments }: DescribedLimits): DescribedDialect {
  const source = z.union([
    z.looseObject({ type: z.literal('TEXT'), textDocument: z.looseObject({ text: z.string() }) }),
    z.looseObject({ type: z.literal('JSON'), jsonDocument: z.looseObject({}) }),
  ]);
  const modelConfiguration = z.looseObject({
    modelArn: model,
    additionalModelRequestFields: maybe(
      z.looseObject({ max_tokens_per_doc: knobNumber }),
      'what scores depend on',
    ),
  });
  const configuration = z.looseObject({
    numberOfResults: topN(1),
    modelConfiguration: maybe(modelConfiguration, 'the model'),
  });
  return {
    dialect: bedrock,
    title: "Amazon Bedrock's Rerank",
    path: '/rerank',
    request: z.looseObject({
      queries: z
        .array(z.looseObject({ type: z.literal('TEXT'), textQuery: z.looseObject({ text: filledText }) }))
        .length(1),
      sources: z
        .array(z.looseObject({ type: z.literal('INLINE'), inlineDocumentSource: source }))
        .min(1)
        .max(dialectMaxDocuments),
      rerankingConfiguration: maybe(
        z.looseObject({ bedrockRerankingConfiguration: maybe(configuration, 'how many, and by what') }),
        'how many, and by what',
      ),
    }),
    answer: z.object({
      results: z.array(
        z.object({ index: count, relevanceScore: z.number(), explain: rowExplanation.optional() }),
      ),
    }),
    error: awsError,
    example: {
      queries: [{ type: 'TEXT', textQuery: { text: QUERY } }],
      sources: TEXTS.map((text) => ({
        type: 'INLINE',
        inlineDocumentSource: { type: 'TEXT', textDocument: { text } },
      })),
      rerankingConfiguration: {
        type: 'BEDROCK_RERANKING_MODEL',
        bedrockRerankingConfiguration: {
          numberOfResults: 2,
          modelConfiguration: {
            modelArn: 'arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0',
          },
        },
      },
    },
  };
}

function bedrockInvokeApi({ dialectMaxDocuments }: DescribedLimits): DescribedDialect {
  return {
    dialect: bedrockInvoke,
    title: "Amazon Bedrock's InvokeModel",
    path: '/model/{model}/invoke',
    request: z.looseObject({
      query: query(),
      documents: documents(dialectMaxDocuments),
      model,
      top_n: topN(1),
      return_documents: returnDocuments,
      rank_fields: rankFields,
      max_tokens_per_doc: knobNumber,
      max_chunks_per_doc: knobNumber,
    }),
    answer: z.object({ results: z.array(row('relevance_score', { document: echoedObject })) }),
    error: awsError,
    example: { api_version: 2, query: QUERY, documents: TEXTS, top_n: 2 },
  };
}

function elasticsearchApi({ dialectMaxDocuments }: DescribedLimits): DescribedDialect {
  const options = { top_n: topN(1), return_documents: returnDocuments };
  const settings = { ...options, top_k: topN(1, 'the same, where `top_n` is not there') };
  return {
    dialect: elasticsearch,
    title: "Elasticsearch's inference API",
    path: '/_inference/rerank/{id}',
    request: z.looseObject({
      query: query(),
      input: documents(dialectMaxDocuments),
      model,
      ...options,
      task_settings: maybe(z.looseObject(settings), 'the same options; those beside it go first'),
    }),
    answer: z.object({ rerank: z.array(row('relevance_score', { text: echoedText })) }),
    error: elasticsearchError,
    example: { query: QUERY, input: TEXTS, task_settings: { top_n: 2, return_documents: true } },
  };
}
