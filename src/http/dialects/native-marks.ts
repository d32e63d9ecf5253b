import { isAbsent, isJsonObject, type JsonObject } from '../schemas/issues.js';

/** Fields that belong to other rerank APIs: with one of them no request is native. */
export const FOREIGN_FIELDS = [
  'model',
  'rank_fields',
  'return_documents',
  'max_chunks_per_doc',
  'max_tokens_per_doc',
  'truncation',
  'raw_scores',
] as const;

/** Fields only the native API has. `top_k` is native beside object documents only. */
export const NATIVE_FIELDS = [
  'mmr_lambda',
  'query_embedding',
  'gating_mode',
  'gating_threshold',
  'gating_min_candidates',
  'gating_max_candidates',
  'gating_entropy_temp',
  'gating_overrides',
  'learn',
  'explain',
  'use_cr',
  'return_debug',
] as const;

/** Fields of a document only the native API has. */
export const NATIVE_DOCUMENT_FIELDS = ['metadata', 'embedding', 'score'] as const;

/** The one path on which ids alone make a request native. */
const NATIVE_PATH = '/rerank';

/**
 * Whether a body is of the native API, once the bodies with shapes of their own are ruled out; JSON null counts as absent.
 *
 * - a field of another API: no
 * - `/rerank`: yes with any document that has an `id` key, a native field, or no documents at all (without `top_n`)
 * - other paths: yes with a native field; `{query, documents: [{id, text}]}` alone is another API's there
 *
 * A document whose `id` is missing or a number does not make a request foreign.
 */
export function isNative(body: JsonObject, path: string): boolean {
  for (const field of FOREIGN_FIELDS) {
    if (!isAbsent(body[field])) return false;
  }
  const { documents } = body;
  const isBare = path === NATIVE_PATH;
  if (isBare && anyDocument(documents, (document) => !isAbsent(document.id))) return true;
  if (hasNativeField(body)) return true;
  const hasNone = isAbsent(documents) || (Array.isArray(documents) && documents.length === 0);
  return isBare && hasNone && isAbsent(body.top_n);
}

function hasNativeField(body: JsonObject): boolean {
  for (const field of NATIVE_FIELDS) {
    if (!isAbsent(body[field])) return true;
  }
  if (!isAbsent(body.top_k) && anyDocument(body.documents, () => true)) return true;
  return anyDocument(body.documents, (document) => {
    for (const field of NATIVE_DOCUMENT_FIELDS) {
      if (!isAbsent(document[field])) return true;
    }
    return false;
  });
}

/** Whether any document that is an object passes the test. */
function anyDocument(documents: unknown, test: (document: JsonObject) => boolean): boolean {
  if (!Array.isArray(documents)) return false;
  for (let i = 0; i < documents.length; i++) {
    const document: unknown = documents[i];
    if (isJsonObject(document) && test(document)) return true;
  }
  return false;
}
