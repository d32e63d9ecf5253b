import { isAbsent, type JsonObject } from '../schemas/issues.js';
import type { Dialect, DialectAnswer, DialectCall } from './dialect.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { modelOf, relevanceRow, relevanceRowWithObject, writeRows } from './rows.js';
import { supersetError } from './superset-error.js';

/** All fields of the family on which scores depend. */
const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n', 'top_k'],
  // vLLM's clients say 0 for all, and may send it always.
  leastTopN: 0,
  echo: 'return_documents',
  rankFields: 'rank_fields',
  knobs: {
    max_chunks_per_doc: 'integer',
    max_tokens_per_doc: 'integer',
    max_tokens_per_query: 'integer',
    truncate_prompt_tokens: 'integer',
    truncation_side: 'string',
    overlap_tokens: 'integer',
    instruction: 'string',
  },
};

/** Fields that Voyage does not know: with one of them its clients are ruled out. */
const NOT_VOYAGE = ['top_n', 'rank_fields', 'max_chunks_per_doc', 'max_tokens_per_doc', 'instruction'];

/**
 * The family that cannot be told apart by its requests: Cohere v1, Jina, vLLM, LiteLLM, Xinference, Together, SiliconFlow,
 * llama.cpp. One answer that has what each of their clients reads.
 */
export const cohereLike: Dialect = {
  name: 'cohere-like',
  decode(call) {
    const request = readBody(call, FORM);
    return {
      ...request,
      topN: request.topN === 0 ? undefined : request.topN,
      echo: request.echo && !isAmbiguousLiteLlm(call),
      cacheControl: liteLlmCacheControl(call.body),
    };
  },
  encode(answer) {
    const { call, requestId, rows, request } = answer;
    const list = writeRows(rows, request.echo ? relevanceRowWithObject : relevanceRow);
    const data = mayBeVoyage(call) ? `,"data":${list}` : '';
    return {
      body: `{"id":"${requestId}","object":"list","model":${JSON.stringify(modelOf(answer))},"results":${list}${data},${usageAndMeta(answer)}}`,
    };
  },
  error: supersetError,
};

/** `usage` and `meta`, as all of the family together have them. */
function usageAndMeta({ request }: DialectAnswer): string {
  const { tokens, searchUnits } = estimateUsage(request);
  return (
    `"usage":{"prompt_tokens":${tokens},"completion_tokens":0,"total_tokens":${tokens}},` +
    `"meta":{"api_version":{"version":"1"},"billed_units":{"search_units":${searchUnits}}}`
  );
}

/** Voyage's clients read `data` instead of `results`, and without a mark their requests look like Jina's. */
function mayBeVoyage({ body, headers }: DialectCall): boolean {
  if (headers['x-fern-sdk-name'] === 'cohere-ai') return false;
  return NOT_VOYAGE.every((field) => isAbsent(body[field]));
}

/** LiteLLM on a bare path is a client of Infinity, which fails on an object, or of vLLM, which fails on a string. */
function isAmbiguousLiteLlm({ path, headers }: DialectCall): boolean {
  return path === '/rerank' && headers['user-agent']?.startsWith('litellm/') === true;
}

/** LiteLLM's own way of asking afresh: `cache: {"no-cache": true, "no-store": true}`. */
export function liteLlmCacheControl(body: JsonObject): DecodedCacheControl {
  const { cache } = body;
  if (typeof cache !== 'object' || cache === null) return undefined;
  const wishes = cache as JsonObject;
  const noCache = wishes['no-cache'] === true;
  const noStore = wishes['no-store'] === true;
  return noCache || noStore ? { noCache, noStore } : undefined;
}

type DecodedCacheControl = ReturnType<Dialect['decode']>['cacheControl'];
