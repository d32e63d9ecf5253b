import type { Candidate } from '../../base/documents.js';
import { validationError } from '../../base/errors.js';
import { isAbsent } from '../schemas/issues.js';
import type { DecodedRequest, Dialect, DialectCall } from './dialect.js';
import { type BodyForm, readBody } from './read-body.js';
import { relevanceRow, writeRows } from './rows.js';
import { supersetError } from './superset-error.js';

const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 1,
  knobs: { instruction: 'string' },
};

/** Contextual's rerank API: `metadata` has a text for each document, which is ranked as the document's last line. */
export const contextual: Dialect = {
  name: 'contextual',
  decode: readContextual,
  encode: ({ rows }) => ({ body: `{"results":${writeRows(rows, relevanceRow)}}` }),
  error: supersetError,
};

function readContextual(call: DialectCall): DecodedRequest {
  const request = readBody(call, FORM);
  const { metadata } = call.body;
  return isAbsent(metadata)
    ? request
    : { ...request, candidates: withMetadata(request.candidates, metadata) };
}

function withMetadata(candidates: readonly Candidate[], metadata: unknown): Candidate[] {
  const isRight =
    Array.isArray(metadata) &&
    metadata.length === candidates.length &&
    metadata.every((text) => typeof text === 'string');
  if (!isRight) {
    const msg = `must be a list of ${candidates.length} strings, one for each document`;
    throw validationError([{ loc: ['metadata'], msg, type: 'list_type' }]);
  }
  return candidates.map((candidate, i) =>
    metadata[i] === '' ? candidate : { ...candidate, text: `${candidate.text}\n${metadata[i]}` },
  );
}
