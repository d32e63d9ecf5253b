/** A feedback as the caller knows it. */
export interface SentFeedback {
  readonly namespace: string;
  readonly requestId: string;
  readonly selectedIds: readonly string[];
  /**
   * `sent`: no answer seen, so it may or may not have been applied; `acknowledged`: 200 was read; `refused`: it was
   * answered that its request is not known, so it must never be applied.
   */
  state: 'sent' | 'acknowledged' | 'refused';
}

/** What the caller knows: the other half of the comparison with what is stored. */
export class Ledger {
  private readonly feedbacks = new Map<string, SentFeedback>();

  /** Notes a feedback before it leaves. One that is known already (sent twice) keeps its state. */
  send(namespace: string, requestId: string, selectedIds: readonly string[]): SentFeedback {
    const known = this.feedbacks.get(requestId);
    if (known !== undefined) return known;
    const feedback: SentFeedback = { namespace, requestId, selectedIds, state: 'sent' };
    this.feedbacks.set(requestId, feedback);
    return feedback;
  }

  /** All of a namespace, or of all, in one state; oldest first. */
  inState(state: SentFeedback['state'], namespace?: string): SentFeedback[] {
    return [...this.feedbacks.values()].filter(
      (feedback) => feedback.state === state && (namespace === undefined || feedback.namespace === namespace),
    );
  }

  count(state: SentFeedback['state'], namespace?: string): number {
    return this.inState(state, namespace).length;
  }
}
