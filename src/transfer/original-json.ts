import { readFileSync, statSync } from 'node:fs';
import { NotOriginal, type OriginalPart, readNarrative, readPheromone } from './original-part.js';

/** Largest file that is read; some two million documents. */
const MAX_FILE_BYTES = 256 * 2 ** 20;

/**
 * Reads a JSON file of the original: `{"v": [numbers], "updated_ts"?: seconds}` for a narrative,
 * `{id: {"value", "t", "exposures"}}` for pheromones (its versions 0.1 to 0.3). Throws `NotOriginal` where it is neither.
 */
export function readOriginalJson(path: string): OriginalPart {
  const content = parse(path);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new NotOriginal('is no JSON object');
  }
  const fields = content as Record<string, unknown>;
  if (Array.isArray(fields.v)) {
    return { narrative: readNarrative(fields.v), pheromones: [], unreadable: 0 };
  }
  return { narrative: null, ...readPheromones(fields) };
}

function parse(path: string): unknown {
  if (statSync(path).size > MAX_FILE_BYTES) throw new NotOriginal('is larger than 256 MiB');
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new NotOriginal('is no JSON, or is cut off');
  }
}

function readPheromones(fields: Record<string, unknown>): Pick<OriginalPart, 'pheromones' | 'unreadable'> {
  const entries = Object.entries(fields);
  const pheromones = entries
    .map(([id, entry]) => {
      const { value, t, exposures = 0 } = (entry ?? {}) as Record<string, unknown>;
      return readPheromone(id, value, t, exposures);
    })
    .filter((pheromone) => pheromone !== undefined);
  if (entries.length > 0 && pheromones.length === 0) {
    throw new NotOriginal('holds neither a narrative nor pheromones');
  }
  return { pheromones, unreadable: entries.length - pheromones.length };
}
