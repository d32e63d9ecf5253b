/**
 * Reads from a store that may be slow: one read is waited for `waitMs` at most and then given up; until it has come back
 * after all, the store is not asked again. What is given up, and what fails, gives undefined, and so it does to a caller
 * who leaves, which says nothing of the store.
 */
export class PatientReads {
  /** Reads that took too long and have not come back yet. */
  private overdue = 0;

  constructor(private readonly waitMs: number) {}

  async read<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
    if (this.overdue > 0) return undefined;
    const asked = ask().catch(() => undefined);
    return new Promise((resolve) => {
      const leave = () => {
        signal?.removeEventListener('abort', leave);
        resolve(undefined);
      };
      const timer = setTimeout(() => {
        leave();
        this.overdue += 1;
        void asked.then(() => {
          this.overdue -= 1;
        });
      }, this.waitMs);
      signal?.addEventListener('abort', leave, { once: true });
      void asked.then((value) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        resolve(value);
      });
    });
  }
}
