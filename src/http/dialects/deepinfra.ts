import { type AppError, validationError } from '../../base/errors.js';
import { Issues, isAbsent } from '../schemas/issues.js';
import type { DecodedRequest, Dialect, DialectAnswer, DialectCall, ErrorForm } from './dialect.js';
import { errorText } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { nameInPath } from './name-in-path.js';
import { readDocuments } from './read-body.js';
import { readKnobs } from './read-field.js';

/** `…/inference/{organisation}/{model}`. */
const MODEL = /\/inference\/([^/]+\/[^/]+)$/;

/**
 * DeepInfra's inference API for rerankers: the query once for each document, scores in the order of the documents. One
 * call has one query here: its clients repeat it.
 */
export const deepinfra: Dialect = {
  name: 'deepinfra',
  decode: readDeepinfra,
  encode: (answer) => ({ body: deepinfraBody(answer) }),
  error: deepinfraError,
};

/** Whether a path is that of a model of DeepInfra. */
export function isDeepinfraPath(path: string): boolean {
  return MODEL.test(path);
}

function readDeepinfra({ path, body, maxDocuments }: DialectCall): DecodedRequest {
  const issues = new Issues();
  const candidates = readDocuments(body.documents, 'documents', maxDocuments, undefined, false, issues);
  const query = readRepeated(body.queries, candidates.length, issues);
  const knobs = readKnobs(body, { instruction: 'string' }, issues);
  if (!issues.none) throw validationError(issues.list);
  return { query, candidates, topN: undefined, model: nameInPath(path, MODEL), echo: false, knobs };
}

function readRepeated(queries: unknown, times: number, issues: Issues): string {
  if (isAbsent(queries)) {
    issues.add(['queries'], 'is required', 'missing');
    return '';
  }
  const list: readonly unknown[] = Array.isArray(queries) ? queries : [queries];
  const [query] = list;
  const fits = list.length === 1 || list.length === times;
  if (typeof query === 'string' && fits && list.every((other) => other === query)) return query;
  issues.add(['queries'], 'must be one query, once or as often as there are documents', 'value_error');
  return '';
}

function deepinfraBody({ rows, request, requestId, elapsedMs }: DialectAnswer): string {
  const scores = new Array<number>(rows.length);
  for (const { index, score } of rows) scores[index] = score;
  const { tokens } = estimateUsage(request);
  return JSON.stringify({
    scores,
    input_tokens: tokens,
    request_id: requestId,
    inference_status: {
      status: 'succeeded',
      runtime_ms: Math.round(elapsedMs),
      cost: 0,
      tokens_generated: 0,
      tokens_input: tokens,
    },
  });
}

function deepinfraError(error: AppError): ReturnType<ErrorForm> {
  return { status: error.status, body: JSON.stringify({ detail: { error: errorText(error) } }) };
}
