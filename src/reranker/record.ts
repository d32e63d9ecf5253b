import type { Clock } from '../base/clock.js';
import type { KeyedHash } from '../base/keyed-hash.js';
import type { Encoder } from '../encoders/encoder.js';
import { impressionRow, MAX_SHOWN } from '../namespaces/impression.js';
import type { Namespace } from '../namespaces/namespace.js';
import type { TextEntry } from '../scorers/text-cache.js';
import { contentHash, documentKey } from './document-key.js';
import type { Ranking } from './ranking.js';
import type { RerankRequest } from './request.js';

export interface RecordTools {
  readonly encoder: Encoder;
  readonly hash: KeyedHash;
  readonly clock: Clock;
  readonly settings: { readonly impressionTtlMs: number };
}

/** Leaves the traces of an answered request: an impression and a count, document frequencies. */
export function recordAnswer(
  namespace: Namespace,
  request: RerankRequest,
  ranking: Ranking,
  texts: readonly TextEntry[],
  { clock, hash, encoder, settings }: RecordTools,
): void {
  const { identified, shown, arm } = ranking;
  if (!request.learn || identified === null) return;
  const remembered = shown.length > MAX_SHOWN ? shown.slice(0, MAX_SHOWN) : shown;
  const documents = remembered.map((index) => {
    const textHash = contentHash(texts[index], hash);
    const { vector } = texts[index];
    if (vector !== undefined) namespace.shownVectors.remember(textHash, vector);
    return {
      key: documentKey(request.candidates[index], texts[index], namespace.ids.keys, hash),
      textHash,
      index,
    };
  });
  const { cellId, guardJson } = identified.known;
  const query = { cellId, guardJson, keyJson: identified.keyed.keyJson };
  const row = impressionRow(request.requestId, query, `${encoder.name}@${encoder.version}`, documents, {
    more: shown.length > MAX_SHOWN,
    source: request.source === undefined ? null : hash.text(`source:${request.source}`),
    arm,
    expiresAt: clock.now() + settings.impressionTtlMs,
  });
  namespace.record(row, request.queryEmbedding?.length ?? null);
  if (namespace.ready) {
    const { query: text, candidates, queryEmbedding } = request;
    namespace.scorer.learn({ query: text, candidates, texts, queryEmbedding });
  }
}
