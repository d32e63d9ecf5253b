import { type AppError, validationError } from '../../base/errors.js';
import { isAbsent, isJsonObject } from '../schemas/issues.js';
import type { Services } from '../services.js';
import { callOf, withBodyLimit } from './admin-call.js';
import type { Handler, RouteTools } from './handler.js';
import { readJson } from './read-json.js';

type PurgeWish = Parameters<Services['purgeCaches']>[0];

/** Names of models are names, paths or URLs. */
const MAX_MODEL_LENGTH = 1000;
const FIELDS = ['namespace', 'model', 'all'] as const;

/**
 * `POST /admin/cache/purge`: forgets what caches hold of a namespace, of a model, or all. Where it cannot be put into the
 * audit log it is not answered as done; to purge once more does no harm.
 */
export function cachePurgeRoute(tools: RouteTools): Handler {
  const { services } = tools;
  const bounded = withBodyLimit(tools);
  return async (exchange) => {
    const wish = readPurge(await readJson(exchange, bounded), tools.namespaces.parse);
    const purged = await services.purgeCaches(wish);
    const after = { ...wish, purged };
    await services.admin.note('cache.purge', wish.namespace ?? '', after, callOf(exchange));
    tools.responder.json(exchange, 200, JSON.stringify({ status: 'ok', ...wish, purged }));
  };
}

/** `{namespace}`, `{model}` or `{all: true}`. @throws AppError 422, and 400 for a name that is none */
function readPurge(body: unknown, parse: (raw: string) => string): PurgeWish {
  if (!isJsonObject(body)) throw broken([], 'must be an object', 'type_error');
  const unknown = Object.keys(body).find((key) => !FIELDS.some((field) => field === key));
  if (unknown !== undefined) throw broken([unknown], 'is not a field of this request', 'extra_forbidden');
  const [field, more] = FIELDS.filter((name) => !isAbsent(body[name]));
  if (field === undefined || more !== undefined)
    throw broken([], `must have one of ${FIELDS.join(', ')}`, 'value_error');
  const value = body[field];
  if (field === 'all') {
    if (value !== true) throw broken(['all'], 'must be true', 'value_error');
    return { all: true };
  }
  if (typeof value !== 'string' || value === '' || value.length > MAX_MODEL_LENGTH)
    throw broken([field], `must be a string of 1 to ${MAX_MODEL_LENGTH} characters`, 'string_type');
  return field === 'namespace' ? { namespace: parse(value) } : { model: value };
}

function broken(loc: readonly string[], msg: string, type: string): AppError {
  return validationError([{ loc: [...loc], msg, type }]);
}
