import { bedrock } from './bedrock.js';
import { bedrockInvoke } from './bedrock-invoke.js';
import { cohereLike } from './cohere-like.js';
import { cohereV1 } from './cohere-v1.js';
import { cohereV2 } from './cohere-v2.js';
import { contextual } from './contextual.js';
import { deepinfra } from './deepinfra.js';
import type { Dialect } from './dialect.js';
import { elasticsearch } from './elasticsearch.js';
import { infinity } from './infinity.js';
import { isaacus } from './isaacus.js';
import { jina } from './jina.js';
import { litellm } from './litellm.js';
import { llamaCpp } from './llama-cpp.js';
import { mixedbread } from './mixedbread.js';
import { nvidia } from './nvidia.js';
import { pinecone } from './pinecone.js';
import { siliconflow } from './siliconflow.js';
import { tei } from './tei.js';
import { together } from './together.js';
import { vertex } from './vertex.js';
import { vllm } from './vllm.js';
import { voyage } from './voyage.js';
import { xinference } from './xinference.js';
import { zeroentropy } from './zeroentropy.js';

/** A module, or the native API, which has a form of its own. */
export type Spoken = Dialect | 'native';

/** Every dialect there is. */
export const DIALECTS: readonly Dialect[] = [
  cohereLike,
  cohereV1,
  cohereV2,
  jina,
  voyage,
  tei,
  vllm,
  infinity,
  llamaCpp,
  litellm,
  xinference,
  mixedbread,
  pinecone,
  together,
  siliconflow,
  zeroentropy,
  nvidia,
  vertex,
  bedrock,
  bedrockInvoke,
  elasticsearch,
  contextual,
  deepinfra,
  isaacus,
];

const BY_NAME: ReadonlyMap<string, Spoken> = new Map<string, Spoken>([
  ...DIALECTS.map((dialect) => [dialect.name, dialect] as const),
  ['native', 'native'],
]);

/** Every name a caller may give. */
export const DIALECT_NAMES: readonly string[] = ['cohere', ...BY_NAME.keys()];

/** The dialect of a name, undefined where there is none. Of `cohere` and `bedrock` it is the one that the path says. */
export function dialectOf(name: string, path: string): Spoken | undefined {
  if (name === 'cohere') return path.endsWith('/v2/rerank') ? cohereV2 : cohereV1;
  if (name === 'bedrock') return path.endsWith('/invoke') ? bedrockInvoke : bedrock;
  return BY_NAME.get(name);
}
