import { EITHER_COHERE_FORM } from './cohere-form.js';
import { cohereBody } from './cohere-v1.js';
import type { Dialect } from './dialect.js';
import { readBody } from './read-body.js';
import { supersetError } from './superset-error.js';

/**
 * Cohere's rerank API, version 2. Objects and `return_documents` are not part of it, but LiteLLM and vLLM take them on the
 * same path; `model` is required there by Cohere alone. Its errors have the keys of all whose clients call `/v2/rerank`.
 */
export const cohereV2: Dialect = {
  name: 'cohere-v2',
  decode: (call) => readBody(call, EITHER_COHERE_FORM),
  encode: (answer) => ({ body: cohereBody(answer, '2') }),
  error: supersetError,
};
