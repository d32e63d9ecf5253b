/** What the caller of a model says besides the texts. */
export interface ModelCall {
  /** On whose behalf. Those who wait for a model share it evenly by namespace. */
  readonly namespace: string;
  /**
   * Work that has not begun when it aborts is never begun, and what waits for it rejects. It may be made when it is first
   * read, so only who waits should read it.
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Why a model gave no answer: `overloaded` its queue is full, `late` the deadline passed or the caller left before it was
 * done, `failed` it broke at this text or cannot be reached, `refused` it says no to what was asked and would
 * say it again, `closed` it was closed.
 */
export type ModelFailure = 'overloaded' | 'late' | 'failed' | 'refused' | 'closed';

/** A model that gave no answer. Never holds the text it was asked about. */
export class ModelError extends Error {
  override readonly name = 'ModelError';

  constructor(
    readonly failure: ModelFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
