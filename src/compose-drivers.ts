import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { Clock } from './base/clock.js';
import type { Metrics } from './base/metrics.js';
import { type Random, seededRandom, systemRandom } from './base/random.js';
import type { Settings } from './base/settings/table.js';
import { impressionBounds } from './compose-options.js';
import type { Encoder } from './encoders/encoder.js';
import { createHashEncoder } from './encoders/hash.js';
import { openModelStore } from './encoders/model-store.js';
import { createStaticEncoder } from './encoders/static.js';
import { createScorer } from './scorers/create-scorer.js';
import type { Scorer } from './scorers/scorer.js';
import type { EngineWorkerData } from './stores/engine-worker-data.js';
import { MemoryStore } from './stores/memory.js';
import { openSqliteReader } from './stores/sqlite-reader.js';
import { StorageError, type Store, type StoreReader } from './stores/store.js';
import { openWorkerStore } from './stores/worker-store.js';
import { parsePrior } from './text/prior.js';
import { termsOf } from './text/terms.js';

/** File of the shared database in `STORAGE_DIR`. */
const DATABASE_FILE = 'neuralcache.db';
const STATIC_MODEL = 'static-minilm-192';
const PRIOR = 'df-prior';

/** Chance as configured: repeatable under `DETERMINISTIC`. */
export function chanceOf({ deterministic, deterministicSeed }: Settings): Random {
  return deterministic ? seededRandom(deterministicSeed) : systemRandom;
}

/** Opens the bundled models and what works with them. Throws where a file differs from its checksum. */
export function openModels(settings: Settings): { encoder: Encoder; scorer: Scorer } {
  const folder = settings.modelsDir ?? fileURLToPath(new URL('../models', import.meta.url));
  const models = openModelStore(folder);
  const words = createStaticEncoder(models.open(STATIC_MODEL));
  const stems = models.open(PRIOR);
  const prior = parsePrior(stems.readText('stems.tsv'), stems.entry.revision);
  const hashed = () => createHashEncoder({ terms: termsOf, share: (stem) => prior.share(stem) });
  const encoder = settings.embeddingBackend === 'hash' ? hashed() : words;
  return {
    encoder,
    scorer: createScorer(settings.scorer, {
      encoder,
      words,
      prior,
      inputPrior: settings.inputPrior,
      keyEncoder: encoder,
    }),
  };
}

/** Opens the store as configured. Rejects with `StorageError` `locked` or `newer`; a failing disk only degrades it. */
export async function openStore(
  settings: Settings,
  clock: Clock,
  logger: Logger,
  metrics: Metrics,
  onReplaced: (namespace: string | null) => void,
): Promise<Store> {
  const impressions = impressionBounds(settings);
  if (settings.storageBackend === 'memory') return new MemoryStore(impressions);
  return openWorkerStore({
    ...storedState(settings),
    clock,
    impressions,
    events: {
      replaced: onReplaced,
      quarantined: (namespace, file, newFile) => {
        metrics.stateQuarantined();
        logger.error(
          { ...(namespace === null ? {} : { namespace }), file, newFile },
          'stored state is damaged; it was set aside and empty state took its place',
        );
      },
    },
  });
}

/** Reads stored state, also while a server owns the folder. */
export async function openStateReader(settings: Settings): Promise<StoreReader> {
  return openSqliteReader(databasePath(settings));
}

/** Takes ownership of the stored state. Rejects with `StorageError` `locked` where a server has it. */
export async function openStateOwner(settings: Settings, clock: Clock): Promise<Store> {
  const store = await openWorkerStore({ ...storedState(settings), clock });
  const { status, detail } = store.health();
  if (status === 'ok') return store;
  await store.close();
  throw new StorageError('io', detail ?? 'the storage folder cannot be written');
}

/** Where state is kept, and how. */
export function storedState(settings: Settings): EngineWorkerData {
  return {
    files: { driver: 'sqlite', path: databasePath(settings) },
    folder: settings.storageDir,
    sync: settings.storageSync,
  };
}

function databasePath({ storageDir }: Settings): string {
  return join(storageDir, DATABASE_FILE);
}
