import { boolean, choice, decimal, integer, path, text } from './kinds.js';
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
  NAMESPACE_AUTO_CREATE: setting(
    boolean,
    true,
    'Whether a namespace comes to be by being used. Off: names that are neither registered nor stored are 404.',
  ),
  NAMESPACES_FILE: optional(
    path,
    'none',
    'YAML file that declares namespaces, applied at start and whenever it changes; it never deletes what it does not name.',
  ),
  NAMESPACES_MAX_REGISTERED: setting(integer(1, 1_000_000), 100_000, 'Most registered namespaces.'),
  NAMESPACE_DELETION_GRACE_S: setting(
    integer(0, 315_360_000, 's'),
    2_592_000,
    'Time between the deletion of a namespace and its purge, in which it can be restored; the default is 30 days.',
  ),
  NAMESPACE_DRAIN_TIMEOUT_S: setting(
    decimal(0, 3600, { unit: 's' }),
    30,
    'Time that requests inside a namespace have to end when it is purged; then they are ended.',
  ),
  RATE_LIMIT_PER_MINUTE: optional(
    integer(1, 1_000_000_000),
    'no limit',
    'Requests a minute of one credential, in all namespaces together; without credentials, of one address.',
  ),
  QUOTA_WAIT_MS: setting(
    integer(0, 60_000, 'ms'),
    1000,
    'Longest that a request waits for a quota: for one of its concurrent queries to end, and for a rate whose action is `throttle`.',
  ),
  SCORING_TURNS: setting(
    integer(2, 100_000),
    256,
    'Requests that are scored at the same time. Of what is free a namespace may hold as much as it leaves, so half where it is alone, and there is always room for another; those that wait are taken in turns, namespace by namespace.',
  ),
  SCORING_QUEUE_MAX: setting(
    integer(0, 1_000_000),
    4096,
    'Most requests of a namespace that wait to be scored; then 503.',
  ),
  SCORING_WAIT_MS: setting(
    integer(0, 3_600_000, 'ms'),
    30_000,
    'Longest that a request waits to be scored; then 503.',
  ),
};
