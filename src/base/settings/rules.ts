import type { Settings } from './table.js';
import { endpointProblem, MODELLESS_DIALECTS } from './upstream-endpoint.js';

/** Headers that mean something else already. */
const TAKEN_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'api-key',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'te',
  'traceparent',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-api-key',
  'x-neuralcache-explain',
  'x-neuralcache-learn',
  'x-neuralcache-mmr-lambda',
  'x-neuralcache-source',
  'x-request-id',
]);

/** What is wrong between settings that are each valid alone, a sentence each. */
export function ruleProblems(settings: Settings): string[] {
  return [
    settings.gatingMinCandidates > settings.gatingMaxCandidates &&
      `NEURALCACHE_GATING_MIN_CANDIDATES=${settings.gatingMinCandidates}: more than NEURALCACHE_GATING_MAX_CANDIDATES=${settings.gatingMaxCandidates}`,
    settings.impressionMaxBytes > settings.impressionTotalMaxBytes &&
      `NEURALCACHE_IMPRESSION_MAX_BYTES=${settings.impressionMaxBytes}: more than NEURALCACHE_IMPRESSION_TOTAL_MAX_BYTES=${settings.impressionTotalMaxBytes}`,
    settings.namespacedPersistence &&
      settings.storageBackend !== 'json' &&
      `NEURALCACHE_STORAGE_BACKEND="${settings.storageBackend}": NEURALCACHE_NAMESPACED_PERSISTENCE=true means json; keep one of them`,
    settings.storageDbTemplate !== undefined &&
      settings.storageBackend === 'json' &&
      `NEURALCACHE_STORAGE_DB_TEMPLATE="${settings.storageDbTemplate}": only sqlite has it, and state is to be kept as json`,
    settings.embeddingBackend === 'onnx' &&
      settings.embeddingModel === undefined &&
      'NEURALCACHE_EMBEDDING_BACKEND="onnx": needs NEURALCACHE_EMBEDDING_MODEL, a folder or a name in the model store',
    settings.embeddingBackend === 'openai' &&
      (settings.embeddingModel === undefined || settings.embeddingUrl === undefined) &&
      'NEURALCACHE_EMBEDDING_BACKEND="openai": needs NEURALCACHE_EMBEDDING_URL and NEURALCACHE_EMBEDDING_MODEL',
    settings.embeddingCachePersist &&
      settings.storageBackend === 'memory' &&
      'NEURALCACHE_EMBEDDING_CACHE_PERSIST=true: nothing is kept on disk with NEURALCACHE_STORAGE_BACKEND="memory"',
    settings.cachePersist &&
      settings.storageBackend === 'memory' &&
      'NEURALCACHE_CACHE_PERSIST=true: nothing is kept on disk with NEURALCACHE_STORAGE_BACKEND="memory"',
    usesScorer(settings, 'cross-encoder') &&
      settings.crossEncoderModel === undefined &&
      `NEURALCACHE_SCORER="${settings.scorer}": needs NEURALCACHE_CROSS_ENCODER_MODEL, a folder or a name in the model store`,
    usesScorer(settings, 'upstream') &&
      (settings.upstreamUrl === undefined || settings.upstreamDialect === undefined) &&
      `NEURALCACHE_SCORER="${settings.scorer}": needs NEURALCACHE_UPSTREAM_URL and NEURALCACHE_UPSTREAM_DIALECT`,
    usesScorer(settings, 'upstream') && endpointProblem(settings),
    usesScorer(settings, 'upstream') &&
      settings.upstreamModels !== undefined &&
      MODELLESS_DIALECTS.includes(settings.upstreamDialect ?? '') &&
      `NEURALCACHE_UPSTREAM_MODELS: requests of the dialect "${settings.upstreamDialect}" cannot ask for a model`,
    settings.upstreamPassCredentials &&
      settings.apiTokens.length > 0 &&
      'NEURALCACHE_UPSTREAM_PASS_CREDENTIALS=true: with NEURALCACHE_API_TOKENS set, callers send one of those, which the upstream must not get; keep one of the two',
    TAKEN_HEADERS.has(settings.namespaceHeader.toLowerCase()) &&
      `NEURALCACHE_NAMESPACE_HEADER="${settings.namespaceHeader}": this header already has a meaning`,
  ].filter((problem) => typeof problem === 'string');
}

/** Whether `SCORER` names a scorer, alone or among others. */
export function usesScorer({ scorer }: Settings, name: string): boolean {
  return scorer.split(',').some((part) => part.split(':')[0] === name);
}

/**
 * Why a server with these settings must not start, or undefined: it would listen beyond loopback and ask nobody for
 * credentials. Only for commands that listen.
 */
export function openAccessProblem(settings: Settings): string | undefined {
  if (settings.apiTokens.length > 0 || settings.allowOpen || isLoopback(settings.httpHost)) return undefined;
  return (
    `NEURALCACHE_HTTP_HOST="${settings.httpHost}" would let anyone who reaches this machine in: ` +
    'set NEURALCACHE_API_TOKENS, or NEURALCACHE_ALLOW_OPEN=true to allow it, or listen on 127.0.0.1'
  );
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
}
