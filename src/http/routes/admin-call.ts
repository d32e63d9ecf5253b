import { AppError } from '../../base/errors.js';
import type { AdminCall, NamespaceView } from '../../management/namespace-admin.js';
import type { Exchange } from '../exchange.js';
import type { RouteTools } from './handler.js';

/** A namespace with all its quotas, policies and metadata is some kilobytes. */
const BODY_LIMIT_BYTES = 65_536;
const MAX_KEY_LENGTH = 255;
/** What a key may be made of; it is kept, and compared as it came. */
const IDEMPOTENCY_KEY = /^[\x20-\x7e]+$/;

/**
 * The namespace that stands in the path as `/admin/namespaces/{id}`, as it was sent: nothing is percent-decoded, so a name
 * has one spelling.
 *
 * @throws AppError 400
 */
export function subjectOf({ target }: Exchange, { namespaces }: RouteTools): string {
  const segment = target.path.split('/')[3]!;
  if (segment.includes('%')) throw new AppError('BAD_REQUEST', 'Invalid namespace');
  return namespaces.parse(segment);
}

/** Who asks, and what has to hold. */
export function callOf({ req, identity, requestId }: Exchange): AdminCall {
  return { actor: identity, requestId, ifMatch: req.headers['if-match'] };
}

/** `Idempotency-Key`; undefined without one. @throws AppError 400 where it says nothing, too much, or two things */
export function idempotencyKeyOf({ req }: Exchange): string | undefined {
  const [key, more] = req.headersDistinct['idempotency-key'] ?? [];
  if (key === undefined) return undefined;
  if (more !== undefined || key.length > MAX_KEY_LENGTH || !IDEMPOTENCY_KEY.test(key)) {
    throw new AppError(
      'BAD_REQUEST',
      `Idempotency-Key must be given once, with 1 to ${MAX_KEY_LENGTH} printable ASCII characters`,
    );
  }
  return key;
}

/** The tools of routes whose bodies are small. */
export function withBodyLimit(tools: RouteTools, limitBytes = BODY_LIMIT_BYTES): RouteTools {
  return { ...tools, bodyLimitBytes: Math.min(tools.bodyLimitBytes, limitBytes) };
}

/** Answers with a namespace and its revision. */
export function answerNamespace(
  { responder }: RouteTools,
  exchange: Exchange,
  namespace: NamespaceView,
  status = 200,
  headers: readonly string[] = [],
): void {
  responder.json(exchange, status, JSON.stringify(namespace), [
    'ETag',
    `"${namespace.revision}"`,
    ...headers,
  ]);
}
