/** Where requests go, and what may be said of it. */
export interface Endpoint {
  readonly origin: string;
  /** Path with the query. */
  readonly path: string;
  /** `Authorization` where the URL had a user or a password. */
  readonly headers: Readonly<Record<string, string>>;
  /** Origin and path, without user, password and query, which may hold secrets: for messages. */
  readonly label: string;
}

/** Reads an absolute http or https URL. Throws an Error that does not repeat it. */
export function parseEndpoint(url: string): Endpoint {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new Error('not an http:// or https:// URL');
  const { origin, pathname, search, username, password } = parsed;
  const hasUser = username !== '' || password !== '';
  return {
    origin,
    path: pathname + search,
    headers: hasUser ? { authorization: `Basic ${basic(username, password)}` } : {},
    label: origin + pathname,
  };
}

function basic(username: string, password: string): string {
  return Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64');
}

/** As it stands where it is no percent-encoding. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
