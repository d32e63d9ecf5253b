import { BEDROCK } from './dialects/bedrock.js';
import { BEDROCK_INVOKE } from './dialects/bedrock-invoke.js';
import { COHERE_V1 } from './dialects/cohere-v1.js';
import { COHERE_V2 } from './dialects/cohere-v2.js';
import { CONTEXTUAL } from './dialects/contextual.js';
import { DEEPINFRA } from './dialects/deepinfra.js';
import { ELASTICSEARCH } from './dialects/elasticsearch.js';
import { INFINITY } from './dialects/infinity.js';
import { ISAACUS } from './dialects/isaacus.js';
import { JINA } from './dialects/jina.js';
import { LITELLM } from './dialects/litellm.js';
import { LLAMA_CPP } from './dialects/llama-cpp.js';
import { MIXEDBREAD } from './dialects/mixedbread.js';
import { NVIDIA } from './dialects/nvidia.js';
import { PINECONE } from './dialects/pinecone.js';
import { SILICONFLOW } from './dialects/siliconflow.js';
import { TEI } from './dialects/tei.js';
import { TOGETHER } from './dialects/together.js';
import { VERTEX } from './dialects/vertex.js';
import { VLLM } from './dialects/vllm.js';
import { VOYAGE } from './dialects/voyage.js';
import { XINFERENCE } from './dialects/xinference.js';
import { ZEROENTROPY } from './dialects/zeroentropy.js';
import type { UpstreamDialect } from './upstream-dialect.js';

/** The dialects an upstream can have, in the order people read them. */
export const UPSTREAM_DIALECTS: readonly UpstreamDialect[] = [
  COHERE_V1,
  COHERE_V2,
  JINA,
  VOYAGE,
  TEI,
  VLLM,
  INFINITY,
  LLAMA_CPP,
  LITELLM,
  XINFERENCE,
  MIXEDBREAD,
  PINECONE,
  TOGETHER,
  SILICONFLOW,
  ZEROENTROPY,
  NVIDIA,
  VERTEX,
  BEDROCK,
  BEDROCK_INVOKE,
  ELASTICSEARCH,
  CONTEXTUAL,
  DEEPINFRA,
  ISAACUS,
];

/** The dialect of that name, as written in `UPSTREAM_DIALECT`. Throws an Error for any other. */
export function upstreamDialect(name: string): UpstreamDialect {
  const found = UPSTREAM_DIALECTS.find((dialect) => dialect.name === name);
  if (found === undefined) throw new Error(`there is no dialect "${name}" of upstreams`);
  return found;
}
