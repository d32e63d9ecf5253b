import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../base/errors.js';
import { ANONYMOUS } from '../exchange.js';

const SCHEME = /^(?:bearer|apikey)[ \t]+(\S+)[ \t]*$/i;

/** The token a caller shows, wherever it stands; undefined without one. */
export function shownToken(headers: IncomingHttpHeaders): string | undefined {
  const others = [headers['x-api-key'], headers['api-key']];
  return (
    SCHEME.exec(headers.authorization ?? '')?.[1] ??
    others.find((token): token is string => typeof token === 'string' && token !== '')
  );
}

/**
 * Knows the accepted tokens, as SHA-256 digests only. A token may come as `Authorization: Bearer` or `ApiKey`,
 * `x-api-key` or `Api-Key`; one right one among them is enough.
 */
export class Credentials {
  private readonly digests: readonly Buffer[];

  /** Throws where tokens were given but one of them is blank: that would be an open door that looks shut. */
  constructor(tokens: readonly string[]) {
    if (tokens.some((token) => token.trim() === '')) throw new RangeError('a token must not be blank');
    this.digests = tokens.map(sha256);
  }

  /** Whether callers have to show a token at all. */
  get required(): boolean {
    return this.digests.length > 0;
  }

  /**
   * Who calls: a name derived from the token, the same on every start, or `anonymous` where none is required.
   *
   * @throws AppError 401; the same for a missing and for a wrong token
   */
  identify(headers: IncomingHttpHeaders): string {
    if (!this.required) return ANONYMOUS;
    const name =
      this.match(SCHEME.exec(headers.authorization ?? '')?.[1]) ??
      this.match(headers['x-api-key']) ??
      this.match(headers['api-key']);
    if (name === undefined) throw new AppError('UNAUTHORIZED', 'A valid API token is required');
    return name;
  }

  /** Compares with every digest, each in constant time, so the time says neither how near a guess is nor which token it met. */
  private match(token: string | string[] | undefined): string | undefined {
    if (typeof token !== 'string' || token === '') return undefined;
    const shown = sha256(token.trim());
    let found: string | undefined;
    for (const digest of this.digests) {
      if (timingSafeEqual(digest, shown)) found = `token:${digest.toString('hex', 0, 8)}`;
    }
    return found;
  }
}

/** Node hands header values over as Latin-1; tokens from settings are read the way they would arrive. */
function sha256(token: string): Buffer {
  return createHash('sha256').update(token.trim(), 'utf8').digest();
}
