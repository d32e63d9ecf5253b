import type { Logger } from 'pino';
import type { AdmissionEvents } from './admission/gate.js';
import { NamespaceAdmission } from './admission/namespace-admission.js';
import type { MeasureStock } from './admission/stocks.js';
import type { Clock } from './base/clock.js';
import type { Metrics } from './base/metrics.js';
import type { Settings } from './base/settings/table.js';
import { Sparingly } from './base/sparingly.js';
import type { NamespaceCatalog } from './catalog/catalog.js';
import type { Stocks } from './namespaces/stocks.js';

/** Longest that requests wait for the count of a day to be on disk. */
const USAGE_PATIENCE_MS = 1000;
/** Of each quota of each pool one line in this time. */
const LOG_INTERVAL_MS = 60_000;
/** Names of the durable counts in which the bucket of a day is kept. */
const [LEVEL, AT] = ['day_level', 'day_at'] as const;

/** Admission as configured, by what the catalog says; it is counted, and warnings are logged from time to time. */
export function openAdmission(
  settings: Settings,
  tools: {
    readonly catalog: Pick<NamespaceCatalog, 'effective' | 'usage' | 'putUsage'>;
    readonly clock: Clock;
    readonly metrics: Metrics;
    readonly logger: Logger;
    /** Whether an unregistered name is in use: the default one, stored, or in memory. */
    readonly known: (name: string) => boolean;
    readonly measure: MeasureStock;
  },
): NamespaceAdmission {
  const { catalog, clock, metrics, known, measure } = tools;
  const admission = new NamespaceAdmission({
    effective: (name) => catalog.effective(name),
    known,
    autoCreate: settings.namespaceAutoCreate,
    clock,
    quotaWaitMs: settings.quotaWaitMs,
    turns: {
      slots: settings.scoringTurns,
      queueMax: settings.scoringQueueMax,
      waitMs: settings.scoringWaitMs,
    },
    ratePerMinute: settings.rateLimitPerMinute,
    days: {
      read(levelId) {
        const { [LEVEL]: level, [AT]: at } = catalog.usage(levelId);
        return level === undefined || at === undefined ? undefined : { level: Math.max(0, level), at };
      },
      write: (id, { level, at }) => catalog.putUsage([{ id, counts: { [LEVEL]: level, [AT]: at } }]),
      patienceMs: USAGE_PATIENCE_MS,
    },
    measure,
    // Of its own: there are as many kinds as there are pools, and they must not crowd out others.
    events: eventsOf(tools, new Sparingly(clock, LOG_INTERVAL_MS)),
  });
  metrics.watchAdmission(admission);
  return admission;
}

function eventsOf(
  { metrics, logger }: { readonly metrics: Metrics; readonly logger: Logger },
  sparingly: Sparingly,
): AdmissionEvents {
  return {
    refused(quota, namespace, levelId = '') {
      metrics.quotaRefused(quota, namespace);
      const held = sparingly.turn(`refused ${quota} ${levelId}`);
      if (held !== undefined) logger.warn({ namespace, quota, held }, 'requests over a quota are refused');
    },
    warned({ quota, levelId, used, limit }, namespace) {
      metrics.quotaWarned(quota, namespace);
      const held = sparingly.turn(`warned ${quota} ${levelId}`);
      if (held === undefined) return;
      logger.warn(
        { namespace: levelId, quota, used: Math.round(used), limit, held },
        'a quota is nearly used up',
      );
    },
    waited: (reason, waitedMs, namespace) => metrics.admissionWaited(reason, waitedMs / 1000, namespace),
    usageUnsaved(levelId, error) {
      metrics.storageFailed('usage');
      const held = sparingly.turn('usage');
      if (held === undefined) return;
      const message = 'the count of a day could not be kept; requests go on, a crash would forget it';
      logger.error({ namespace: levelId, err: error, held }, message);
    },
  };
}

/** How much a family holds, as far as that is known by now. */
export function measureOf(
  catalog: Pick<NamespaceCatalog, 'belowCount'>,
  stock: Pick<Stocks, 'use' | 'memoryOf'>,
): MeasureStock {
  return (levelId, quota) => {
    switch (quota) {
      case 'max_namespaces':
        return catalog.belowCount(levelId);
      case 'max_collections':
        return 0;
      case 'max_vectors':
        return stock.use(levelId)?.cells;
      case 'max_storage_bytes':
        return stock.use(levelId)?.storedBytes;
      case 'max_memory_mb':
        return stock.memoryOf(levelId);
    }
  };
}
