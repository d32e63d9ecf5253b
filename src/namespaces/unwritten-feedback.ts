import type { Change, Kind, Row } from '../stores/store.js';

/** Bytes of feedback that is not written yet, over all namespaces, and how many feedbacks; one object shared by them. */
export interface UnwrittenBudget {
  count: number;
  bytes: number;
  readonly maxBytes: number;
}

/** Most feedbacks of one namespace that wait to be written, and most bytes of their rows. */
const MAX_FEEDBACKS = 1000;
const MAX_BYTES = 4 * 2 ** 20;
/** What a change takes beside its text. */
const CHANGE_OVERHEAD_BYTES = 300;

function sizeOf(change: Change): number {
  if ('remove' in change) return change.remove.key.length + CHANGE_OVERHEAD_BYTES;
  const { key, value } = change.put;
  return key.length + value.length + CHANGE_OVERHEAD_BYTES;
}

/**
 * Feedback that was acknowledged and is not written yet: what it changes in the store, of each row the last change alone.
 * Rows are written whole, so writing them again after a failure of which nobody knows how it ended comes to the same.
 */
export class UnwrittenFeedback {
  private readonly pending = new Map<string, Change>();
  private held = 0;
  private feedbacks = 0;

  constructor(private readonly budget: UnwrittenBudget) {}

  get isEmpty(): boolean {
    return this.feedbacks === 0;
  }

  get bytes(): number {
    return this.held;
  }

  /** Whether no more may wait: the next feedback is written before it is acknowledged, and these before it. */
  get isFull(): boolean {
    const { bytes, maxBytes } = this.budget;
    return this.feedbacks >= MAX_FEEDBACKS || this.held >= MAX_BYTES || bytes >= maxBytes;
  }

  /** The changes of one feedback, later than all that are here. */
  add(changes: readonly Change[]): void {
    for (const change of changes) this.set(change);
    this.account(1, 0);
  }

  /** The row that will be stored; null = it will be removed, undefined = nothing here speaks of it. */
  find(kind: Kind, key: string): Row | null | undefined {
    const change = this.pending.get(`${kind} ${key}`);
    if (change === undefined) return undefined;
    return 'put' in change ? change.put : null;
  }

  /** All changes, to be written in one transaction. */
  changes(): Change[] {
    return [...this.pending.values()];
  }

  /** They are written, or do not count any more. Answers how many feedbacks that were. */
  clear(): number {
    const { feedbacks } = this;
    this.pending.clear();
    this.account(-feedbacks, -this.held);
    return feedbacks;
  }

  private set(change: Change): void {
    const { kind, key } = 'put' in change ? change.put : change.remove;
    const name = `${kind} ${key}`;
    const earlier = this.pending.get(name);
    // Set anew, so that the order is that of the last changes.
    this.pending.delete(name);
    this.pending.set(name, change);
    this.account(0, sizeOf(change) - (earlier === undefined ? 0 : sizeOf(earlier)));
  }

  private account(feedbacks: number, bytes: number): void {
    this.feedbacks += feedbacks;
    this.held += bytes;
    this.budget.count += feedbacks;
    this.budget.bytes += bytes;
  }
}
