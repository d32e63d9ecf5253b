import type { KeyedHash } from '../base/keyed-hash.js';
import { ModelError } from '../base/model-call.js';
import type { Patience } from '../base/patience.js';
import { allEnded } from '../base/rejections.js';
import { type Encoder, encodeInto, isSlow, PatientCall } from '../encoders/encoder.js';
import type { Namespace } from '../namespaces/namespace.js';
import { type KeyedQuery, type KnownQuery, sameTexts } from '../namespaces/query-memo.js';
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
  /** Vectors of its best base results, best first; empty where there is no key. */
  readonly best: readonly Float32Array[];
  /** False where the key encoder gave no answer: there is no key then. */
  readonly isWhole: boolean;
}

const NO_KEY = JSON.stringify(encodeDirection(null));

/**
 * The key encoder's vectors of some texts, in order; only those not known yet are encoded. Null where the encoder gives
 * no answer to one of them: memory does without them. Those it has given are kept.
 */
export async function vectorsOf(
  entries: readonly TextEntry[],
  namespace: Namespace,
  tools: IdentifyTools,
  signal: Patience | undefined,
): Promise<Float32Array[] | null> {
  const asked = learnTexts(entries, namespace, tools, signal);
  if (asked !== null && (await answerOf(asked, namespace, tools.events)) === null) return null;
  return entries.map(({ vector }) => vector as Float32Array);
}

/** Asks for the vectors that are not known yet, which are kept as they come; null where all are known. */
function learnTexts(
  entries: readonly TextEntry[],
  namespace: Namespace,
  { encoder }: IdentifyTools,
  signal: Patience | undefined,
): Promise<void> | null {
  const missing = entries.filter(({ vector }) => vector === undefined);
  if (missing.length === 0) return null;
  const call = new PatientCall(namespace.name, 'document', signal);
  return encodeInto(
    encoder,
    missing.map(({ text }) => text),
    call,
    (vector, place) => namespace.texts.setVector(missing[place]!, vector, isSlow(encoder)),
  );
}

/** Names a query and makes its key; both are remembered, so a known query over the same results costs a look-up. */
export async function identify(
  query: string,
  best: readonly TextEntry[],
  namespace: Namespace,
  tools: IdentifyTools,
  signal: Patience | undefined,
): Promise<IdentifiedQuery> {
  let known = namespace.queries.get(query);
  const asked: Promise<void>[] = [];
  const texts = learnTexts(best, namespace, tools, signal);
  if (texts !== null) asked.push(texts);
  if (known === undefined) {
    const keep = (learnt: KnownQuery) => {
      known = learnt;
    };
    asked.push(learnQuery(query, namespace, tools, signal, keep));
  }
  const isWhole = asked.length === 0 || (await answerOf(allEnded(asked), namespace, tools.events)) !== null;
  if (!isWhole || known === undefined) return unkeyed(query, known, tools);
  const vectors = best.map(({ vector }) => vector as Float32Array);
  if (known.keyed === null || !sameTexts(known.keyed.best, best)) {
    const key = keyVector(known.embedding, vectors);
    known.keyed = {
      best: best.map(({ id }) => id),
      key,
      keyJson: JSON.stringify(encodeDirection(key)),
      search: null,
      similarities: null,
    };
  }
  return { known, keyed: known.keyed, best: vectors, isWhole };
}

async function learnQuery(
  query: string,
  namespace: Namespace,
  tools: IdentifyTools,
  signal: Patience | undefined,
  keep: (known: KnownQuery) => void,
): Promise<void> {
  let embedding = namespace.queries.vectors.get(query);
  if (embedding === undefined) {
    const call = new PatientCall(namespace.name, 'query', signal);
    [embedding] = await tools.encoder.encode([query], call);
  }
  const known = { ...nameOf(query, tools.hash), embedding: embedding!, keyed: null };
  namespace.queries.set(query, known);
  keep(known);
}

/** A query without a key: only its own text is recognised. Not remembered, for the encoder will answer again. */
function unkeyed(
  query: string,
  known: KnownQuery | undefined,
  { hash, encoder }: IdentifyTools,
): IdentifiedQuery {
  const embedding = new Float32Array(encoder.dimension);
  return {
    known: known ?? { ...nameOf(query, hash), embedding, keyed: null },
    keyed: { best: [], key: null, keyJson: NO_KEY, search: null, similarities: null },
    best: [],
    isWhole: false,
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
