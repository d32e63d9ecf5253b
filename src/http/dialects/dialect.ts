import type { IncomingHttpHeaders } from 'node:http';
import type { Candidate } from '../../base/documents.js';
import type { AppError } from '../../base/errors.js';
import type { CacheControl, ModelWishes } from '../../base/request-wishes.js';
import type { RankedDocument } from '../../reranker/request.js';
import type { JsonObject } from '../schemas/issues.js';

/** One request as it reached us. */
export interface DialectCall {
  /**
   * The path as it was sent, without host, namespace, dialect prefix, query string and trailing slash; not
   * percent-decoded. Begins with `/`.
   */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Parsed, at most 32 levels deep. JSON `null` counts as absent: see `isAbsent`. */
  readonly body: JsonObject;
  /** Most documents (`DIALECT_MAX_DOCUMENTS`). */
  readonly maxDocuments: number;
}

/** What all dialects' requests come down to. */
export interface DecodedRequest {
  readonly query: string;
  /**
   * In the order they came. `id` where the document has one that can be an identifier; `metadata` is the document itself
   * where it was an object and is to be echoed, and nothing otherwise.
   */
  readonly candidates: readonly Candidate[];
  /** Most results, ≥ 0; undefined = all. More than there are documents is all. */
  readonly topN: number | undefined;
  /** As the caller wrote it. */
  readonly model: string | undefined;
  /** Whether results are to carry their documents. */
  readonly echo: boolean;
  /** Asked for the model's own scores instead of 0…1. */
  readonly rawScores?: boolean | undefined;
  /** What scores depend on besides: see `ModelWishes`. */
  readonly knobs?: ModelWishes['knobs'] | undefined;
  readonly cacheControl?: CacheControl | undefined;
}

/** One result; its `explanation` is there where a header asked for it, see `explained`. `score` is as the dialect shows it, in 0…1 unless raw scores were asked for, and falls with rank. */
export type AnswerRow = Pick<RankedDocument, 'candidate' | 'quotedText' | 'index' | 'score' | 'explanation'>;

export interface DialectAnswer {
  readonly call: DialectCall;
  readonly request: DecodedRequest;
  /** Best first, already cut to `topN`. */
  readonly rows: readonly AnswerRow[];
  /** Feedback names it; dialects whose answer has an `id` use it for that. */
  readonly requestId: string;
  /** Wall clock in milliseconds. */
  readonly nowMs: number;
  /** Milliseconds from the request's arrival until now. */
  readonly elapsedMs: number;
}

/** `headers` is a flat list of names and values, beside those every answer has. The type is JSON. */
export interface DialectReply {
  readonly body: string;
  readonly headers?: readonly string[];
}

export interface DialectRefusal extends DialectReply {
  readonly status: number;
}

/** How an error reads in a dialect. Headers that belong to the error itself (`Retry-After`, `WWW-Authenticate` …) are added. */
export type ErrorForm = (error: AppError, requestId: string) => DialectRefusal;

/**
 * One rerank API as its clients know it. Pure: no state, no time, no I/O. Only `decode` may throw, and only `AppError`:
 * `VALIDATION_ERROR` with the broken rules, whatever status the dialect's `error` gives them.
 */
export interface Dialect {
  /** As in the prefix `/{name}/…` and in `X-NeuralCache-Dialect`. */
  readonly name: string;
  decode(call: DialectCall): DecodedRequest;
  encode(answer: DialectAnswer): DialectReply;
  readonly error: ErrorForm;
}
