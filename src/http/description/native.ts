import { z } from 'zod';
import { MAX_SCORE } from '../schemas/documents.js';
import { MAX_SELECTED_IDS } from '../schemas/feedback-body.js';
import { MAX_ID_LENGTH } from '../schemas/identifier.js';
import { MAX_COMPONENT, MAX_DIMENSION } from '../schemas/vector.js';
import type { DescribedLimits } from './described.js';
import { errorFields } from './error-schemas.js';
import { answerExplanation, rowExplanation } from './explanation.js';
import { count, maybe } from './fields.js';

const share = z.number().min(0).max(1);
const id = z.string().min(1).max(MAX_ID_LENGTH);
const vector = z.array(z.number().min(-MAX_COMPONENT).max(MAX_COMPONENT)).min(1).max(MAX_DIMENSION);
const yesOrNo = (description: string) => maybe(z.boolean(), description);

const gate = {
  mode: maybe(z.enum(['off', 'auto', 'on']), 'when the entropy gate limits which documents may move'),
  threshold: maybe(share, 'uncertainty below which `auto` leaves all free'),
  min_candidates: maybe(z.int().min(1), 'fewest that may move'),
  max_candidates: maybe(z.int().min(1), 'most that may move; not below the fewest'),
  entropy_temp: maybe(z.number().min(1e-6).max(1e6), 'softmax temperature'),
};

/** The native request for ranking. Vectors: all documents and the query carry one, of one dimension, or none does. */
export function rerankRequest({ maxDocuments, maxTextLength, maxTopK }: DescribedLimits): z.ZodType {
  const text = z.string().max(maxTextLength);
  const document = z.looseObject({
    id: id.meta({ description: 'not that of another document of this request' }),
    text,
    metadata: z.unknown().optional().meta({ description: 'given back as it came' }),
    embedding: maybe(vector, 'all documents and the query carry a vector of one dimension, or none does'),
    score: maybe(z.number().min(-MAX_SCORE).max(MAX_SCORE), "the retriever's own score"),
  });
  return z.looseObject({
    query: text,
    documents: z.array(document).max(maxDocuments),
    query_embedding: maybe(vector, 'see `embedding`'),
    top_k: maybe(z.int().min(1).max(maxTopK), 'most results'),
    mmr_lambda: maybe(share, '1 = relevance alone, 0 = novelty alone'),
    gating_mode: gate.mode,
    gating_threshold: gate.threshold,
    gating_min_candidates: gate.min_candidates,
    gating_max_candidates: gate.max_candidates,
    gating_entropy_temp: gate.entropy_temp,
    gating_overrides: maybe(z.looseObject(gate), 'the same, for what does not stand beside it'),
    explain: yesOrNo('whether the answer says how it came about'),
    learn: yesOrNo('false leaves nothing behind: no impression, no document frequencies'),
    use_cr: yesOrNo('changes nothing'),
    return_debug: yesOrNo('changes nothing: `debug` is always there'),
  });
}

const number = z.number();

/** The native answer to a request for ranking. */
export const rerankAnswer = z.object({
  results: z.array(
    z.object({
      id: z.string().optional(),
      index: count.meta({ description: 'place in the request' }),
      text: z.string(),
      metadata: z.unknown().meta({ description: '`{}` where none was sent' }),
      embedding: z.array(number).optional(),
      score: number.meta({ description: 'the base scores, dealt along the final order: falls with rank' }),
      components: z.object({ dense: number, narrative: number, pheromone: number }),
      explain: rowExplanation.optional(),
    }),
  ),
  debug: z.object({
    gating: z.object({
      mode: z.enum(['off', 'auto', 'on']),
      applied: z.boolean(),
      uncertainty: share,
      candidate_count: count,
      total_candidates: count,
    }),
    deterministic: z.boolean(),
    epsilon_used: number,
    mmr_lambda_used: number,
    explain: answerExplanation.optional(),
  }),
  meta: z.object({
    request_id: z.string().meta({ description: 'feedback names it' }),
    namespace: z.string(),
    cache: z.enum(['hit', 'partial', 'miss', 'bypass']),
    scorer: z.string(),
    adapted: z.boolean().meta({ description: 'whether memory changed the order' }),
    degraded: z.boolean(),
  }),
});

const FEEDBACK = 'one of `selected_ids` and `selected_indices` is needed; empty = nothing helped';

/** Which documents of a request helped. */
export function feedbackRequest({ maxTextLength }: DescribedLimits): z.ZodType {
  const text = z.string().max(maxTextLength);
  const selectedIds = z.array(id).max(MAX_SELECTED_IDS);
  const selectedIndices = z.array(count).max(MAX_SELECTED_IDS);
  const fields = {
    request_id: maybe(
      z.string().max(MAX_ID_LENGTH),
      'the request it speaks of; needed where `query` is not there',
    ),
    query: maybe(text, 'without `request_id`: the newest request with this query is meant'),
    selected_ids: maybe(selectedIds, FEEDBACK),
    selected_indices: maybe(selectedIndices, 'for documents without ids: their `index` in the answer'),
    success: maybe(share, 'how much they helped; 1 unless said'),
    best_doc_text: maybe(text, 'for a document that is no longer known here'),
    best_doc_embedding: maybe(vector, 'the same as a vector'),
  };
  const named = [{ request_id: z.string().max(MAX_ID_LENGTH) }, { query: text }];
  const selected = [{ selected_ids: selectedIds }, { selected_indices: selectedIndices }];
  const forms = named.flatMap((one) =>
    selected.map((other) => z.looseObject({ ...fields, ...one, ...other })),
  );
  return z.union(forms);
}

export const okAnswer = z.object({ status: z.literal('ok') });

export const feedbackBatchAnswer = z.array(
  z.union([okAnswer, z.object({ status: z.literal('error'), error: errorFields })]),
);
