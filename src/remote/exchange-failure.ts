import type { RemoteFailure } from './remote-error.js';

/** By the codes of undici, zlib and the system, or the name of an error without; the first that fits. */
const BY_CODE: readonly (readonly [code: RegExp, failure: RemoteFailure, words: string])[] = [
  [/^UND_ERR_RES_EXCEEDED_MAX_SIZE$/, 'body', 'the answer is too long'],
  [/^(HTTPParserError|HPE_.*|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_.*)$/, 'body', 'the answer is not HTTP'],
  [/^(Z_[A-Z_]+|ERR_+(BROTLI|ERROR)_.*)$/, 'body', 'the answer is not encoded as it says'],
  [/^UND_ERR_(HEADERS|BODY)_TIMEOUT$/, 'timeout', 'the server fell silent'],
  [/^UND_ERR_(DESTROYED|CLOSED)$/, 'closed', 'the client was closed'],
];

/** What an exchange failed of, and the words for it. What is not known is a matter of the connection. */
export function exchangeFailure(cause: unknown): readonly [RemoteFailure, string] {
  const { code, name } = cause as NodeJS.ErrnoException;
  const known = BY_CODE.find(([pattern]) => pattern.test(code ?? name));
  return known ? [known[1], known[2]] : ['connect', `the connection failed${code ? ` (${code})` : ''}`];
}
