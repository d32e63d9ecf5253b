import type { Logger } from 'pino';
import type { Clock } from './base/clock.js';
import type { Metrics } from './base/metrics.js';
import { systemRandom } from './base/random.js';
import type { Settings } from './base/settings/table.js';
import { Sparingly } from './base/sparingly.js';
import { freshnessOptions } from './compose-options.js';
import { PairCaches } from './proxy/pair-caches.js';
import { createPairScorer } from './proxy/pair-scorer.js';
import { upstreamFailure } from './proxy/upstream/refusals.js';
import { createUpstream } from './proxy/upstream/upstream.js';
import type { Asked } from './proxy/upstream/upstream-client.js';
import { upstreamDialect } from './proxy/upstream/upstream-dialects.js';
import { parseKeyForm } from './proxy/upstream/upstream-wishes.js';
import type { Scorer } from './scorers/scorer.js';

const FAILURE_LOG_INTERVAL_MS = 60_000;

/** The reranker behind us, as a scorer behind the pair cache. */
export interface OpenedUpstream {
  readonly scorer: Scorer;
  /** Whether it may be asked. */
  readonly isWhole: boolean;
  /** How it does, for `/readyz`. */
  check(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface UpstreamTools {
  readonly clock: Clock;
  readonly metrics?: Metrics;
  readonly logger?: Logger;
  /** Absent where nothing is shared. */
  readonly pairCaches?: PairCaches | undefined;
}

/**
 * Opens the upstream that the settings name; it is asked for nothing yet. `keyName`: which of `UPSTREAM_API_KEYS` its key is,
 * where it is one. Throws an Error where its URL and dialect do not go together.
 */
export function openUpstream(
  settings: Settings,
  { clock, metrics, logger, pairCaches }: UpstreamTools,
  keyName?: string,
): OpenedUpstream {
  const { upstreamAuthHeader, upstreamScale, upstreamListwise } = settings;
  const log = logger && failureLog(logger, clock, keyName);
  const model = createUpstream({
    url: settings.upstreamUrl!,
    dialect: upstreamDialect(settings.upstreamDialect!),
    model: settings.upstreamModel,
    models: settings.upstreamModels,
    apiKey: settings.upstreamApiKey,
    keyName,
    passCredentials: settings.upstreamPassCredentials,
    keyForm: upstreamAuthHeader === undefined ? undefined : parseKeyForm(upstreamAuthHeader),
    headers: settings.upstreamHeaders,
    scale: upstreamScale === 'auto' ? undefined : upstreamScale,
    isListwise: upstreamListwise === 'auto' ? undefined : upstreamListwise,
    timeoutMs: settings.upstreamTimeoutMs,
    maxConcurrent: settings.upstreamConcurrency,
    maxQueued: settings.upstreamQueueMax,
    clock,
    connection: {
      connectTimeoutMs: settings.upstreamConnectTimeoutMs,
      breakerResetMs: settings.upstreamBreakerResetMs,
    },
    onAsked(asked) {
      metrics?.upstreamAsked(asked);
      log?.(asked);
    },
  });
  const scorer = createPairScorer({
    model,
    caches: pairCaches ?? new PairCaches({ clock, random: systemRandom }),
    freshness: freshnessOptions(settings),
    negativeMs: settings.cacheNegativeS * 1000,
    refreshTimeoutMs: settings.upstreamTimeoutMs,
    toError: settings.upstreamFallback === 'fail' ? upstreamFailure : undefined,
  });
  return {
    scorer,
    get isWhole() {
      return !model.isBroken;
    },
    check: () => ({
      dialect: settings.upstreamDialect,
      ...(settings.upstreamModel === undefined ? {} : { model: settings.upstreamModel }),
      state: model.isBroken ? 'left alone after failures' : 'ok',
    }),
    close: () => model.close(),
  };
}

/** Logs what is for the operator to know, each kind of failure now and then. */
function failureLog(logger: Logger, clock: Clock, keyName: string | undefined): (asked: Asked) => void {
  const key = keyName === undefined ? 'UPSTREAM_API_KEY' : `UPSTREAM_API_KEYS, ${keyName}`;
  const sparingly = new Sparingly(clock, FAILURE_LOG_INTERVAL_MS);
  return ({ outcome, error, hasCallersKey }) => {
    const isCallers = outcome === 'cancelled' || outcome === 'closed' || outcome === 'too_much';
    if (error === undefined || isCallers || (hasCallersKey && outcome === 'refused')) return;
    const { status } = error;
    const held = sparingly.turn(`${outcome} ${status}`);
    if (held === undefined) return;
    const isKey = status === 401 || status === 403;
    logger[isKey ? 'error' : 'warn'](
      { err: error, outcome, status, held },
      isKey ? `the upstream refuses our credentials (${key})` : 'the upstream gave no scores',
    );
  };
}
