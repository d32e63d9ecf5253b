import type { Candidate } from '../../base/documents.js';
import { validationError } from '../../base/errors.js';
import type { ModelWishes } from '../../base/request-wishes.js';
import { Issues, isAbsent, isJsonObject, type JsonObject } from '../schemas/issues.js';
import type { DialectCall } from './dialect.js';
import { documentText, queryText } from './document-text.js';
import { readKnobs, readName } from './read-field.js';
import { VLLM_KNOBS } from './vllm.js';

/** The names the two sides of the pairs go by; the first that is there counts. */
const LEFT = ['queries', 'text_1', 'data_1'];
const RIGHT = ['documents', 'items', 'text_2', 'data_2'];

/** The texts of one query among the pairs, and where each stands in the answer. */
export interface ScoreGroup {
  readonly query: string;
  readonly candidates: readonly Candidate[];
  readonly positions: readonly number[];
}

export interface ScoreCall {
  readonly groups: readonly ScoreGroup[];
  readonly pairs: number;
  readonly model: string | undefined;
  readonly rawScores: boolean;
  readonly knobs: ModelWishes['knobs'];
}

/**
 * Reads vLLM's score API: one text against many, or as many against as many, pair by pair. Pairs with the same left text
 * are one group.
 *
 * @throws AppError 422
 */
export function readScoreCall({ body, maxDocuments }: DialectCall): ScoreCall {
  const issues = new Issues();
  const left = readSide(body, LEFT, queryText, maxDocuments, issues);
  const right = readSide(body, RIGHT, textOf, maxDocuments, issues);
  if (issues.none && left.length !== 1 && left.length !== right.length) {
    issues.add([LEFT[0]!], `must be one, or as many as the other side (${right.length})`, 'value_error');
  }
  const model = readName(body, 'model', issues);
  const { use_activation: activation, ...knobs } =
    readKnobs(body, { ...VLLM_KNOBS, use_activation: 'boolean' }, issues) ?? {};
  if (!issues.none) throw validationError(issues.list);
  return { groups: grouped(left, right), pairs: right.length, model, rawScores: activation === false, knobs };
}

function readSide(
  body: JsonObject,
  names: readonly string[],
  textFrom: (item: string | JsonObject) => string,
  maxItems: number,
  issues: Issues,
): string[] {
  const name = names.find((field) => !isAbsent(body[field]));
  if (name === undefined) {
    issues.add([names[0]!], 'is required', 'missing');
    return [];
  }
  const value = body[name];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) issues.add([name], 'must not be empty', 'too_short');
  if (items.length > maxItems) {
    issues.add([name], `must have at most ${maxItems} items, not ${items.length}`, 'too_long');
    return [];
  }
  return items.flatMap((item, i) => {
    if (typeof item === 'string' || isJsonObject(item)) return [textFrom(item)];
    issues.add([name, i], 'must be a string or an object', 'string_type');
    return [];
  });
}

function textOf(item: string | JsonObject): string {
  return typeof item === 'string' ? item : documentText(item, undefined);
}

function grouped(left: readonly string[], right: readonly string[]): ScoreGroup[] {
  const groups = new Map<string, { candidates: Candidate[]; positions: number[] }>();
  right.forEach((text, position) => {
    const query = left.length === 1 ? left[0]! : left[position]!;
    const group = groups.get(query) ?? { candidates: [], positions: [] };
    groups.set(query, group);
    group.candidates.push({ text });
    group.positions.push(position);
  });
  return [...groups].map(([query, group]) => ({ query, ...group }));
}
