import { validationError } from '../base/errors.js';

/** The dimension of the vectors that callers send to one namespace: that of the first that was recorded. */
export class PinnedDimension {
  private pinned: number | null = null;
  /** Whether the store does not know it yet. */
  isChanged = false;

  /** Null before the first. */
  get value(): number | null {
    return this.pinned;
  }

  /** Refuses vectors of another dimension than `expected`. Throws `AppError` 422. */
  check(dimension: number, loc: readonly (string | number)[], expected = this.pinned): void {
    if (expected === null || expected === dimension) return;
    const msg = `vectors of this namespace have ${expected} dimensions, not ${dimension}`;
    throw validationError([{ loc: [...loc, 'query_embedding'], msg, type: 'value_error' }]);
  }

  record(dimension: number): void {
    if (this.pinned !== null) return;
    this.pinned = dimension;
    this.isChanged = true;
  }

  /** What was stored came first, whatever was sent before it could be read. */
  adopt(stored: number | null): void {
    if (stored === null) return;
    this.pinned = stored;
    this.isChanged = false;
  }
}
