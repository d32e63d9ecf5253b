import { cohereText } from './cohere-v1.js';
import type { ErrorForm } from './dialect.js';
import { errorType, status400 } from './error-text.js';

/**
 * The error for callers that cannot be told apart: each client of the family finds its own key. `message` is Cohere's,
 * `detail` (always a string) that of Jina, Voyage and Xinference, `error` that of vLLM, LiteLLM, llama.cpp and ours.
 */
export const supersetError: ErrorForm = (error, requestId) => {
  const message = cohereText(error);
  return {
    status: status400(error),
    body: JSON.stringify({
      id: requestId,
      message,
      detail: message,
      error: { message, type: errorType(error), param: null, code: error.code },
    }),
  };
};
