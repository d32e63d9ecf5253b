import type { Encoder } from '../encoders/encoder.js';
import { keyVector } from '../ranking/key-vector.js';
import type { CollectionQuery } from './collection.js';
import type { RankedService } from './ranked-service.js';
import { GATE_OFF, rankingRequest } from './requests.js';

/** On whose behalf models are asked, and the namespace that base orders come from; it learns nothing. */
const NAMESPACE = 'calibration';

export interface KeyMakers {
  /** Gives the base order. */
  readonly service: RankedService;
  readonly encoder: Pick<Encoder, 'encode'>;
}

/** Key vectors of a collection's queries, as the memory would make them, by an encoder of choice. */
export class QueryKeys {
  /** Of documents, by id; no more than there are candidates. */
  private readonly vectors = new Map<string, Float32Array>();
  private asked = 0;
  /** As the service names it; empty before the first query. */
  scorer = '';

  constructor(private readonly makers: KeyMakers) {}

  /** The key of one wording of a query; null where the encoder knows nothing in it. */
  async key(query: CollectionQuery, text = query.text): Promise<Float32Array | null> {
    const { service, encoder } = this.makers;
    const requestId = `calibration-${this.asked++}`;
    const request = rankingRequest({ ...query, text }, { requestId, gate: GATE_OFF, learn: false });
    const [answer] = await service.rerank(NAMESPACE, [request]);
    this.scorer = answer.scorer;
    const best = answer.results.map(({ candidate }) => ({ id: candidate.id!, text: candidate.text }));
    const missing = best.filter(({ id }) => !this.vectors.has(id));
    const [[own], documents] = await Promise.all([
      encoder.encode([text], { role: 'query', namespace: NAMESPACE }),
      encoder.encode(
        missing.map((document) => document.text),
        { role: 'document', namespace: NAMESPACE },
      ),
    ]);
    for (const [place, { id }] of missing.entries()) this.vectors.set(id, documents[place]);
    return keyVector(
      own,
      best.map(({ id }) => this.vectors.get(id)!),
    );
  }
}
