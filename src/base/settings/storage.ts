import { boolean, bytes, choice, decimal, integer, path, text } from './kinds.js';
import { optional, secret, setting } from './setting.js';

const template = text('a path with {namespace} in it', /^[^\0]{1,200}$/);

/** Where state is kept, how safely, and how much of it. */
export const STORAGE_SETTINGS = {
  STORAGE_BACKEND: setting(
    choice(['sqlite', 'json', 'memory'], ['redis']),
    'sqlite',
    '`sqlite`: one file, or one for each namespace with `STORAGE_DB_TEMPLATE`. `json`: files for each namespace. `memory`: everything is lost at the end.',
  ),
  NAMESPACED_PERSISTENCE: setting(boolean, false, '`true` means `STORAGE_BACKEND=json`.'),
  NARRATIVE_STORE_TEMPLATE: setting(
    template,
    'narrative.{namespace}.json',
    'With `json`: the file of counters and the narrative of the namespace, in `STORAGE_DIR`.',
  ),
  PHEROMONE_STORE_TEMPLATE: setting(
    template,
    'pheromones.{namespace}.json',
    'With `json`: the file of documents, impressions and used request ids.',
  ),
  INDEX_STORE_TEMPLATE: setting(
    template,
    'index.{namespace}.json',
    'With `json`: the file of queries with what was learned of each, and of word counts.',
  ),
  STORAGE_DB_TEMPLATE: optional(
    template,
    'one file for all',
    'With `sqlite`: a file for each namespace, as in `state.{namespace}.db`.',
  ),
  STORAGE_DIR: setting(
    path,
    './data',
    'Folder of the state, made if missing; one process at a time owns it.',
  ),
  STORAGE_SYNC: setting(
    choice(['normal', 'full']),
    'normal',
    '`normal`: an acknowledged feedback survives the death of the process; a crash of the operating system may cost the last ones. `full`: also that and a power cut.',
  ),
  STORAGE_FLUSH_INTERVAL_MS: setting(
    integer(10, 600_000, 'ms'),
    1000,
    'How often impressions and last-used times are written; a crash may lose those of one interval.',
  ),
  STORAGE_TIMEOUT_MS: setting(
    integer(1, 600_000, 'ms'),
    2000,
    "How long a request waits for a namespace's stored state before it is ranked without it.",
  ),
  STORAGE_HASH_KEY: secret(
    optional(
      text('16 to 1024 characters', /^[^\0]{16,1024}$/),
      'a file made in `STORAGE_DIR`',
      'Key of the hashes under which queries and texts are stored.',
    ),
  ),
  PRIVACY_HASH_IDS: setting(
    boolean,
    false,
    'Keep document ids as keyed hashes alone; what a namespace kept before is rewritten when it is next used, and one that kept hashes goes on so.',
  ),
  STORAGE_RETENTION_DAYS: optional(
    decimal(0, 36_500, { openMin: true, unit: 'days' }),
    'nothing is removed for its age',
    'What no feedback confirmed for so long is forgotten, also in namespaces that are not in memory; a query that is still asked is kept without its evidence.',
  ),
  STORAGE_RETENTION_SWEEP_INTERVAL_S: setting(
    decimal(0, 2_000_000, { unit: 's' }),
    21_600,
    'Time between two sweeps for what is too old; 0: only the one at the start.',
  ),
  STORAGE_RETENTION_SWEEP_ON_START: setting(
    boolean,
    true,
    'Whether the first sweep is at the start; else it is one interval later.',
  ),
  IMPRESSION_TTL_S: setting(
    decimal(1, 31_536_000, { unit: 's' }),
    86_400,
    'How long after an answer its feedback is accepted.',
  ),
  IMPRESSION_MAX_BYTES: setting(
    bytes(65_536, 2 ** 40),
    64 * 2 ** 20,
    'Space for the impressions of one namespace; the oldest go first.',
    '64 MiB',
  ),
  IMPRESSION_TOTAL_MAX_BYTES: setting(
    bytes(65_536, 2 ** 40),
    256 * 2 ** 20,
    'Space for the impressions of all namespaces.',
    '256 MiB',
  ),
  FEEDBACK_CACHE_SIZE: optional(
    integer(1, 100_000_000),
    'bytes alone decide',
    'Most impressions that a namespace keeps.',
  ),
};
