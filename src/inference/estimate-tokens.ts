import type { ModelFacts, ModelInput, ModelSpec } from './loaded-model.js';

/** Characters of a token: English has some 4.5, code and names fewer. Only batches depend on it, results do not. */
const CHARACTERS_PER_TOKEN = 3;
/** Before and after the text. */
const SPECIAL_TOKENS = 2;

/**
 * About how many tokens an input has, ≥ 1: what this process knows without a tokenizer. A worker counts them exactly and
 * splits a batch that has too many.
 */
export function estimateTokens(
  { text, query }: ModelInput,
  { maxLength }: ModelFacts,
  spec: ModelSpec,
): number {
  const windows = spec.kind === 'cross-encoder' ? (spec.windows ?? 1) : 1;
  const characters = text.length + (query?.length ?? 0);
  return Math.min(Math.ceil(characters / CHARACTERS_PER_TOKEN) + SPECIAL_TOKENS, maxLength * windows);
}
