import { isAbsent, type JsonObject } from '../schemas/issues.js';
import { bedrock } from './bedrock.js';
import { bedrockInvoke } from './bedrock-invoke.js';
import { cohereLike } from './cohere-like.js';
import { cohereV2 } from './cohere-v2.js';
import { deepinfra, isDeepinfraPath } from './deepinfra.js';
import type { DialectCall } from './dialect.js';
import { elasticsearch } from './elasticsearch.js';
import { infinity } from './infinity.js';
import { isaacus } from './isaacus.js';
import { mixedbread } from './mixedbread.js';
import { isNative } from './native-marks.js';
import { nvidia } from './nvidia.js';
import { isPineconeClient, pinecone } from './pinecone.js';
import type { Spoken } from './registry.js';
import { tei } from './tei.js';
import { vertex } from './vertex.js';
import { voyage } from './voyage.js';
import { hasTopKWithStrings, isVoyageClient } from './voyage-marks.js';
import { zeroentropy } from './zeroentropy.js';

/** One row of the table: whose request it is where the test holds. */
interface DispatchRow {
  readonly dialect: Spoken;
  readonly when: (call: DialectCall) => boolean;
}

/**
 * Which API a request for ranking is of that does not name one itself: by path, headers and body, first match wins. Shapes
 * that only one API has stand first, what many share last.
 */
const DISPATCH: readonly DispatchRow[] = [
  { dialect: vertex, when: ({ path, body }) => path.endsWith(':rank') || has(body, 'records') },
  { dialect: elasticsearch, when: ({ path }) => path.includes('/_inference/rerank/') },
  { dialect: bedrockInvoke, when: ({ path }) => path.endsWith('/invoke') },
  {
    dialect: deepinfra,
    when: ({ path, body }) => isDeepinfraPath(path) && (has(body, 'queries') || !isRerankPath(path)),
  },
  { dialect: isaacus, when: ({ path }) => path.endsWith('/rerankings') },
  { dialect: zeroentropy, when: ({ path }) => path.endsWith('/models/rerank') },
  { dialect: bedrock, when: ({ body }) => has(body, 'sources') && has(body, 'queries') },
  { dialect: nvidia, when: ({ path, body }) => has(body, 'passages') || path.endsWith('/ranking') },
  { dialect: tei, when: ({ path }) => path === '/' || path.endsWith('/invocations') },
  {
    dialect: tei,
    when: ({ body }) =>
      has(body, 'texts') && !(has(body, 'documents') && COHERE_MARKS.some((field) => has(body, field))),
  },
  { dialect: cohereLike, when: ({ body }) => has(body, 'texts') },
  { dialect: mixedbread, when: ({ body }) => has(body, 'input') && !has(body, 'documents') },
  { dialect: pinecone, when: isPineconeClient },
  { dialect: cohereV2, when: ({ path }) => path.endsWith('/v2/rerank') },
  { dialect: 'native', when: ({ body, path }) => isNative(body, path) },
  { dialect: voyage, when: (call) => isVoyageClient(call) || hasTopKWithStrings(call) },
  { dialect: infinity, when: ({ body }) => has(body, 'raw_scores') },
];

/** With one of these a body that has both `texts` and `documents` is meant for Cohere's form, else for TEI's. */
const COHERE_MARKS = ['model', 'top_n', 'return_documents'];

/** What others' paths end in: `/inference/v1/rerank` names no model of DeepInfra. */
const RERANK_PATH = /\/(?:rerank|reranks|reranking|rerankings|ranking)$/;

function isRerankPath(path: string): boolean {
  return RERANK_PATH.test(path);
}

function has(body: JsonObject, field: string): boolean {
  return !isAbsent(body[field]);
}

/** The dialect of a request. Cost: at most one pass over the documents, over the first alone where they are strings. */
export function dispatch(call: DialectCall): Spoken {
  for (const { dialect, when } of DISPATCH) {
    if (when(call)) return dialect;
  }
  return cohereLike;
}
