/**
 * Reads from a store that may be slow: one read is waited for `waitMs` at most and then given up; until it has come back
 * after all, the store is not asked again. What is given up, and what fails, gives undefined.
 */
export class PatientReads {
  /** Reads that were given up and have not come back yet. */
  private overdue = 0;

  constructor(private readonly waitMs: number) {}

  async read<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
    if (this.overdue > 0) return undefined;
    const asked = ask().catch(() => undefined);
    const answer = await inTime(
      asked.then((value) => ({ value })),
      this.waitMs,
      signal,
    );
    if (answer !== undefined) return answer.value;
    this.overdue += 1;
    void asked.then(() => {
      this.overdue -= 1;
    });
    return undefined;
  }
}

/** What `work` gives, or undefined where it takes too long or the caller leaves. */
async function inTime<T>(
  work: Promise<T>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  let give = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    give = () => resolve(undefined);
  });
  const timer = setTimeout(give, ms);
  signal?.addEventListener('abort', give, { once: true });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', give);
  }
}
