/** Most dot-separated labels under the strict policy. */
export const MAX_LABELS = 5;
/** First labels kept for ourselves under the strict policy. */
export const RESERVED_LABELS: ReadonlySet<string> = new Set([
  'system',
  'admin',
  'internal',
  'backup',
  'temp',
  'tmp',
]);

/** Why the strict policy refuses a name, in a few words; undefined when it does not. */
export function strictProblem(name: string): string | undefined {
  const labels = name.split('.');
  const first = labels[0]!.toLowerCase();
  if (labels.includes('')) return 'it has an empty label';
  if (labels.length > MAX_LABELS) return `it has more than ${MAX_LABELS} labels`;
  if (first.startsWith('_') || RESERVED_LABELS.has(first)) return 'its first label is reserved';
  return undefined;
}

const LABEL = /^[a-z][a-z0-9-]{2,62}$/;

/**
 * Why a namespace may not be registered under this name before it was ever used, in a few words; undefined = it may.
 * Besides the strict policy each label begins with a letter and has 3 to 63 of `a-z`, `0-9` and `-`.
 */
export function newNameProblem(name: string): string | undefined {
  const problem = strictProblem(name);
  if (problem !== undefined) return problem;
  if (name.split('.').every((label) => LABEL.test(label))) return undefined;
  return 'each label must be 3 to 63 of a-z, 0-9 and -, and begin with a letter';
}
