import type { oas31 } from 'zod-openapi';
import { DIALECT_NAMES } from '../dialects/registry.js';

type Headers = Readonly<Record<string, oas31.HeaderObject>>;

const text = { type: 'string' } as const;
const digits = { type: 'string', pattern: '^[0-9]+$' } as const;

/** Headers of answers, by name. */
export const RESPONSE_HEADERS: Headers = {
  'X-Request-Id': { description: 'the id of the request; feedback and the log name it', schema: text },
  'X-API-Version': { description: 'version of the native API', schema: text },
  'X-NeuralCache-API-Version': { description: 'the same', schema: text },
  'Server-Timing': { description: 'milliseconds: parse, score, memory, total', schema: text },
  'Cache-Status': {
    description: 'how many pairs were known (RFC 9211): `NeuralCache; fwd=partial; detail="48/50"; stored`',
    schema: text,
  },
  Age: { description: 'seconds since the oldest of the known scores was fetched', schema: digits },
  'X-NeuralCache-Degraded': {
    description: 'what did not work and was done without: `memory`, `scorer`',
    schema: text,
  },
  'Cache-Control': { description: 'no cache on the way may keep it', schema: text },
  ETag: { description: 'the revision of the namespace; `If-Match` takes it', schema: text },
  Location: { description: 'where it is now', schema: text },
  'Idempotency-Replayed': {
    description: '`true`: it was made before, and this is the first answer again',
    schema: text,
  },
  RateLimit: {
    description:
      'what is left of each rate, and seconds until all of it is there again (draft-ietf-httpapi-ratelimit-headers-10): `"second";r=7;t=1`',
    schema: text,
  },
  'RateLimit-Policy': {
    description: 'the rates that hold: units and the window in seconds: `"second";q=10;w=1`',
    schema: text,
  },
  'X-NeuralCache-Quota-Warning': {
    description: 'quotas of which much is used, with the share: `max_queries_per_day;u=0.83`',
    schema: text,
  },
  'Retry-After': {
    description: 'seconds after which to try again; 60 where vectors, storage or memory are used up',
    schema: digits,
  },
  'WWW-Authenticate': { description: 'how to show a credential', schema: text },
  Allow: { description: 'the methods of the route', schema: text },
  Accept: { description: 'what a body may be', schema: text },
  'Accept-Encoding': { description: 'how a body may be encoded', schema: text },
  'Referrer-Policy': { description: 'the page tells nobody where it was', schema: text },
  'Content-Security-Policy': { description: 'the page loads nothing', schema: text },
};

/** On every answer. */
export const COMMON_HEADERS: readonly string[] = [
  'X-Request-Id',
  'X-API-Version',
  'X-NeuralCache-API-Version',
];

/** On every answer about a namespace with quotas: rates, and where there is something to warn of. */
export const QUOTA_HEADERS: readonly string[] = [
  'RateLimit',
  'RateLimit-Policy',
  'X-NeuralCache-Quota-Warning',
];

/** On every ranking, in any dialect; the last two where there is something to say. */
export const RANKING_HEADERS: readonly string[] = [
  'Server-Timing',
  'Cache-Status',
  'Age',
  'X-NeuralCache-Degraded',
];

const ALWAYS: ReadonlySet<string> = new Set([
  ...COMMON_HEADERS,
  'Server-Timing',
  'Cache-Status',
  'ETag',
  'Location',
]);

/** Headers of an answer by reference; what is not in the list above is a dialect's own. */
export function headersOf(
  names: Iterable<string>,
): Record<string, oas31.HeaderObject | oas31.ReferenceObject> {
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      name in RESPONSE_HEADERS ? { $ref: `#/components/headers/${name}` } : { schema: text },
    ]),
  );
}

/** The list above as components. */
export function headerComponents(): Record<string, oas31.HeaderObject> {
  return Object.fromEntries(
    Object.entries(RESPONSE_HEADERS).map(([name, header]) => [
      name,
      ALWAYS.has(name) ? { ...header, required: true } : { ...header },
    ]),
  );
}

const flag: oas31.SchemaObject = { type: 'string', enum: ['true', 'false', '1', '0'] };

/** Headers of requests as parameters, by the name of the component. `namespaceHeader` is a setting. */
export function parameterComponents(namespaceHeader: string): Record<string, oas31.ParameterObject> {
  const header = (name: string, description: string, schema: oas31.SchemaObject = text) =>
    ({ name, in: 'header', description, schema }) as const;
  return {
    namespace: header(
      namespaceHeader,
      'whose memory is used; the path under `/ns/{namespace}` says the same',
      {
        type: 'string',
        minLength: 1,
        maxLength: 64,
      },
    ),
    learn: header('X-NeuralCache-Learn', 'false leaves nothing behind, as `learn` of the native body', flag),
    explain: header('X-NeuralCache-Explain', 'as `explain` of the native body, for native answers', flag),
    lambda: header(
      'X-NeuralCache-MMR-Lambda',
      'as `mmr_lambda` of the native body; 1 elsewhere unless said',
      {
        type: 'number',
        minimum: 0,
        maximum: 1,
      },
    ),
    source: header('X-NeuralCache-Source', 'who asks or speaks, as the app in front knows them', {
      type: 'string',
      maxLength: 256,
    }),
    dialect: header(
      'X-NeuralCache-Dialect',
      'whose API the request is of; else path, headers and body say it',
      {
        type: 'string',
        enum: [...DIALECT_NAMES],
      },
    ),
    cacheControl: header(
      'Cache-Control',
      '`no-cache` asks afresh, `no-store` keeps nothing, `only-if-cached` asks nobody (504 where something is not known)',
    ),
    ifMatch: header('If-Match', 'revisions that may be changed, as `ETag` had them; any other is 412'),
    idempotencyKey: header(
      'Idempotency-Key',
      'with the same key and body again the first answer is repeated',
      {
        type: 'string',
        minLength: 1,
        maxLength: 255,
      },
    ),
    traceparent: header('traceparent', 'the trace the request is part of; logged, and sent on'),
  };
}

/** Parameters of every route that ranks. `X-NeuralCache-Dialect` is one where the path names no dialect. */
export const RANKING_PARAMETERS = [
  'namespace',
  'learn',
  'explain',
  'lambda',
  'source',
  'cacheControl',
  'traceparent',
];
