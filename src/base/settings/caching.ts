import { boolean, bytes, decimal } from './kinds.js';
import { setting } from './setting.js';

const seconds = decimal(0, 31_536_000, { unit: 's' });

/** How long scores of upstreams are good for, and what outlives a restart. */
export const CACHING_SETTINGS = {
  CACHE_MAX_BYTES: setting(
    bytes(2 ** 20, 2 ** 40),
    256 * 2 ** 20,
    'Memory for what is known of texts and pairs, over all namespaces.',
    '256 MiB',
  ),
  CACHE_TTL_S: setting(
    decimal(0, 31_536_000, { openMin: true, unit: 's' }),
    86_400,
    'How long the score that an upstream gave a pair is good for; near the end it is fetched anew behind an answer. Scores of our own cross-encoder do not age.',
  ),
  CACHE_STALE_S: setting(
    seconds,
    3600,
    'How long after that it is answered at once all the same, while a new one is fetched.',
  ),
  CACHE_STALE_IF_ERROR_S: setting(
    seconds,
    86_400,
    'How long after `CACHE_TTL_S` it is answered where the upstream fails.',
  ),
  CACHE_NEGATIVE_S: setting(
    decimal(0, 3600, { unit: 's' }),
    5,
    'How long the refusal of an upstream (400, 401, 403, 404, 422) is remembered; 0: not at all.',
  ),
  CACHE_PERSIST: setting(
    boolean,
    false,
    'Keeps the scores of pairs on disk, in `STORAGE_DIR`, so that a restart asks for none again.',
  ),
  CACHE_PERSIST_MAX_BYTES: setting(
    bytes(2 ** 20, 2 ** 44),
    2 ** 30,
    'Bound of what `CACHE_PERSIST` and `EMBEDDING_CACHE_PERSIST` keep on disk together; what was used least recently goes first.',
    '1 GiB',
  ),
};
