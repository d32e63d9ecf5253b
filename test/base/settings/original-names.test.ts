import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/base/settings/load-settings.js';
import { NOT_BUILT } from '../../../src/base/settings/other-names.js';

/** Every setting of the Python original (its version 0.3.2) with a value it accepts. */
const ORIGINAL: Readonly<Record<string, string>> = {
  API_TITLE: 'NeuralCache API',
  API_TOKENS: '["a-token-of-theirs"]',
  API_VERSION: '0.2.0',
  CR: '{"on": true}',
  DEFAULT_NAMESPACE: 'default',
  DETERMINISTIC: 'false',
  DETERMINISTIC_SEED: '1337',
  EMBEDDING_BACKEND: 'hash',
  EMBEDDING_MODEL: 'all-MiniLM-L6-v2',
  EPSILON_GREEDY: '0.05',
  FEEDBACK_CACHE_SIZE: '1024',
  GATING_ENTROPY_TEMP: '1.0',
  GATING_MAX_CANDIDATES: '400',
  GATING_MIN_CANDIDATES: '100',
  GATING_MODE: 'auto',
  GATING_THRESHOLD: '0.7',
  MAX_BATCH_SIZE: '16',
  MAX_DOCUMENTS: '128',
  MAX_NAMESPACES: '100',
  MAX_TEXT_LENGTH: '8192',
  MAX_TOP_K: '100',
  METRICS_ENABLED: 'true',
  METRICS_NAMESPACE_LABEL: 'false',
  MMR_LAMBDA_DEFAULT: '0.5',
  NAMESPACED_PERSISTENCE: 'false',
  NAMESPACE_EVICTION_POLICY: 'lru',
  NAMESPACE_HEADER: 'X-NeuralCache-Namespace',
  NAMESPACE_PATTERN: '^[a-zA-Z0-9_.-]{1,64}$',
  NARRATIVE_DIM: '768',
  NARRATIVE_EMA_ALPHA: '0.01',
  NARRATIVE_STORE_PATH: 'narrative.json',
  NARRATIVE_STORE_TEMPLATE: 'narrative.{namespace}.json',
  NARRATIVE_SUCCESS_GATE: '0.5',
  PHEROMONE_DECAY_HALF_LIFE_S: '1800.0',
  PHEROMONE_EXPOSURE_PENALTY: '0.1',
  PHEROMONE_STORE_PATH: 'pheromones.json',
  PHEROMONE_STORE_TEMPLATE: 'pheromones.{namespace}.json',
  RATE_LIMIT_PER_MINUTE: '60',
  STORAGE_BACKEND: 'sqlite',
  STORAGE_DB_NAME: 'neuralcache.db',
  STORAGE_DIR: 'storage',
  STORAGE_PERSISTENCE_ENABLED: 'true',
  STORAGE_RETENTION_DAYS: '30',
  STORAGE_RETENTION_SWEEP_INTERVAL_S: '0.0',
  STORAGE_RETENTION_SWEEP_ON_START: 'false',
  WEIGHT_DENSE: '1.0',
  WEIGHT_DIVERSITY: '0.2',
  WEIGHT_NARRATIVE: '0.6',
  WEIGHT_PHEROMONE: '0.3',
};
const BUILT = Object.entries(ORIGINAL).filter(([name]) => !Object.hasOwn(NOT_BUILT, name));

function load(values: readonly (readonly [string, string])[]) {
  const env = Object.fromEntries(values.map(([name, value]) => [`NEURALCACHE_${name}`, value]));
  const readFile = () => {
    throw Object.assign(new Error('no files here'), { code: 'ENOENT' });
  };
  return loadSettings({ env, cwd: '/srv', readFile });
}

describe('the environment of the Python original', () => {
  it('is taken whole: every name is set, or a warning says why it is ignored', () => {
    const { settings, origins, warnings } = load(BUILT);
    const warned = warnings.map((warning) => /^NEURALCACHE_(\w+) .* is ignored: ./.exec(warning)?.[1]);
    expect(warned.toSorted()).toEqual([
      'API_TITLE',
      'API_VERSION',
      'CR',
      'NARRATIVE_DIM',
      'NARRATIVE_STORE_PATH',
      'PHEROMONE_STORE_PATH',
      'STORAGE_DB_NAME',
      'WEIGHT_DIVERSITY',
    ]);
    const set = Object.values(origins).filter(({ origin }) => origin === 'environment');
    // What is set, besides the warned; the switch for persistence sets nothing while it is on.
    expect(set).toHaveLength(BUILT.length - warned.length - 1);
    expect(settings.apiTokens).toEqual(['a-token-of-theirs']);
  });

  it.each(['false', 'F', '0', 'no', 'N', 'off'])('keeps nothing with persistence off: %s', (value) => {
    expect(load([['STORAGE_PERSISTENCE_ENABLED', value]]).settings.storageBackend).toBe('memory');
  });
});
