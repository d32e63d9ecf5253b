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
 * @throws AppError 400 for a bad name, a header given twice with different names, or a header that differs from the path
 */
export function selectNamespace(
  req: IncomingMessage,
  pathNamespace: string | undefined,
  rules: NamespaceRules,
): string {
  const sent = sentNamespace(req, rules.header);
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

/** The header's value. Elasticsearch's client sends what it is told to add twice, so the same name again is no other. */
function sentNamespace({ headers, rawHeaders }: IncomingMessage, header: string): string | undefined {
  const sent = headers[header];
  if (sent === undefined || (typeof sent === 'string' && !sent.includes(','))) return sent;
  const names = new Set(
    rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === header),
  );
  const [name] = names;
  if (names.size === 1) return name;
  throw new AppError('BAD_REQUEST', 'Invalid namespace', {
    reason: 'the namespace header was given more than once',
  });
}
