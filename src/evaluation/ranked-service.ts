import type { Clock } from '../base/clock.js';
import type {
  FeedbackOutcome,
  FeedbackRequest,
  GateSettings,
  RerankAnswer,
  RerankRequest,
} from '../reranker/request.js';

/** What a measurement needs of the product: ranking, feedback and forgetting, by namespace, without HTTP. */
export interface RankedService {
  /** The entropy gate as configured, for requests that do not choose one. */
  readonly gate: GateSettings;
  /** Answers in the order of the requests. Failures reject with `AppError`. */
  rerank(namespace: string, requests: readonly RerankRequest[]): Promise<RerankAnswer[]>;
  /** Resolves once the feedback is part of the memory. */
  feedback(namespace: string, request: FeedbackRequest): Promise<{ outcome: FeedbackOutcome }>;
  /** Forgets a namespace wholly; one that was never used is no error. */
  drop(namespace: string): Promise<void>;
  close(): Promise<void>;
}

/** How a command asks for a service of its own. */
export interface ServiceRequest {
  /** Settings by environment name without prefix (`SCORER`), stronger than the environment and its files. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Time as the namespaces see it. */
  readonly clock: Clock;
}

/** Builds a service; rejects with the settings' own error where one is wrong. The caller closes it. */
export type CreateService = (request: ServiceRequest) => Promise<RankedService>;
