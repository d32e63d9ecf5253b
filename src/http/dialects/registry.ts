import { cohereLike } from './cohere-like.js';
import { cohereV1 } from './cohere-v1.js';
import { cohereV2 } from './cohere-v2.js';
import type { Dialect } from './dialect.js';
import { infinity } from './infinity.js';
import { jina } from './jina.js';
import { litellm } from './litellm.js';
import { llamaCpp } from './llama-cpp.js';
import { tei } from './tei.js';
import { vllm } from './vllm.js';
import { voyage } from './voyage.js';
import { xinference } from './xinference.js';

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
];

const BY_NAME: ReadonlyMap<string, Spoken> = new Map<string, Spoken>([
  ...DIALECTS.map((dialect) => [dialect.name, dialect] as const),
  ['native', 'native'],
]);

/** Every name a caller may give. */
export const DIALECT_NAMES: readonly string[] = ['cohere', ...BY_NAME.keys()];

/** The dialect of a name, undefined where there is none. `cohere` is the version that the path says. */
export function dialectOf(name: string, path: string): Spoken | undefined {
  if (name === 'cohere') return path.endsWith('/v2/rerank') ? cohereV2 : cohereV1;
  return BY_NAME.get(name);
}
