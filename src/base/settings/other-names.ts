import type { SettingName } from './table.js';
import { UPSTREAM_DIALECT_NAMES } from './upstream.js';

/**
 * Names that are not settings of this build but that people write: other names of ours, names of the Python original,
 * and settings of the design that do not exist yet. All without the prefix.
 */

/** Another name for one of ours. */
export const ALIASES: Readonly<Record<string, SettingName>> = {
  EMBEDDING_CACHE_MAX_BYTES: 'CACHE_PERSIST_MAX_BYTES',
  EPSILON_GREEDY: 'EPSILON',
  GATING_ENTROPY_TEMP: 'GATING_TEMPERATURE',
};

/** Names of the Python original that have no counterpart: a warning with this reason, and the start goes on. */
export const ORIGINAL_NAMES: Readonly<Record<string, string>> = {
  API_TITLE: 'there is no title to set',
  API_VERSION: 'the version of the API is fixed',
  CR: 'there is no hierarchical search; `use_cr` is accepted and does nothing',
  NARRATIVE_DIM: 'the encoder decides the dimension',
  NARRATIVE_STORE_PATH:
    'state is kept in STORAGE_DIR; `neuralcache storage import --original` reads the file',
  PHEROMONE_STORE_PATH:
    'state is kept in STORAGE_DIR; `neuralcache storage import --original` reads the file',
  STORAGE_DB_NAME: 'the name of the file in STORAGE_DIR is fixed',
  WEIGHT_DIVERSITY: 'the original never read it; MMR_LAMBDA_DEFAULT decides on diversity',
};

/** A name of the original whose value becomes a value of ours; undefined: nothing to set. */
export const ORIGINAL_SWITCHES: Readonly<
  Record<string, { readonly name: SettingName; convert(text: string): string | undefined }>
> = {
  STORAGE_PERSISTENCE_ENABLED: {
    name: 'STORAGE_BACKEND',
    // As the original reads it, which also takes single letters.
    convert: (text) => (/^(false|f|0|no|n|off)$/i.test(text) ? 'memory' : undefined),
  },
};

/** Where a setting has no value of its own, another one can decide it: here those of the documents we started from. */
export const IMPLIED: readonly {
  readonly by: SettingName;
  readonly name: SettingName;
  readonly value: unknown;
  /** Values of `by` that decide it. */
  readonly when: readonly unknown[];
}[] = [
  { by: 'NAMESPACED_PERSISTENCE', when: [true], name: 'STORAGE_BACKEND', value: 'json' },
  { by: 'UPSTREAM_DIALECT', when: UPSTREAM_DIALECT_NAMES, name: 'SCORER', value: 'upstream' },
  {
    by: 'EMBEDDING_BACKEND',
    when: ['onnx', 'openai'],
    name: 'SCORER',
    value: 'lexical:0.35,embedding:0.65',
  },
];

/**
 * Settings that the documentation names and this build does not have: they stop the start, except with the listed
 * values, which ask for what happens anyway.
 */
export const NOT_BUILT: Readonly<Record<string, { readonly harmless?: RegExp; readonly secret?: true }>> = {};

/**
 * Whether a variable has the shape Kubernetes injects for a service whose name starts with `neuralcache`:
 * `…_SERVICE_HOST`, `…_SERVICE_PORT[_NAME]`, `…_PORT=tcp://…`, `…_PORT_8080_TCP[_ADDR|_PORT|_PROTO]`.
 * `name` is without the prefix (`PORT` for `NEURALCACHE_PORT`).
 */
export function isKubernetesVariable(name: string, value: string): boolean {
  if (/^(\w+_)?SERVICE_(HOST|PORT(_\w+)?)$/.test(name)) return true;
  if (/^(\w+_)?PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)) return true;
  return /^(\w+_)?PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value);
}

/** The known name that `name` was most likely meant to be (at most two changed letters, or another ending), if any. */
export function closestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  if (ranked[0] && ranked[0].distance <= 2) return ranked[0].candidate;
  return known.find((candidate) => candidate.endsWith(`_${name}`) || candidate.startsWith(`${name}_`));
}

/** Levenshtein distance. Cost: product of the lengths. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
