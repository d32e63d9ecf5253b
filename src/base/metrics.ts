import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { MetricFamily, OTHER_NAMESPACES } from './metric-family.js';
import { METRICS } from './metric-table.js';
import type { ModelFailure } from './model-call.js';
import { type NamespaceGaugeSource, NamespaceGauges } from './namespace-gauges.js';

/** How metrics are kept. */
export interface MetricsOptions {
  /** Where they are registered; each registry can hold them once. */
  readonly registry: Registry;
  /** Whether the metrics that know it carry the label `namespace`. */
  readonly namespaceLabel: boolean;
  /** Most namespaces with a label of their own, ≥ 1; the rest count under `__other__`. */
  readonly namespaceMax: number;
  /** Whether the process reports itself too (CPU, memory, event loop); default true. */
  readonly processMetrics?: boolean;
}

/** What gauges read at each scrape. */
export interface Residents {
  /** Namespaces in memory. */
  count(): number;
  /** Bytes they hold together, estimated. */
  bytes(): number;
  /** Bytes that their caches hold together, estimated. */
  cacheBytes(): number;
  /** Feedbacks that are acknowledged and not written yet. */
  unwrittenFeedback(): number;
}

/** What gauges read of the models that run in other processes. */
export interface RunningModels {
  /** Texts that wait. */
  queued(): number;
  /** Bytes that the processes hold together. */
  bytes(): number;
}

/** What gauges read of requests that are not let in yet. */
export interface WaitingRequests {
  /** Requests that wait. */
  readonly waiting: number;
}

/**
 * Counts what happens. Every method returns at once and never throws. A namespace has a label of its own from
 * `namespaceOpened` to `namespaceClosed` if there was room when it was opened, so no caller can fill the labels with
 * names that never existed.
 */
export class Metrics {
  private readonly families: Readonly<Record<Exclude<keyof typeof METRICS, GaugeName>, MetricFamily>>;
  private readonly labelled = new Set<string>();
  private residents: Residents | undefined;
  private models: RunningModels | undefined;
  private readonly namespaceGauges: NamespaceGauges;
  private namespaces: NamespaceGaugeSource | undefined;
  private admission: WaitingRequests | undefined;

  constructor(private readonly options: MetricsOptions) {
    const { registry, namespaceLabel } = options;
    const family = (name: keyof typeof METRICS) => new MetricFamily(METRICS[name], registry, namespaceLabel);
    this.families = {
      rerankRequests: family('rerankRequests'),
      rerankLatency: family('rerankLatency'),
      rerankDocuments: family('rerankDocuments'),
      feedbackEvents: family('feedbackEvents'),
      feedbackReciprocalRank: family('feedbackReciprocalRank'),
      memoryAdapted: family('memoryAdapted'),
      modelFallbacks: family('modelFallbacks'),
      inferenceTexts: family('inferenceTexts'),
      inferenceRun: family('inferenceRun'),
      inferenceWorkersReplaced: family('inferenceWorkersReplaced'),
      upstreamRequests: family('upstreamRequests'),
      upstreamSeconds: family('upstreamSeconds'),
      upstreamDocuments: family('upstreamDocuments'),
      cacheLookups: family('cacheLookups'),
      pairsUsed: family('pairsUsed'),
      pairEvictions: family('pairEvictions'),
      quotaRefusals: family('quotaRefusals'),
      quotaWarnings: family('quotaWarnings'),
      admissionWait: family('admissionWait'),
      httpRequests: family('httpRequests'),
      namespaceEvictions: family('namespaceEvictions'),
      namespaceStateDropped: family('namespaceStateDropped'),
      namespacePurges: family('namespacePurges'),
      auditEntries: family('auditEntries'),
      storageErrors: family('storageErrors'),
      storageQuarantined: family('storageQuarantined'),
      retentionSweeps: family('retentionSweeps'),
      retentionRemoved: family('retentionRemoved'),
    };
    this.namespaceGauges = new NamespaceGauges(registry, namespaceLabel);
    this.gauge('namespacesResident', () => this.residents?.count() ?? 0);
    this.gauge('namespacesResidentBytes', () => this.residents?.bytes() ?? 0);
    this.gauge('cacheBytes', () => this.residents?.cacheBytes() ?? 0);
    this.gauge('feedbackUnwritten', () => this.residents?.unwrittenFeedback() ?? 0);
    this.gauge('admissionWaiting', () => this.admission?.waiting ?? 0);
    this.gauge('inferenceQueue', () => this.models?.queued() ?? 0);
    this.gauge('inferenceWorkerBytes', () => this.models?.bytes() ?? 0);
    if (options.processMetrics !== false) collectDefaultMetrics({ register: registry });
  }

  /**
   * One answered HTTP call; `endpoint` is a path of the route table or `other`, `seconds` its duration, `isRanking` whether
   * it was a rerank call.
   */
  requestFinished(
    endpoint: string,
    status: number,
    seconds: number,
    namespace?: string,
    isRanking = false,
  ): void {
    this.families.httpRequests.series(OTHER_NAMESPACES, endpoint, String(status)).add(1);
    if (!isRanking) return;
    const owner = this.ownerOf(namespace);
    this.families.rerankRequests.series(owner, endpoint, status < 400 ? 'success' : 'error').add(1);
    this.families.rerankLatency.series(owner, endpoint).add(seconds);
  }

  /** The documents of one request for ranking. */
  documentsRanked(endpoint: string, count: number, namespace: string): void {
    this.families.rerankDocuments.series(this.ownerOf(namespace), endpoint).add(count);
  }

  /** One feedback; `outcome` is one of `FeedbackOutcome`. */
  feedbackFinished(outcome: string, namespace: string): void {
    this.families.feedbackEvents.series(this.ownerOf(namespace), outcome).add(1);
  }

  /** How high what was selected had stood: 1/rank of the best, 0 if nothing was; by whether memory had its say. */
  selectionRanked(arm: 'memory' | 'base', reciprocalRank: number, namespace: string): void {
    this.families.feedbackReciprocalRank.series(this.ownerOf(namespace), arm).add(reciprocalRank);
  }

  /** One answer whose order the memory changed. */
  memoryAdapted(namespace: string): void {
    this.families.memoryAdapted.series(this.ownerOf(namespace)).add(1);
  }

  /** One request that did without a model. */
  modelMissed(part: 'scorer' | 'memory', reason: ModelFailure, namespace: string): void {
    this.families.modelFallbacks.series(this.ownerOf(namespace), part, reason).add(1);
  }

  /** How one text that was given to a model ended. */
  inferenceTextEnded(outcome: 'done' | 'joined' | ModelFailure): void {
    this.families.inferenceTexts.series(OTHER_NAMESPACES, outcome).add(1);
  }

  /** A batch came back from a worker process. */
  inferenceRan(seconds: number): void {
    this.families.inferenceRun.series(OTHER_NAMESPACES).add(seconds);
  }

  /** A worker process is gone, and another takes its place. */
  inferenceWorkerReplaced(reason: string): void {
    this.families.inferenceWorkersReplaced.series(OTHER_NAMESPACES, reason).add(1);
  }

  /** One request to the upstream ended. */
  upstreamAsked({
    outcome,
    seconds,
    documents,
  }: {
    outcome: string;
    seconds: number;
    documents: number;
  }): void {
    this.families.upstreamRequests.series(OTHER_NAMESPACES, outcome).add(1);
    this.families.upstreamSeconds.series(OTHER_NAMESPACES).add(seconds);
    this.families.upstreamDocuments.series(OTHER_NAMESPACES).add(documents);
  }

  /** Look-ups of one request in one cache, by outcome: hit, miss, stale, bypass. */
  cacheLookups(
    cache: 'texts' | 'pairs' | 'vectors',
    outcomes: Readonly<Record<string, number>>,
    namespace: string,
  ): void {
    const owner = this.ownerOf(namespace);
    for (const outcome in outcomes) {
      const count = outcomes[outcome]!;
      if (count > 0) this.families.cacheLookups.series(owner, cache, outcome).add(count);
    }
  }

  /** Where the scores of one list came from, by way: remembered, joined, repeated, asked. */
  pairsUsed(scorer: string, use: object, namespace: string): void {
    const owner = this.ownerOf(namespace);
    for (const [way, count] of Object.entries(use) as [string, number][])
      if (count > 0) this.families.pairsUsed.series(owner, scorer, way).add(count);
  }

  /** Pairs had to make room for others. */
  pairsEvicted(pairs: number): void {
    this.families.pairEvictions.series(OTHER_NAMESPACES).add(pairs);
  }

  /** A request was over a limit. */
  quotaRefused(quota: string, namespace: string): void {
    this.families.quotaRefusals.series(this.ownerOf(namespace), quota).add(1);
  }

  /** A request was let in near a limit. */
  quotaWarned(quota: string, namespace: string): void {
    this.families.quotaWarnings.series(this.ownerOf(namespace), quota).add(1);
  }

  /** A request waited before it was let in, or refused. */
  admissionWaited(reason: string, seconds: number, namespace: string): void {
    this.families.admissionWait.series(this.ownerOf(namespace), reason).add(seconds);
  }

  /** A namespace came into memory; opening one that is open changes nothing. */
  namespaceOpened(namespace: string): void {
    const isRoom = this.labelled.size < this.options.namespaceMax;
    if (this.options.namespaceLabel && isRoom) this.labelled.add(namespace);
  }

  /** A namespace left memory, and with it its series; `lostState` where nothing of it was kept. */
  namespaceClosed(namespace: string, reason: string, lostState = false): void {
    this.families.namespaceEvictions.series(OTHER_NAMESPACES, reason).add(1);
    if (lostState) this.families.namespaceStateDropped.series(OTHER_NAMESPACES).add(1);
    if (!this.labelled.delete(namespace)) return;
    for (const family of Object.values(this.families)) family.forget(namespace);
  }

  /** A call of the store failed. */
  storageFailed(operation: string): void {
    this.families.storageErrors.series(OTHER_NAMESPACES, operation).add(1);
  }

  /** Damaged state was set aside. */
  stateQuarantined(): void {
    this.families.storageQuarantined.series(OTHER_NAMESPACES).add(1);
  }

  /** A sweep for what is too old ended. */
  retentionSwept(outcome: 'done' | 'failed'): void {
    this.families.retentionSweeps.series(OTHER_NAMESPACES, outcome).add(1);
  }

  /** What retention took away, by part. */
  retentionRemoved(removed: {
    readonly cells: number;
    readonly pheromones: number;
    readonly narratives: number;
  }): void {
    for (const [part, count] of Object.entries(removed)) {
      if (count > 0) this.families.retentionRemoved.series(OTHER_NAMESPACES, part).add(count);
    }
  }

  /** An entry was written to the audit log. */
  audited(action: string): void {
    this.families.auditEntries.series(OTHER_NAMESPACES, action).add(1);
  }

  /** A purge ended, or has to be tried again. */
  namespacePurged(outcome: 'purged' | 'failed'): void {
    this.families.namespacePurges.series(OTHER_NAMESPACES, outcome).add(1);
  }

  /** Nothing is left of a namespace: nothing names it any more. */
  namespaceForgotten(namespace: string): void {
    this.labelled.delete(namespace);
    for (const family of Object.values(this.families)) family.forget(namespace);
  }

  /** Names what the gauges of what namespaces hold read. */
  watchNamespaces(source: NamespaceGaugeSource): void {
    this.namespaces = source;
  }

  /** Names what the gauges of the namespaces read. */
  watch(residents: Residents): void {
    this.residents = residents;
  }

  /** Names what the gauges of the models read. */
  watchModels(models: RunningModels): void {
    this.models = models;
  }

  /** Names what the gauge of waiting requests reads. */
  watchAdmission(admission: WaitingRequests): void {
    this.admission = admission;
  }

  /** All metrics of the registry as Prometheus text, with its content type. */
  async text(): Promise<{ contentType: string; text: string }> {
    const { registry } = this.options;
    if (this.namespaces) await this.namespaceGauges.refresh(this.namespaces, [...this.labelled]);
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  private ownerOf(namespace: string | undefined): string {
    return namespace !== undefined && this.labelled.has(namespace) ? namespace : OTHER_NAMESPACES;
  }

  private gauge(name: PlainGauge, read: () => number): void {
    const { name: metricName, help } = METRICS[name];
    new Gauge({
      name: metricName,
      help,
      registers: [this.options.registry],
      collect() {
        this.set(read());
      },
    });
  }
}

type GaugeName =
  | 'namespacesRegistered'
  | 'namespaceStatus'
  | 'namespaceVectors'
  | 'namespaceStorageBytes'
  | 'namespaceUtilisation'
  | 'namespacesResident'
  | 'namespacesResidentBytes'
  | 'cacheBytes'
  | 'feedbackUnwritten'
  | 'admissionWaiting'
  | 'inferenceQueue'
  | 'inferenceWorkerBytes';

/** Gauges of one series that are read by themselves. */
type PlainGauge = Exclude<
  GaugeName,
  | 'namespacesRegistered'
  | 'namespaceStatus'
  | 'namespaceVectors'
  | 'namespaceStorageBytes'
  | 'namespaceUtilisation'
>;
