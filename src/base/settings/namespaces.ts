import { choice, decimal, integer, text } from './kinds.js';
import { optional, setting } from './setting.js';

const headerName = text('an HTTP header name', /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/);

/** How requests choose a namespace, and how many stay in memory. */
export const NAMESPACE_SETTINGS = {
  NAMESPACE_HEADER: setting(
    headerName,
    'X-NeuralCache-Namespace',
    'Request header that names the namespace.',
  ),
  DEFAULT_NAMESPACE: setting(
    text('a namespace name', /^(?!\.\.?$)[\x20-\x7e]{1,64}$/),
    'default',
    'Namespace of requests that name none; it is never evicted.',
  ),
  NAMESPACE_PATTERN: setting(
    text('a regular expression of at most 500 characters', /^[\s\S]{1,500}$/),
    '^[a-zA-Z0-9_.-]{1,64}$',
    'What a whole name must match, checked at start: no name may take long to match. Whatever it allows, a name has at most 64 bytes, no control characters, and is not `.` or `..`; in a path it also has no `%`.',
  ),
  NAMESPACE_POLICY: setting(
    choice(['pattern', 'strict']),
    'pattern',
    '`strict` also refuses empty labels, more than five labels, and reserved first labels.',
  ),
  MAX_NAMESPACES: optional(
    integer(1, 1_000_000),
    'no limit',
    'Most namespaces in memory, the default one included; the least recently used is saved and evicted.',
  ),
  NAMESPACE_MEMORY_LIMIT_MB: setting(
    integer(16, 1_048_576, 'MiB'),
    1024,
    'Memory that namespaces may hold together before the least recently used are evicted.',
  ),
  NAMESPACE_IDLE_TTL_S: optional(
    decimal(1, 31_536_000, { unit: 's' }),
    'never',
    'Time without a request after which a namespace is evicted.',
  ),
  NAMESPACE_EVICTION_POLICY: setting(choice(['lru']), 'lru', 'Which namespace is evicted first.'),
};
