import { type AppError, validationError } from '../../base/errors.js';
import { isAbsent, isJsonObject } from '../schemas/issues.js';
import type { AnswerRow, DecodedRequest, Dialect, DialectCall, ErrorForm } from './dialect.js';
import { errorText, status400 } from './error-text.js';
import { nameInPath } from './name-in-path.js';
import { type BodyForm, readBody } from './read-body.js';
import { explained, relevanceRow, writeRows } from './rows.js';

const FORM: BodyForm = {
  documents: 'input',
  topN: ['top_n'],
  leastTopN: 1,
  echo: 'return_documents',
};

const ENDPOINT = /\/_inference\/rerank\/([^/]+)$/;

/** Its clients refuse every answer without this, errors too. */
const PRODUCT = ['x-elastic-product', 'Elasticsearch'];

/** Elasticsearch's inference API for reranking. The endpoint's id in the path is the model. */
export const elasticsearch: Dialect = {
  name: 'elasticsearch',
  decode: readElasticsearch,
  encode({ rows, request }) {
    return {
      body: `{"rerank":${writeRows(rows, request.echo ? rowWithText : relevanceRow)}}`,
      headers: PRODUCT,
    };
  },
  error: elasticsearchError,
};

/** Options stand in `task_settings` or, since version 9, beside it; the latter go first. */
function readElasticsearch(call: DialectCall): DecodedRequest {
  const { task_settings: settings, ...rest } = call.body;
  if (!isAbsent(settings) && !isJsonObject(settings)) {
    throw validationError([{ loc: ['task_settings'], msg: 'must be an object', type: 'dict_type' }]);
  }
  const { top_n: topN, top_k: topK, return_documents: echo } = settings ?? {};
  const body = {
    ...rest,
    top_n: rest.top_n ?? topN ?? topK,
    return_documents: rest.return_documents ?? echo,
  };
  const request = readBody({ ...call, body }, FORM);
  return { ...request, model: nameInPath(call.path, ENDPOINT) };
}

function rowWithText(row: AnswerRow): string {
  return `{"index":${row.index},"relevance_score":${row.score},"text":${row.quotedText}${explained(row)}}`;
}

function elasticsearchError(error: AppError): ReturnType<ErrorForm> {
  const status = status400(error);
  const cause = { type: typeOf(status), reason: errorText(error) };
  const body = JSON.stringify({ error: { root_cause: [cause], ...cause }, status });
  return { status, body, headers: PRODUCT };
}

function typeOf(status: number): string {
  switch (status) {
    case 400:
      return 'action_request_validation_exception';
    case 401:
    case 403:
      return 'security_exception';
    case 404:
      return 'resource_not_found_exception';
    case 429:
      return 'es_rejected_execution_exception';
    default:
      return 'status_exception';
  }
}
