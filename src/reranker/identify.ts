import type { KeyedHash } from '../base/keyed-hash.js';
import type { Encoder } from '../encoders/encoder.js';
import type { Namespace } from '../namespaces/namespace.js';
import { type KeyedQuery, type KnownQuery, sameVectors } from '../namespaces/query-memo.js';
import { encodeDirection } from '../namespaces/vector-codec.js';
import { keyVector } from '../ranking/key-vector.js';
import type { TextEntry } from '../scorers/text-cache.js';
import { normaliseQuery } from '../text/normalise.js';
import { queryGuard } from '../text/query-guard.js';

export interface IdentifyTools {
  readonly encoder: Encoder;
  readonly hash: KeyedHash;
}

/** A query as memory knows it, over its best base results. */
export interface IdentifiedQuery {
  readonly known: KnownQuery;
  readonly keyed: KeyedQuery;
}

/** Bytes a vector adds to a text's entry. */
const VECTOR_OVERHEAD_BYTES = 100;

/** The key encoder's vectors of some texts, in order; only those not known yet are encoded. */
export async function vectorsOf(
  entries: readonly TextEntry[],
  namespace: Namespace,
  encoder: Encoder,
): Promise<Float32Array[]> {
  const missing = entries.filter(({ vector }) => vector === undefined);
  if (missing.length > 0) {
    const vectors = await encoder.encode(
      missing.map(({ text }) => text),
      { namespace: namespace.name, role: 'document' },
    );
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
): Promise<IdentifiedQuery> {
  const vectors = await vectorsOf(best, namespace, tools.encoder);
  const known = namespace.queries.get(query) ?? (await learnQuery(query, namespace, tools));
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
  { encoder, hash }: IdentifyTools,
): Promise<KnownQuery> {
  const [embedding] = await encoder.encode([query], { namespace: namespace.name, role: 'query' });
  const guard = queryGuard(query, (word) => hash.word(word));
  const cellId = hash.text(normaliseQuery(query));
  const known = { cellId, guard, guardJson: JSON.stringify(guard), embedding, keyed: null };
  namespace.queries.set(query, known);
  return known;
}
