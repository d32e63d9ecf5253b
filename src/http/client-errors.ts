import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../base/errors.js';
import { errorBody } from './error-body.js';
import { API_VERSION, JSON_TYPE } from './responder.js';

/** A socket as the HTTP parser leaves it: with the answer that is under way on it, if any. */
type ParserSocket = Socket & { readonly _httpMessage?: { readonly headersSent: boolean } | null };

/** What a failure below the app (no parsable request, or none in time) means for the caller. */
export function clientError(code: string | undefined): AppError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AppError('TIMEOUT', 'The request did not arrive in time');
    case 'HPE_HEADER_OVERFLOW':
      return new AppError('HEADERS_TOO_LARGE', 'The header section is too large');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new AppError('ENTITY_TOO_LARGE', 'The chunk extensions of the body are too large');
    default:
      return new AppError('BAD_REQUEST', 'The request is not valid HTTP');
  }
}

/**
 * Answers on the bare socket, with the envelope every other error has, and closes it. Says nothing where the socket is
 * gone or the request has its answer already: two answers to one request would reach the caller as garbage.
 *
 * @returns whether something was sent
 */
export function answerOnSocket(socket: Socket, error: AppError, requestId: string): boolean {
  const current = (socket as ParserSocket)._httpMessage;
  // A time-out between answers: a body refused before its end that never ended, or a next request that never came whole.
  const isAnswered = current ? current.headersSent : error.code === 'TIMEOUT' && socket.bytesWritten > 0;
  if (!socket.writable || isAnswered) {
    socket.destroy();
    return false;
  }
  const body = errorBody(error);
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    `X-NeuralCache-API-Version: ${API_VERSION}`,
    `X-API-Version: ${API_VERSION}`,
    `X-Request-Id: ${requestId}`,
    'X-Content-Type-Options: nosniff',
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
  return true;
}
