import type { GateMode, GateSettings } from '../reranker/request.js';

/** Settings of the HTTP app, named as in the settings table. */
export interface AppOptions {
  /** Accepted credentials; none = open to everybody who can connect. */
  readonly apiTokens: readonly string[];
  /** Credentials of administrators; none = there are no routes for them. */
  readonly adminTokens: readonly string[];
  /** Most bytes of a body, as sent and again after decompression. */
  readonly bodyLimitBytes: number;
  /** Most results a request may ask for, documents it may bring, characters in a text or query, items in a batch. */
  readonly maxTopK: number;
  readonly maxDocuments: number;
  readonly maxTextLength: number;
  readonly maxBatchSize: number;
  /** Most documents of a request in another API than ours. */
  readonly dialectMaxDocuments: number;
  /** Names of models that are listed to clients which look for theirs. */
  readonly modelAliases: readonly string[];
  /** Hands the caller's credential on to the service behind us; only without `apiTokens`, else it is one of ours. */
  readonly upstreamPassCredentials?: boolean;
  /** Names of files that are answered start behind it; absent = they are answered whole. */
  readonly storageDir?: string;
  /** Header that names the namespace, in any case. */
  readonly namespaceHeader: string;
  /** The namespace of requests that name none. */
  readonly defaultNamespace: string;
  /** What a request gets that does not say. */
  readonly mmrLambdaDefault: number;
  readonly gatingMode: GateMode;
  readonly gatingThreshold: number;
  readonly gatingMinCandidates: number;
  readonly gatingMaxCandidates: number;
  readonly gatingTemperature: number;
}

/** Limits and defaults a body is read with: `AppOptions` in the shape the schemas want. */
export interface BodyRules {
  readonly maxTopK: number;
  readonly maxDocuments: number;
  readonly maxTextLength: number;
  readonly maxBatchSize: number;
  /** `top_k` of a request without one: 10, or the maximum where that is smaller. */
  readonly topK: number;
  readonly mmrLambda: number;
  readonly gate: GateSettings;
}

/** Derives the rules for bodies; throws where the options contradict themselves, for that is a mistake of whoever starts us. */
export function bodyRules(options: AppOptions): BodyRules {
  for (const key of [
    'bodyLimitBytes',
    'maxTopK',
    'maxDocuments',
    'maxTextLength',
    'maxBatchSize',
    'dialectMaxDocuments',
  ] as const) {
    if (!Number.isSafeInteger(options[key]) || options[key] < 1) {
      throw new RangeError(`${key} must be a positive whole number, not ${options[key]}`);
    }
  }
  if (options.gatingMinCandidates > options.gatingMaxCandidates) {
    throw new RangeError('gatingMinCandidates must not exceed gatingMaxCandidates');
  }
  return {
    maxTopK: options.maxTopK,
    maxDocuments: options.maxDocuments,
    maxTextLength: options.maxTextLength,
    maxBatchSize: options.maxBatchSize,
    topK: Math.min(10, options.maxTopK),
    mmrLambda: options.mmrLambdaDefault,
    gate: {
      mode: options.gatingMode,
      threshold: options.gatingThreshold,
      minCandidates: options.gatingMinCandidates,
      maxCandidates: options.gatingMaxCandidates,
      temperature: options.gatingTemperature,
    },
  };
}
