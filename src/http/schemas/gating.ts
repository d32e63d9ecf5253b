import type { GateMode, GateSettings } from '../../reranker/request.js';
import { readInteger, readNumber } from './fields.js';
import { type Issues, isAbsent, isJsonObject, type JsonObject, type Loc } from './issues.js';

const MODES: readonly string[] = ['off', 'auto', 'on'] satisfies GateMode[];
const MIN_TEMPERATURE = 1e-6;
const MAX_TEMPERATURE = 1e6;

/** Names a field may have inside `gating_overrides`, by the name it has in the body itself. */
const SHORT_NAMES: Readonly<Record<string, readonly string[]>> = {
  gating_mode: ['mode'],
  gating_threshold: ['threshold'],
  gating_min_candidates: ['min_candidates'],
  gating_max_candidates: ['max_candidates'],
  gating_entropy_temp: ['entropy_temp', 'gating_temperature', 'temperature'],
};

/**
 * Reads the gate of a request over the defaults: `gating_*` of the body, else the same in `gating_overrides` (with or
 * without the prefix). Returns the defaults themselves where the body says nothing.
 *
 * Where only one of the two candidate bounds is given and it passes the default of the other, the other follows it.
 */
export function readGate(body: JsonObject, loc: Loc, defaults: GateSettings, issues: Issues): GateSettings {
  const overrides = readOverrides(body, loc, issues);
  const { fields, places } = gather(body, overrides);
  if (fields === undefined) return defaults;
  const at = (key: string): Loc => [...loc, ...places[key]!];
  const number = (key: string, min: number, max: number, whole: boolean): number | undefined => {
    if (places[key] === undefined) return undefined;
    const place = at(key);
    const read = whole ? readInteger : readNumber;
    return read(
      { [String(place.at(-1))]: fields[key] },
      String(place.at(-1)),
      place.slice(0, -1),
      issues,
      min,
      max,
    );
  };

  const mode =
    places.gating_mode === undefined ? undefined : readMode(fields.gating_mode, at('gating_mode'), issues);
  const threshold = number('gating_threshold', 0, 1, false);
  const min = number('gating_min_candidates', 1, Number.MAX_SAFE_INTEGER, true);
  const max = number('gating_max_candidates', 1, Number.MAX_SAFE_INTEGER, true);
  const temperature = number('gating_entropy_temp', MIN_TEMPERATURE, MAX_TEMPERATURE, false);
  if (min !== undefined && max !== undefined && min > max) {
    issues.add(at('gating_max_candidates'), 'must not be below gating_min_candidates', 'greater_than_equal');
  }
  return {
    mode: mode ?? defaults.mode,
    threshold: threshold ?? defaults.threshold,
    minCandidates: min ?? Math.min(defaults.minCandidates, max ?? defaults.minCandidates),
    maxCandidates: max ?? Math.max(defaults.maxCandidates, min ?? defaults.maxCandidates),
    temperature: temperature ?? defaults.temperature,
  };
}

function readOverrides(body: JsonObject, loc: Loc, issues: Issues): JsonObject | undefined {
  const value = body.gating_overrides;
  if (isAbsent(value)) return undefined;
  if (isJsonObject(value)) return value;
  issues.add([...loc, 'gating_overrides'], 'must be an object', 'dict_type');
  return undefined;
}

/** Finds each field and where it stands; `fields` is undefined where there is none. */
function gather(
  body: JsonObject,
  overrides: JsonObject | undefined,
): { fields: JsonObject | undefined; places: Readonly<Record<string, Loc | undefined>> } {
  let fields: Record<string, unknown> | undefined;
  const places: Record<string, Loc | undefined> = {};
  const take = (key: string, value: unknown, place: Loc): boolean => {
    if (isAbsent(value)) return false;
    fields ??= {};
    fields[key] = value;
    places[key] = place;
    return true;
  };
  for (const key in SHORT_NAMES) {
    if (take(key, body[key], [key]) || overrides === undefined) continue;
    for (const name of [key, ...SHORT_NAMES[key]!]) {
      if (take(key, overrides[name], ['gating_overrides', name])) break;
    }
  }
  return { fields, places };
}

function readMode(value: unknown, loc: Loc, issues: Issues): GateMode | undefined {
  if (typeof value === 'string' && MODES.includes(value)) return value as GateMode;
  issues.add(loc, "must be 'off', 'auto' or 'on'", 'literal_error');
  return undefined;
}
