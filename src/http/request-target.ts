/** `http://host:port` of a request target in absolute form, which servers have to accept (RFC 9112, 3.2.2). */
const AUTHORITY = /^https?:\/\/[^/?#]*/i;

/** What the target of a request says. */
export interface RequestTarget {
  /** The segment after `/ns/`, as it was sent; absent for other paths. */
  readonly namespace: string | undefined;
  /** Name of the dialect that stands before the path, if it is one of those known. */
  readonly dialect: string | undefined;
  /** The rest, without query string and trailing slash; begins with `/`. */
  readonly path: string;
}

/** Takes `[/ns/{namespace}][/{dialect}]/path[/][?query]` apart. Nothing is percent-decoded, so each name has one spelling. */
export function readTarget(url: string, dialects: ReadonlySet<string>): RequestTarget {
  let path = url.charCodeAt(0) === 47 ? url : url.replace(AUTHORITY, '') || '/';
  const query = path.indexOf('?');
  if (query >= 0) path = path.slice(0, query);
  let namespace: string | undefined;
  if (path.startsWith('/ns/')) {
    const end = path.indexOf('/', 4);
    namespace = path.slice(4, end < 0 ? undefined : end);
    path = end < 0 ? '/' : path.slice(end);
  }
  let dialect: string | undefined;
  const end = path.indexOf('/', 1);
  if (end > 0 && dialects.has(path.slice(1, end))) {
    dialect = path.slice(1, end);
    path = path.slice(end);
  }
  if (path.length > 1 && path.endsWith('/')) path = path.slice(0, -1);
  return { namespace, dialect, path: path.startsWith('/') ? path : `/${path}` };
}
