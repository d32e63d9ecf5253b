import type { IncomingMessage } from 'node:http';
import { AppError } from '../../base/errors.js';

/** What is needed to tell a request's namespace. */
export interface NamespaceRules {
  /** Header name in lower case. */
  readonly header: string;
  readonly defaultNamespace: string;
  /** Throws `AppError` 400. */
  parse(raw: string): string;
}

/**
 * The namespace of a request: the path's, else the header's, else the default. The path's segment is taken as it was
 * sent: percent-encoding is not undone, so a name has one spelling and what is encoded fails the pattern.
 *
 * @throws AppError 400 for a bad name, a header given twice, or a header that differs from the path
 */
export function selectNamespace(
  req: IncomingMessage,
  pathNamespace: string | undefined,
  rules: NamespaceRules,
): string {
  const sent = req.headers[rules.header];
  if (Array.isArray(sent) || (sent?.includes(',') && countOf(req.rawHeaders, rules.header) > 1)) {
    throw new AppError('BAD_REQUEST', 'Invalid namespace', {
      reason: 'the namespace header was given more than once',
    });
  }
  const named = sent === undefined || sent === '' ? undefined : sent;
  if (pathNamespace !== undefined) {
    const name = rules.parse(refuseEncoded(pathNamespace));
    if (named !== undefined && rules.parse(named) !== name) {
      throw new AppError('BAD_REQUEST', 'Invalid namespace', {
        reason: 'path and header name different namespaces',
      });
    }
    return name;
  }
  return named === undefined ? rules.defaultNamespace : rules.parse(named);
}

function refuseEncoded(segment: string): string {
  if (segment === '' || segment.includes('%')) throw new AppError('BAD_REQUEST', 'Invalid namespace');
  return segment;
}

function countOf(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === name) count++;
  }
  return count;
}
