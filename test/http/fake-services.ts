import type { Admission, Permit } from '../../src/admission/admission.js';
import { ManualClock } from '../../src/base/clock.js';
import { AppError, validationError } from '../../src/base/errors.js';
import type { AppOptions } from '../../src/http/options.js';
import type { Services } from '../../src/http/services.js';
import type {
  FeedbackOutcome,
  FeedbackRequest,
  RankedDocument,
  RerankAnswer,
  RerankOptions,
  RerankRequest,
} from '../../src/reranker/request.js';
import { FakeAdmin } from './fake-admin.js';

/** Options as the settings' defaults have them, with a small body limit. */
export const OPTIONS: AppOptions = {
  apiTokens: [],
  adminTokens: [],
  bodyLimitBytes: 200_000,
  maxTopK: 100,
  maxDocuments: 128,
  maxTextLength: 8192,
  maxBatchSize: 16,
  dialectMaxDocuments: 2048,
  modelAliases: [],
  namespaceHeader: 'X-NeuralCache-Namespace',
  defaultNamespace: 'default',
  mmrLambdaDefault: 0.5,
  gatingMode: 'auto',
  gatingThreshold: 0.45,
  gatingMinCandidates: 8,
  gatingMaxCandidates: 48,
  gatingTemperature: 1,
};

/** Lets everybody in, with no limits. */
export const openAdmission: Admission = { enter: () => OPEN };

const OPEN: Permit = {
  limits: {},
  mayLearn: true,
  headers: () => [],
  charge: () => {},
  places: (wanted) => wanted,
  turn: () => () => {},
  leave: () => {},
};

/** A document whose text is this makes the fake fail. */
export const BOOM = 'boom';

/**
 * A ranker of a few lines behind the real app: score = words of the query found in the text, ties by input order. It
 * remembers what it was asked and answers feedback for the ids it gave out, so tests can look at both sides.
 */
export class FakeServices implements Services {
  readonly clock = new ManualClock();
  admission: Admission = openAdmission;
  readonly ranked: { namespace: string; request: RerankRequest }[] = [];
  /** What held for each call. */
  readonly options: (RerankOptions | undefined)[] = [];
  readonly feedbacks: { namespace: string; request: FeedbackRequest }[] = [];
  readonly logged: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  readonly counted: { endpoint: string; status: number; seconds: number; namespace?: string }[] = [];
  readonly documents: { endpoint: string; count: number; namespace: string }[] = [];
  readonly outcomes: FeedbackOutcome[] = [];
  readonly purged: object[] = [];
  readonly admin = new FakeAdmin();
  /** What answers say of the pair cache. */
  pairs: RerankAnswer['pairs'] = { hits: 0, misses: 0, stale: 0, ageMs: undefined, isStored: true };
  outcome: FeedbackOutcome = 'applied';
  /** True: the memory; or the part by name. */
  degraded: boolean | 'scorer' = false;
  ready: 'ok' | 'degraded' | 'unavailable' = 'ok';
  metricsEnabled = true;
  /** What a word of the query adds to a score, and what scores mean. */
  perWord = 1;
  scale: RerankAnswer['scale'] = 'relative';
  /** Told when a request for ranking has come in. */
  onRank: () => void = () => {};
  /** When set, ranking waits for it. */
  hold: Promise<void> | undefined;
  private ids = 0;

  readonly metrics: Services['metrics'] = {
    requestFinished: (endpoint, status, seconds, namespace) => {
      this.counted.push({ endpoint, status, seconds, namespace });
    },
    documentsRanked: (endpoint, count, namespace) => {
      this.documents.push({ endpoint, count, namespace });
    },
    feedbackFinished: (outcome) => {
      this.outcomes.push(outcome);
    },
  };

  readonly logger: Services['logger'] = {
    info: (fields, message) => void this.logged.push({ level: 'info', fields: { ...fields }, message }),
    warn: (fields, message) => void this.logged.push({ level: 'warn', fields: { ...fields }, message }),
    error: (fields, message) => void this.logged.push({ level: 'error', fields: { ...fields }, message }),
  };
  readonly logRequest: Services['logRequest'] = (fields, message) => this.logger.info(fields, message);

  newRequestId(): string {
    this.ids += 1;
    return `req_${this.ids}`;
  }

  parseNamespace(raw: string): string {
    if (raw.length > 64 || !/^[a-zA-Z0-9_.-]{1,64}$/.test(raw) || raw === '.' || raw === '..') {
      throw new AppError('BAD_REQUEST', 'Invalid namespace');
    }
    return raw;
  }

  async rerank(
    namespace: string,
    requests: readonly RerankRequest[],
    options?: RerankOptions,
  ): Promise<RerankAnswer[]> {
    this.options.push(options);
    this.onRank();
    await this.hold;
    const answers = requests.map((request) => this.answer(request));
    for (const request of requests) this.ranked.push({ namespace, request });
    return answers;
  }

  async feedback(namespace: string, request: FeedbackRequest): Promise<{ outcome: FeedbackOutcome }> {
    if (request.bestDocumentText === BOOM) throw new Error('secret text of a document');
    this.feedbacks.push({ namespace, request });
    return { outcome: request.requestId === 'gone' ? 'unknown' : this.outcome };
  }

  async purgeCaches(wish: object) {
    this.purged.push(wish);
    return { pairs: 3 };
  }

  async readiness() {
    return { status: this.ready, checks: { store: this.ready } };
  }

  async metricsText() {
    return this.metricsEnabled ? { contentType: 'text/plain; version=0.0.4', text: 'up 1\n' } : null;
  }

  async retentionReport() {
    return {
      retention_enabled: false,
      retention_days: null,
      sweep_interval_s: 3600,
      sweep_on_start: true,
      sweep_count: 0,
      last_sweep_ts: null,
      removed_cells: 0,
      removed_pheromones: 0,
      removed_narratives: 0,
      failures: 0,
    };
  }

  private answer(request: RerankRequest): RerankAnswer {
    const words = new Set(request.query.toLowerCase().split(/\s+/));
    const rows = request.candidates.map((candidate, index) => {
      if (candidate.text === BOOM) throw new Error('secret text of a document');
      if (candidate.text === 'dimension') {
        const loc = [...request.loc, 'query_embedding'];
        throw validationError([{ loc, msg: 'has the wrong dimension', type: 'dimension' }]);
      }
      const found = candidate.text.split(/\s+/).filter((word) => words.has(word.toLowerCase())).length;
      const score = found * this.perWord;
      const quotedText = JSON.stringify(candidate.text);
      return {
        candidate,
        quotedText,
        index,
        score,
        components: { dense: score, narrative: 0, pheromone: 0 },
      };
    });
    rows.sort((a, b) => b.score - a.score || a.index - b.index);
    const results: RankedDocument[] = rows.slice(0, request.topK).map((row, rank) =>
      request.explain
        ? {
            ...row,
            explanation: {
              base_score: row.score,
              base_rank: rank + 1,
              parts: {},
              b: 1,
              S: 0,
              W: 0,
              P: 0,
              N: 0,
              N_namespace: 0,
              P_namespace: 0,
              free: true,
            },
          }
        : row,
    );
    return {
      results,
      debug: {
        gating: {
          mode: request.gate.mode,
          applied: false,
          uncertainty: 0,
          candidate_count: rows.length,
          total_candidates: rows.length,
        },
        deterministic: true,
        epsilon_used: 0,
        mmr_lambda_used: request.mmrLambda,
        ...(request.explain && {
          explanation: {
            mu: 0.1,
            beta: 2,
            evidence: 0,
            neighbours: [],
            safety_gate: { open: false, gain: 0, bound: 0 },
            trust: { narrative: 0, pheromone: 0 },
          },
        }),
      },
      scorer: 'fake',
      cache: 'miss',
      pairs: this.pairs,
      scale: this.scale,
      adapted: false,
      degraded: this.degraded === false ? [] : [this.degraded === true ? 'memory' : this.degraded],
      stages: [
        { name: 'score', ms: 1.5 },
        { name: 'memory', ms: 0.25 },
      ],
    };
  }
}
