import { boolean, bytes, choice, integer, list, text } from './kinds.js';
import { secret, setting } from './setting.js';

const hostName = text('an IP address or a host name', /^[A-Za-z0-9.:_%[\]-]{1,253}$/);
const token = text('printable ASCII without spaces or commas, at most 512 characters', /^[!-+\--~]{1,512}$/);

const modelName = text(
  'printable ASCII without spaces or commas, at most 256 characters',
  /^[!-+\--~]{1,256}$/,
);

/** Where the server listens, who may call it, and what a request may be. */
export const SERVER_SETTINGS = {
  HTTP_PORT: setting(
    integer(0, 65_535),
    8080,
    'Port to listen on; 0 takes a free one. A plain `PORT`, as platforms set it, is honoured too.',
  ),
  HTTP_HOST: setting(
    hostName,
    '127.0.0.1',
    'Address to listen on. Beyond loopback the server wants `API_TOKENS`, or `ALLOW_OPEN=true`.',
  ),
  API_TOKENS: secret(
    setting(
      list(token, 1000),
      [],
      'Tokens that callers present as `Authorization: Bearer …` or `x-api-key`. None: no credentials are asked.',
      'none',
    ),
  ),
  ADMIN_TOKENS: secret(
    setting(
      list(token, 1000),
      [],
      'Tokens for the routes under `/admin`, presented likewise; they open nothing else. None: there are no such routes.',
      'none',
    ),
  ),
  ALLOW_OPEN: setting(boolean, false, 'Allows listening beyond loopback without credentials.'),
  LOG_LEVEL: setting(
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    'Least level that is logged. Logs are JSON lines on stdout and never hold query or document text.',
  ),
  BODY_LIMIT_BYTES: setting(
    bytes(1024, 2 ** 30),
    16 * 2 ** 20,
    'Largest request body, after decompression.',
    '16 MiB',
  ),
  REQUEST_TIMEOUT_MS: setting(
    integer(100, 3_600_000, 'ms'),
    30_000,
    'Time a request may take to arrive whole; then 408.',
  ),
  SHUTDOWN_TIMEOUT_MS: setting(
    integer(0, 600_000, 'ms'),
    10_000,
    'Time that requests under way have to finish at shutdown.',
  ),
  MAX_TOP_K: setting(integer(1, 100_000), 100, 'Largest `top_k`.'),
  MAX_DOCUMENTS: setting(integer(1, 100_000), 128, 'Most documents in a request.'),
  MAX_TEXT_LENGTH: setting(
    integer(1, 10_000_000, 'characters'),
    8192,
    'Longest query or document text, in characters (code points).',
  ),
  MAX_BATCH_SIZE: setting(integer(1, 10_000), 16, 'Most requests in a batch.'),
  DIALECT_MAX_DOCUMENTS: setting(
    integer(1, 100_000),
    2048,
    'Most documents in a request of another rerank API than the native one; texts may have any length there.',
  ),
  MODEL_ALIASES: setting(
    list(modelName, 1000),
    [],
    'Names that `GET /v1/models` lists beside `neuralcache`, for clients that look for their model before they rank.',
    'none',
  ),
  METRICS_ENABLED: setting(boolean, true, 'Serves `/metrics`; off answers 404 there.'),
  METRICS_NAMESPACE_LABEL: setting(boolean, false, 'Adds the label `namespace` to the metrics that know it.'),
  METRICS_NAMESPACE_MAX: setting(
    integer(1, 100_000),
    100,
    'Most namespaces with a label of their own; the rest are counted under `__other__`.',
  ),
};
