import type { Admission } from '../admission/admission.js';
import type { Clock } from '../base/clock.js';
import type { WriteLine } from '../base/log.js';
import type { AdminCall, NamespaceAdmin } from '../management/namespace-admin.js';
import type {
  FeedbackOutcome,
  FeedbackRequest,
  FeedbackResult,
  RerankAnswer,
  RerankOptions,
  RerankRequest,
} from '../reranker/request.js';

/** The part of a structured logger that is used here; pino fits. Fields never hold query or document text, or secrets. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the HTTP layer reports for counting; every method must return at once and never throw. */
export interface HttpMetrics {
  /**
   * One answered request. `endpoint` is a path of the route table or `other`; `status` the HTTP status, 499 where the
   * caller left before its answer; `namespace` is absent where the request did not get far enough to have one;
   * `isRanking` says whether the route ranks.
   */
  requestFinished(
    endpoint: string,
    status: number,
    seconds: number,
    namespace?: string,
    isRanking?: boolean,
  ): void;
  /** Documents of one request for ranking (each item of a batch counts by itself). */
  documentsRanked(endpoint: string, count: number, namespace: string): void;
  feedbackFinished(outcome: FeedbackOutcome, namespace: string): void;
}

/** Whether this process can rank: `ok` and `degraded` can (200), `unavailable` cannot (503). */
export interface ReadinessReport {
  readonly status: 'ok' | 'degraded' | 'unavailable';
  /** State by part, for people to read; no secrets, for the route is open. */
  readonly checks: Readonly<Record<string, unknown>>;
}

/** The audit log, for what is changed beside the namespaces. */
export interface ChangeLog {
  /** `namespace` is empty where it was of none. Rejects with `AppError` 503. */
  note(action: string, namespace: string, after: object, call: AdminCall): Promise<void>;
}

/** All that the HTTP app asks of the rest of the program; whoever joins the two supplies it. */
export interface Services {
  /** Asked before the body of a request for data is read. */
  readonly admission: Admission;
  /**
   * Ranks the requests of one call: all are scored, then all are recorded, so a failure leaves nothing behind. Answers
   * stand in the order of the requests. An `AppError` carries `loc`s that begin with the request's own `loc`.
   */
  rerank(
    namespace: string,
    requests: readonly RerankRequest[],
    options?: RerankOptions,
  ): Promise<readonly RerankAnswer[]>;
  /** Applies one feedback; `applied` only once it is safe in the store. Failures of the store are an outcome, not a throw. */
  feedback(namespace: string, request: FeedbackRequest): Promise<FeedbackResult>;
  /**
   * Forgets what caches hold of a namespace, the pairs of a model, or everything. Answers how many pairs memory held.
   * Rejects where the disk does not let go.
   */
  purgeCaches(wish: {
    readonly namespace?: string;
    readonly model?: string;
    readonly all?: true;
  }): Promise<{ readonly pairs: number }>;
  /** What is behind the routes under `/admin` that manage namespaces. */
  readonly admin: NamespaceAdmin & ChangeLog;
  /** The name as it is to be used; throws `AppError` 400 "Invalid namespace". Gets at most what a header can hold. */
  parseNamespace(raw: string): string;
  readiness(): Promise<ReadinessReport>;
  /** Prometheus text with its content type; null where metrics are switched off (404). */
  metricsText(): Promise<{ readonly contentType: string; readonly text: string } | null>;
  /** Body of `/metrics/retention`. */
  retentionReport(): Promise<object>;
  readonly metrics: HttpMetrics;
  readonly logger: Logger;
  /** Writes the line of a request; its fields are fixed and hold no text. */
  readonly logRequest: WriteLine;
  readonly clock: Clock;
  /** A fresh unguessable request id; see `RequestIds`. */
  newRequestId(): string;
}
