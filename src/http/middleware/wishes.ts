import type { IncomingHttpHeaders } from 'node:http';
import { AppError, validationError } from '../../base/errors.js';

/** What headers ask for, for callers whose client fixes the body; a field of the body goes before them. */
export interface HeaderWishes {
  readonly learn?: boolean;
  readonly explain?: boolean;
  /** In [0, 1]. */
  readonly mmrLambda?: number;
  /** Who asks; see `feedbackSource`. */
  readonly source?: string;
}

const NO_WISHES: HeaderWishes = Object.freeze({});
const DECIMAL = /^(?:\d+(?:\.\d*)?|\.\d+)$/;
/** The words the Python original took for a boolean in the query string. */
const BOOLEAN_WORD = /^(?:true|false|1|0|yes|no|on|off|t|f|y|n)$/i;
const BOOLEAN_PARAMETERS = ['use_cr', 'return_debug'] as const;
const MAX_SOURCE_LENGTH = 256;

/** Reads `X-NeuralCache-Learn`, `-Explain`, `-MMR-Lambda` and `-Source`. @throws AppError 400 for a value that means nothing */
export function headerWishes(headers: IncomingHttpHeaders, identity: string): HeaderWishes {
  const learn = headers['x-neuralcache-learn'];
  const explain = headers['x-neuralcache-explain'];
  const lambda = headers['x-neuralcache-mmr-lambda'];
  const source = feedbackSource(headers, identity);
  if (learn === undefined && explain === undefined && lambda === undefined && source === undefined) {
    return NO_WISHES;
  }
  return {
    source,
    learn: booleanHeader('X-NeuralCache-Learn', learn),
    explain: booleanHeader('X-NeuralCache-Explain', explain),
    mmrLambda: shareHeader('X-NeuralCache-MMR-Lambda', lambda),
  };
}

/**
 * Who the end user is, as the app in front of us knows them: the caller's identity with the header
 * `X-NeuralCache-Source`. Undefined without that header: one backend is not one voter.
 *
 * @throws AppError 400 where it is longer than 256 characters
 */
export function feedbackSource(headers: IncomingHttpHeaders, identity: string): string | undefined {
  const source = headers['x-neuralcache-source'];
  if (source === undefined || source === '') return undefined;
  if (source.length > MAX_SOURCE_LENGTH) {
    throw new AppError(
      'BAD_REQUEST',
      `X-NeuralCache-Source may have at most ${MAX_SOURCE_LENGTH} characters`,
    );
  }
  return `${identity}/${String(source)}`;
}

/**
 * Checks `?use_cr=` and `?return_debug=` of the Python original, which clients still send. Neither changes anything here:
 * the debug part is always there and the context retriever is not part of this program.
 *
 * @throws AppError 422
 */
export function checkQueryString(url: string): void {
  const start = url.indexOf('?');
  if (start < 0) return;
  const parameters = new URLSearchParams(url.slice(start + 1));
  for (const name of BOOLEAN_PARAMETERS) {
    for (const value of parameters.getAll(name)) {
      if (!BOOLEAN_WORD.test(value)) {
        throw validationError([
          { loc: ['query_string', name], msg: 'must be true or false', type: 'bool_parsing' },
        ]);
      }
    }
  }
}

function booleanHeader(name: string, value: string | string[] | undefined): boolean | undefined {
  if (value === undefined || value === '') return undefined;
  const word = String(value).toLowerCase();
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0') return false;
  throw new AppError('BAD_REQUEST', `${name} must be true or false`);
}

function shareHeader(name: string, value: string | string[] | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : Number.NaN;
  if (!(number >= 0 && number <= 1))
    throw new AppError('BAD_REQUEST', `${name} must be a number from 0 to 1`);
  return number;
}
