/** Scorers that can be named in `SCORER`. */
export const SCORER_NAMES = ['hybrid', 'lexical', 'embedding', 'cross-encoder', 'upstream', 'input'] as const;
export type ScorerName = (typeof SCORER_NAMES)[number];

/** A part of a combination; weights of all parts sum to 1. */
export interface ScorerPart {
  readonly name: ScorerName;
  /** In (0, 1]. */
  readonly weight: number;
}

/**
 * Reads `SCORER`: one name, or `name:weight` parts joined by commas, for example `lexical:0.35,embedding:0.65`. Weights
 * are any positive numbers and are scaled to sum to 1. Throws an Error that says what is wrong with which part.
 */
export function parseScorerSpec(spec: string): ScorerPart[] {
  const texts = spec.split(',').map((part) => part.trim());
  const parts = texts.map((text) => parsePart(text, texts.length === 1));
  const twice = parts.find(({ name }, index) => parts.findIndex((other) => other.name === name) < index);
  if (twice !== undefined) throw new Error(`scorer "${twice.name}" is named twice`);
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  if (!Number.isFinite(total)) throw new Error('the weights of the scorers are too large');
  return parts.map(({ name, weight }) => ({ name, weight: weight / total }));
}

function parsePart(text: string, alone: boolean): ScorerPart {
  const [name = '', weight, ...rest] = text.split(':').map((field) => field.trim());
  if (!isScorerName(name)) throw new Error(`unknown scorer "${name}"; there are: ${SCORER_NAMES.join(', ')}`);
  if (weight === undefined && alone) return { name, weight: 1 };
  if (weight === undefined)
    throw new Error(`scorer "${name}" needs a weight, as in ${name}:0.5, where there are several`);
  const value = /^\d*\.?\d+(e-?\d+)?$/i.test(weight) ? Number(weight) : Number.NaN;
  if (rest.length > 0 || !(value > 0) || !Number.isFinite(value)) {
    throw new Error(
      `the weight of scorer "${name}" must be one positive number, not "${[weight, ...rest].join(':')}"`,
    );
  }
  return { name, weight: value };
}

function isScorerName(name: string): name is ScorerName {
  return (SCORER_NAMES as readonly string[]).includes(name);
}
