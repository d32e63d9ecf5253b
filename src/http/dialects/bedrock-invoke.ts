import { awsError, awsHeaders } from './aws-error.js';
import { EITHER_COHERE_FORM } from './cohere-form.js';
import type { Dialect } from './dialect.js';
import { nameInPath } from './name-in-path.js';
import { readBody } from './read-body.js';
import { relevanceRow, relevanceRowWithObject, writeRows } from './rows.js';

const MODEL = /\/model\/([^/]+)\/invoke$/;

/** Amazon Bedrock's `InvokeModel` with a reranker: Cohere's body in either version, the model in the path, nothing but `results`. */
export const bedrockInvoke: Dialect = {
  name: 'bedrock-invoke',
  decode: (call) => ({ ...readBody(call, EITHER_COHERE_FORM), model: nameInPath(call.path, MODEL) }),
  encode({ rows, request, requestId }) {
    const results = writeRows(rows, request.echo ? relevanceRowWithObject : relevanceRow);
    return { body: `{"results":${results}}`, headers: awsHeaders(requestId) };
  },
  error: awsError,
};
