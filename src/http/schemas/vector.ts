import type { Issues, Loc } from './issues.js';

/** Most components of a vector. */
export const MAX_DIMENSION = 8192;

/** Largest magnitude of a component: its square times the dimension stays far inside single precision. */
export const MAX_COMPONENT = 1e9;

/**
 * Checks a caller's vector: 1 to 8192 finite numbers within ±1e9. Returns the array as it came (not copied), or undefined
 * after noting the first fault. Cost: one pass.
 */
export function readVector(value: unknown, loc: Loc, issues: Issues): readonly number[] | undefined {
  if (!Array.isArray(value)) {
    issues.add(loc, 'must be a list of numbers', 'list_type');
    return undefined;
  }
  if (value.length === 0 || value.length > MAX_DIMENSION) {
    issues.add(loc, `must have 1 to ${MAX_DIMENSION} numbers`, value.length === 0 ? 'too_short' : 'too_long');
    return undefined;
  }
  for (let i = 0; i < value.length; i++) {
    const component: unknown = value[i];
    if (typeof component !== 'number') {
      issues.add([...loc, i], 'must be a number', 'float_type');
      return undefined;
    }
    if (!(component >= -MAX_COMPONENT && component <= MAX_COMPONENT)) {
      issues.add(
        [...loc, i],
        `must be a finite number between -${MAX_COMPONENT} and ${MAX_COMPONENT}`,
        'finite_number',
      );
      return undefined;
    }
  }
  return value as number[];
}
