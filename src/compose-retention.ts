import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from './base/clock.js';
import { LastingClock } from './base/lasting-clock.js';
import type { Metrics } from './base/metrics.js';
import type { Settings } from './base/settings/table.js';
import type { Sparingly } from './base/sparingly.js';
import type { ManagedPolicies } from './compose-policies.js';
import type { Namespace } from './namespaces/namespace.js';
import type { NamespaceRegistry } from './namespaces/registry.js';
import { Retention } from './namespaces/retention.js';
import type { Store } from './stores/store.js';

/** File in `STORAGE_DIR` that keeps the last time. */
const CLOCK_FILE = 'neuralcache.clock';

/** The clock of a server: it remembers the last time where state is remembered too. */
export function openClock({ storageBackend, storageDir }: Settings, logger: Logger): LastingClock {
  return new LastingClock({
    ...(storageBackend === 'memory' ? {} : { file: join(storageDir, CLOCK_FILE) }),
    onDoubt: (fields, message) => logger.warn(fields, message),
    onSaveFailed: (error) =>
      logger.warn({ err: error }, 'the time could not be kept; it will be tried again'),
  });
}

/** What retention works on. */
export interface RetentionParts {
  readonly registry: NamespaceRegistry<Namespace>;
  readonly store: Store;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly sparingly: Sparingly;
  readonly policies: ManagedPolicies;
}

export function openRetention(settings: Settings, parts: RetentionParts): Retention {
  const { registry, store, clock, metrics, logger, sparingly, policies } = parts;
  return new Retention({
    registry,
    store,
    clock,
    ...(settings.storageRetentionDays === undefined ? {} : { days: settings.storageRetentionDays }),
    daysOf: policies.daysOf,
    isSetSomewhere: policies.isRetentionSet,
    intervalMs: settings.storageRetentionSweepIntervalS * 1000,
    sweepOnStart: settings.storageRetentionSweepOnStart,
    storageTimeoutMs: settings.storageTimeoutMs,
    notBefore: clock instanceof LastingClock ? clock.settledAt : Number.NEGATIVE_INFINITY,
    onRemoved(removed, namespace) {
      metrics.retentionRemoved(removed);
      // Who is open tells of itself.
      if (removed.cells > 0 && registry.peek(namespace) === undefined) policies.stock.forget(namespace);
    },
    onSwept: (outcome) => metrics.retentionSwept(outcome),
    onFailure(namespace, error) {
      metrics.storageFailed('retention');
      const held = sparingly.turn('retention');
      if (held === undefined) return;
      logger.error(
        { ...(namespace === null ? {} : { namespace }), err: error, held },
        'retention failed; the next sweep tries again',
      );
    },
  });
}
