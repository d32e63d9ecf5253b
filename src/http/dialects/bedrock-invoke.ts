import { awsError, awsHeaders } from './aws-error.js';
import type { Dialect } from './dialect.js';
import { nameInPath } from './name-in-path.js';
import { type BodyForm, readBody } from './read-body.js';
import { relevanceRow, relevanceRowWithObject, writeRows } from './rows.js';

/** The fields of both versions of Cohere, as its models take them there. */
const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_n'],
  leastTopN: 1,
  echo: 'return_documents',
  rankFields: 'rank_fields',
  knobs: { max_tokens_per_doc: 'integer', max_chunks_per_doc: 'integer' },
};

const MODEL = /\/model\/([^/]+)\/invoke$/;

/** Amazon Bedrock's `InvokeModel` with a reranker: Cohere's body, the model in the path, nothing but `results`. */
export const bedrockInvoke: Dialect = {
  name: 'bedrock-invoke',
  decode: (call) => ({ ...readBody(call, FORM), model: nameInPath(call.path, MODEL) }),
  encode({ rows, request, requestId }) {
    const results = writeRows(rows, request.echo ? relevanceRowWithObject : relevanceRow);
    return { body: `{"results":${results}}`, headers: awsHeaders(requestId) };
  },
  error: awsError,
};
