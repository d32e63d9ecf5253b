import type { CounterRecord } from './records.js';

/** Counters of one namespace: what it counted, and whether the store knows. */
export class NamespaceCounters {
  private counted: CounterRecord;
  private changed = false;

  constructor(now: number) {
    const none = { feedback_total: 0, request_total: 0, query_total: 0, upsert_total: 0 };
    this.counted = { ...none, created_at: now, last_used_at: now };
  }

  /** As of now, whatever is written. */
  get now(): CounterRecord {
    return this.counted;
  }

  /** With one feedback more, as they are to be written with it. */
  get withFeedback(): CounterRecord {
    const { feedback_total, upsert_total } = this.counted;
    return { ...this.counted, feedback_total: feedback_total + 1, upsert_total: upsert_total + 1 };
  }

  get areChanged(): boolean {
    return this.changed;
  }

  /** Goes on with what was stored. */
  restore(stored: CounterRecord): void {
    this.counted = stored;
  }

  /** A query that may leave traces. */
  query(now: number): void {
    const { request_total, query_total } = this.counted;
    const totals = { request_total: request_total + 1, query_total: query_total + 1 };
    this.counted = { ...this.counted, ...totals, last_used_at: now };
    this.changed = true;
  }

  /** A feedback counts, for it is written, or will be with all that waits. */
  feedback(): void {
    this.counted = this.withFeedback;
  }

  /** Whether there is anything to write, which counts as written from here on. */
  take(): boolean {
    const { changed } = this;
    this.changed = false;
    return changed;
  }

  /** What was taken could not be written. */
  putBack(): void {
    this.changed = true;
  }
}
