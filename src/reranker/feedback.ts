import type { KeyedHash } from '../base/keyed-hash.js';
import { startWait } from '../base/patience.js';
import { type Encoder, PatientCall } from '../encoders/encoder.js';
import type { ShownDocument } from '../namespaces/cell.js';
import type { Arm, Impression } from '../namespaces/impression.js';
import type { Namespace } from '../namespaces/namespace.js';
import { allowanceRow, readAllowance, usedRow } from '../namespaces/records.js';
import { QuotaError } from '../namespaces/stock.js';
import { isZero, toUnit } from '../ranking/similarity.js';
import { type Row, StorageError } from '../stores/store.js';
import { normaliseQuery } from '../text/normalise.js';
import { answerOf, type IdentifyEvents } from './identify.js';
import type { FeedbackRequest, FeedbackResult } from './request.js';

export interface FeedbackSettings {
  readonly successGate: number;
  /** Longest a feedback waits for the encoder, in milliseconds. */
  readonly modelTimeoutMs: number;
  /** Feedbacks a named source may give a query in a day; others of it change nothing. */
  readonly feedbackPerSource: number;
}

export interface FeedbackEvents extends IdentifyEvents {
  storageFailed(namespace: string, operation: string, error: Error): void;
  /** Reciprocal rank of the first chosen document (0 for none), by what the answer was ordered with. */
  reciprocalRank(namespace: string, arm: Arm, value: number): void;
}

export interface FeedbackTools {
  readonly encoder: Encoder;
  readonly hash: KeyedHash;
  readonly clock: { now(): number };
  readonly settings: FeedbackSettings;
  readonly events: FeedbackEvents;
}

const DAY_MS = 86_400_000;

/**
 * Learns from one feedback, exactly once: finds its impression, checks it, and writes cell and used id in one
 * transaction before memory changes. Feedbacks of a namespace run one after the other. Never throws for a failing
 * store (`failed`) or a quota that is used up (`quota`): nothing changed.
 */
export async function applyFeedback(
  namespace: Namespace,
  request: FeedbackRequest,
  tools: FeedbackTools,
): Promise<FeedbackResult> {
  namespace.attend();
  if (!namespace.ready) return { outcome: 'failed' };
  if (namespace.congested) return { outcome: 'failed' };
  try {
    return await namespace.exclusive(() => learn(namespace, request, tools));
  } catch (error) {
    if (error instanceof QuotaError) return { outcome: 'quota', exceeded: error.exceeded };
    if (!(error instanceof StorageError)) throw error;
    tools.events.storageFailed(namespace.name, 'feedback', error);
    return { outcome: 'failed' };
  }
}

async function learn(
  namespace: Namespace,
  request: FeedbackRequest,
  tools: FeedbackTools,
): Promise<FeedbackResult> {
  const { requestId } = request;
  if (requestId !== undefined && (await namespace.lookUp('used', requestId)) !== null)
    return { outcome: 'duplicate' };
  const ids = request.selectedIds.map((id) => namespace.ids.keys.ofId(id));
  const impression =
    requestId === undefined
      ? await newestUnused(namespace, request, ids, tools)
      : await namespace.log.find(requestId);
  if (impression === null) return { outcome: 'unknown' };
  const chosen = [...ids, ...keysAt(impression, request.selectedIndices ?? [])];
  const issues = issuesOf(impression, request, ids, tools);
  if (issues.length > 0) return { outcome: 'invalid', issues };
  const allowance = await takeAllowance(namespace, request, impression, tools);
  if (allowance === 'exhausted') return { outcome: 'ignored_source' };
  const shown = await shownDocuments(namespace, request, impression, chosen, tools);
  const learned = namespace.memory.prepare(impression, shown, request.success, tools.clock.now());
  await namespace.commitFeedback(learned, [
    usedRow(impression.requestId, impression.expiresAt),
    ...allowance,
  ]);
  tellRank(namespace, request, impression, shown, tools);
  return { outcome: 'applied' };
}

function queryHash({ query }: FeedbackRequest, { hash }: FeedbackTools): string | null {
  return query === undefined ? null : hash.text(normaliseQuery(query));
}

/** For clients that keep no request id: the newest impression of the query nobody used yet that showed all selected. */
async function newestUnused(
  namespace: Namespace,
  request: FeedbackRequest,
  ids: readonly string[],
  tools: FeedbackTools,
): Promise<Impression | null> {
  const cellId = queryHash(request, tools);
  if (cellId === null) return null;
  for (const impression of await namespace.log.ofQuery(cellId)) {
    const fits = areShown(impression, ids) && arePlaces(impression, request.selectedIndices ?? []);
    if (fits && (await namespace.lookUp('used', impression.requestId)) === null) return impression;
  }
  return null;
}

function issuesOf(
  impression: Impression,
  request: FeedbackRequest,
  ids: readonly string[],
  tools: FeedbackTools,
) {
  const hash = queryHash(request, tools);
  if (hash !== null && hash !== impression.cellId) {
    return [{ loc: ['query'], msg: 'is not the query of this request_id', type: 'value_error' }];
  }
  // What was shown beyond those kept cannot be told from what was not.
  if (impression.more) return [];
  const issue = (field: string, what: string) => ({
    loc: [field],
    msg: `holds ${what} that were not shown for this request`,
    type: 'value_error',
  });
  return [
    ...(areShown(impression, ids) ? [] : [issue('selected_ids', 'ids')]),
    ...(arePlaces(impression, request.selectedIndices ?? []) ? [] : [issue('selected_indices', 'indices')]),
  ];
}

function areShown({ shown }: Impression, keys: readonly string[]): boolean {
  const known = new Set(shown.map(({ key }) => key));
  return keys.every((key) => known.has(key));
}

/** Whether documents at all of these places of the request were shown. */
function arePlaces({ shown }: Impression, indices: readonly number[]): boolean {
  const known = new Set(shown.map(({ index }) => index));
  return indices.every((index) => known.has(index));
}

/** Keys of the shown documents at these places of the request, in the order asked. Equal texts have one key. */
function keysAt({ shown }: Impression, indices: readonly number[]): string[] {
  const keys = new Map(shown.map(({ index, key }) => [index, key]));
  return indices.flatMap((index) => keys.get(index) ?? []);
}

/** The row that counts this feedback against its source; none for an unnamed source. */
async function takeAllowance(
  namespace: Namespace,
  request: FeedbackRequest,
  impression: Impression,
  { hash, clock, settings }: FeedbackTools,
): Promise<Row[] | 'exhausted'> {
  const source = request.source === undefined ? impression.source : hash.text(`source:${request.source}`);
  if (source === null) return [];
  const day = Math.floor(clock.now() / DAY_MS);
  const key = `${source}/${impression.cellId}/${day}`;
  const known = await namespace.lookUp('allowance', key);
  const count = known === null ? 0 : readAllowance(known);
  if (count >= settings.feedbackPerSource) return 'exhausted';
  return [allowanceRow(key, count + 1, (day + 1) * DAY_MS)];
}

/** Each shown document once, at its best rank, with its embedding where that is known. */
async function shownDocuments(
  namespace: Namespace,
  request: FeedbackRequest,
  impression: Impression,
  chosen: readonly string[],
  tools: FeedbackTools,
): Promise<ShownDocument[]> {
  const selected = new Set(chosen);
  const documents = new Map<string, ShownDocument>();
  impression.shown.forEach(({ key, textHash }, position) => {
    if (documents.has(key)) return;
    const embedding = namespace.shownVectors.get(textHash);
    documents.set(key, { key, textHash, rank: position + 1, selected: selected.has(key), embedding });
  });
  const [bestKey] = chosen;
  const best = bestKey === undefined ? undefined : documents.get(bestKey);
  if (best !== undefined && best.embedding === null) {
    documents.set(best.key, { ...best, embedding: await standIn(request, namespace, tools) });
  }
  return [...documents.values()];
}

/**
 * Embedding of the best document as the caller tells it; a vector only where it can be the key encoder's. Null where it
 * says nothing, or the encoder gives no answer.
 */
async function standIn(
  request: FeedbackRequest,
  namespace: Namespace,
  tools: FeedbackTools,
): Promise<Float32Array | null> {
  const told = await toldVector(request, namespace, tools);
  return told === null || isZero(told) ? null : told;
}

async function toldVector(
  { bestDocumentText, bestDocumentEmbedding: vector }: FeedbackRequest,
  namespace: Namespace,
  tools: FeedbackTools,
): Promise<Float32Array | null> {
  const { encoder, settings, events } = tools;
  if (bestDocumentText === undefined)
    return vector?.length === encoder.dimension ? toUnit(Float32Array.from(vector)) : null;
  const wait = startWait(settings.modelTimeoutMs);
  const call = new PatientCall(namespace.name, 'document', wait.signal);
  const vectors = await answerOf(encoder.encode([bestDocumentText], call), namespace, events);
  wait.end();
  return vectors?.[0] ?? null;
}

function tellRank(
  namespace: Namespace,
  request: FeedbackRequest,
  impression: Impression,
  shown: readonly ShownDocument[],
  { settings, events }: FeedbackTools,
): void {
  const first = request.success >= settings.successGate ? shown.find(({ selected }) => selected) : undefined;
  events.reciprocalRank(namespace.name, impression.arm, first === undefined ? 0 : 1 / first.rank);
}
