import type { KeyedHash } from '../base/keyed-hash.js';
import { ModelError } from '../base/model-call.js';
import type { Patience } from '../base/patience.js';
import type { EncodeCall, Encoder } from '../encoders/encoder.js';
import type { Namespace } from '../namespaces/namespace.js';
import { type KeyedQuery, type KnownQuery, sameVectors } from '../namespaces/query-memo.js';
import { encodeDirection } from '../namespaces/vector-codec.js';
import { keyVector } from '../ranking/key-vector.js';
import type { TextEntry } from '../scorers/text-cache.js';
import { normaliseQuery } from '../text/normalise.js';
import { queryGuard } from '../text/query-guard.js';

export interface IdentifyEvents {
  /** The key encoder gave no answer: memory did without it. */
  encoderFailed(namespace: string, error: ModelError): void;
}

export interface IdentifyTools {
  readonly encoder: Encoder;
  readonly hash: KeyedHash;
  readonly events: IdentifyEvents;
}

/** A query as memory knows it, over its best base results. */
export interface IdentifiedQuery {
  readonly known: KnownQuery;
  readonly keyed: KeyedQuery;
}

/** Bytes a vector adds to a text's entry. */
const VECTOR_OVERHEAD_BYTES = 100;
const NO_KEY = JSON.stringify(encodeDirection(null));

/**
 * The key encoder's vectors of some texts, in order; only those not known yet are encoded. Null where the encoder gives
 * no answer: memory does without them.
 */
export async function vectorsOf(
  entries: readonly TextEntry[],
  namespace: Namespace,
  tools: IdentifyTools,
  signal: Patience | undefined,
): Promise<Float32Array[] | null> {
  const missing = entries.filter(({ vector }) => vector === undefined);
  if (missing.length > 0) {
    const texts = missing.map(({ text }) => text);
    const call = { namespace: namespace.name, role: 'document', signal: signal?.() } as const;
    const vectors = await answerOf(tools.encoder.encode(texts, call), namespace, tools.events);
    if (vectors === null) return null;
    missing.forEach((entry, i) => {
      entry.vector = vectors[i];
      namespace.texts.grew(entry, vectors[i].byteLength + VECTOR_OVERHEAD_BYTES);
    });
  }
  return entries.map(({ vector }) => vector as Float32Array);
}

/** Names a query and makes its key; both are remembered, so a known query over the same results costs a look-up. */
export async function identify(
  query: string,
  best: readonly TextEntry[],
  namespace: Namespace,
  tools: IdentifyTools,
  signal: Patience | undefined,
): Promise<IdentifiedQuery> {
  const vectors = await vectorsOf(best, namespace, tools, signal);
  const known =
    namespace.queries.get(query) ?? (vectors && (await learnQuery(query, namespace, tools, signal)));
  if (vectors === null || known === null) return unkeyed(query, namespace, tools);
  if (known.keyed === null || !sameVectors(known.keyed.best, vectors)) {
    const key = keyVector(known.embedding, vectors);
    known.keyed = {
      best: vectors,
      key,
      keyJson: JSON.stringify(encodeDirection(key)),
      search: null,
      similarities: null,
    };
  }
  return { known, keyed: known.keyed };
}

async function learnQuery(
  query: string,
  namespace: Namespace,
  tools: IdentifyTools,
  signal: Patience | undefined,
): Promise<KnownQuery | null> {
  const embedding = await queryVector(query, namespace, tools, signal);
  if (embedding === null) return null;
  const known = { ...nameOf(query, tools.hash), embedding, keyed: null };
  namespace.queries.set(query, known);
  return known;
}

async function queryVector(
  query: string,
  namespace: Namespace,
  tools: IdentifyTools,
  signal: Patience | undefined,
): Promise<Float32Array | null> {
  const known = namespace.queries.vectors.get(query);
  if (known !== undefined) return known;
  const call: EncodeCall = { namespace: namespace.name, role: 'query', signal: signal?.() };
  const vectors = await answerOf(tools.encoder.encode([query], call), namespace, tools.events);
  return vectors?.[0] ?? null;
}

/** A query without a key: only its own text is recognised. Not remembered, for the encoder will answer again. */
function unkeyed(query: string, namespace: Namespace, { hash, encoder }: IdentifyTools): IdentifiedQuery {
  const known = namespace.queries.get(query);
  const embedding = new Float32Array(encoder.dimension);
  return {
    known: known ?? { ...nameOf(query, hash), embedding, keyed: null },
    keyed: { best: [], key: null, keyJson: NO_KEY, search: null, similarities: null },
  };
}

function nameOf(query: string, hash: KeyedHash): Pick<KnownQuery, 'cellId' | 'guard' | 'guardJson'> {
  const guard = queryGuard(query, (word) => hash.word(word));
  return { cellId: hash.text(normaliseQuery(query)), guard, guardJson: JSON.stringify(guard) };
}

/** What the key encoder answered, or null where it could not. All other failures pass through. */
export async function answerOf<Answer>(
  answer: Promise<Answer>,
  namespace: Namespace,
  events: IdentifyEvents,
): Promise<Answer | null> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    events.encoderFailed(namespace.name, error);
    return null;
  }
}
