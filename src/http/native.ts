import { isAbsent, isJsonObject, type JsonObject } from './schemas/issues.js';

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

/** Shapes of other APIs that carry their documents under a name of their own. */
const FOREIGN_BODIES: readonly { readonly all: readonly string[]; readonly without?: string }[] = [
  { all: ['records'] },
  { all: ['sources', 'queries'] },
  { all: ['passages'] },
  { all: ['texts'] },
  { all: ['input'], without: 'documents' },
];

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

/** `foreign` = a field of another API; `unmarked` = nothing that tells it from another API's request. */
export type Verdict =
  | { readonly native: true }
  | { readonly native: false; readonly reason: 'foreign' | 'unmarked'; readonly field: string };

const NATIVE: Verdict = Object.freeze({ native: true });

/**
 * Whether a body sent to a rerank path is of the native API; first match wins, JSON null counts as absent.
 *
 * - a field or shape of another API: no
 * - `/rerank`: yes with any document that has an `id` key, a native field, or no documents at all (without `top_n`)
 * - `/v1/rerank`: yes with a native field; `{query, documents: [{id, text}]}` alone is another API's there
 *
 * A document whose `id` is missing or a number does not make a request foreign. What is no object is native on `/rerank`,
 * for some API has to say what is wrong with it.
 *
 * @param versioned whether the path had the `/v1` prefix
 */
export function nativeVerdict(body: unknown, versioned: boolean): Verdict {
  if (!isJsonObject(body)) return versioned ? unmarked : NATIVE;
  const foreign = foreignField(body);
  if (foreign !== undefined) return { native: false, reason: 'foreign', field: foreign };
  const { documents } = body;
  if (!versioned && anyDocument(documents, (document) => !isAbsent(document.id))) return NATIVE;
  if (hasNativeField(body)) return NATIVE;
  if (versioned) return unmarked;
  const hasNone = isAbsent(documents) || (Array.isArray(documents) && documents.length === 0);
  if (hasNone) return isAbsent(body.top_n) ? NATIVE : { native: false, reason: 'foreign', field: 'top_n' };
  return unmarked;
}

const unmarked: Verdict = Object.freeze({ native: false, reason: 'unmarked', field: 'documents' });

function foreignField(body: JsonObject): string | undefined {
  for (const field of FOREIGN_FIELDS) {
    if (!isAbsent(body[field])) return field;
  }
  for (const { all, without } of FOREIGN_BODIES) {
    if (without !== undefined && !isAbsent(body[without])) continue;
    if (all.every((field) => !isAbsent(body[field]))) return all[0];
  }
  return undefined;
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
