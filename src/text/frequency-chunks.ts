/** Key of the chunk that holds the number of candidates seen. */
export const TOTAL_KEY = 'total';

/** Format of the chunks; a chunk of another version counts as damaged. */
const VERSION = 1;
const MAX_COUNT = 4_294_967_295;
const MAX_CHUNKS = 65_536;

/** A stem, candidates that held it, candidates left out because their query held it. */
export type StemCounts = readonly [string, number, number];

/** A chunk that was read: the total, or some stems with the chunk's number. */
export type ReadChunk = { readonly total: number } | StemsChunk;

/** Stems with their chunk's number, as in its key. */
export interface StemsChunk {
  readonly total?: undefined;
  readonly number: number;
  readonly stems: readonly StemCounts[];
}

/** `{"v":1,"total":N}`. */
export function writeTotal(total: number): string {
  return JSON.stringify({ v: VERSION, total });
}

/** `{"v":1,"stems":[[stem, count, excluded], …]}`. */
export function writeChunk(stems: readonly StemCounts[]): string {
  return JSON.stringify({ v: VERSION, stems });
}

/** Reads a chunk; undefined where it is damaged: not JSON, another version, counts that cannot be, too many stems. */
export function readChunk(key: string, text: string, maxStems: number): ReadChunk | undefined {
  const { v, total, stems } = parse(text);
  if (v !== VERSION) return undefined;
  if (key === TOTAL_KEY) return isCount(total, Number.MAX_SAFE_INTEGER) ? { total } : undefined;
  const number = /^c(0|[1-9]\d*)$/.test(key) ? Number(key.slice(1)) : MAX_CHUNKS;
  if (number >= MAX_CHUNKS || !Array.isArray(stems) || stems.length > maxStems) return undefined;
  return stems.every(isStemCounts) ? { number, stems } : undefined;
}

/** Empty where the text is no JSON object. */
function parse(text: string): { readonly v?: unknown; readonly total?: unknown; readonly stems?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Not JSON: the caller reports the chunk as damaged.
    return {};
  }
}

function isStemCounts(value: unknown): value is StemCounts {
  if (!Array.isArray(value) || value.length !== 3 || typeof value[0] !== 'string') return false;
  return isCount(value[1], MAX_COUNT) && isCount(value[2], MAX_COUNT);
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}
