import type { Random } from '../../src/base/random.js';
import type { Ledger, SentFeedback } from './ledger.js';

export const NAMESPACES = ['alpha', 'beta', 'gamma', 'delta'] as const;

/** Few queries, so that feedbacks meet in the same cells. */
const QUERIES = Array.from({ length: 12 }, (_, i) => `how to repair item ${'abcdefghijkl'[i]} at home`);
const DOCUMENTS = Array.from({ length: 8 }, (_, i) => ({
  id: `d${i}`,
  text: `Guide ${i}: open the case, replace part ${i} and close item ${'abcdefgh'[i]} again.`,
}));
/** Feedbacks kept for later: their impressions have probably been written by then. */
const MAX_SAVED = 200;

interface Answered {
  readonly namespace: string;
  readonly requestId: string;
  readonly ids: readonly string[];
}

/** Callers of a server that may die at any moment; what they are told goes into the ledger. */
export class Load {
  private readonly saved: Answered[] = [];
  /** Answers that no dying server explains, a sentence each. */
  readonly surprises: string[] = [];
  private stopped = false;
  private onAcknowledged: () => void = () => {};

  constructor(
    private readonly ledger: Ledger,
    private readonly random: Random,
  ) {}

  /** Drives `workers` callers until `stop`, or until the server is gone, telling of each 200 to a feedback. Never rejects. */
  async run(url: string, workers: number, onAcknowledged: () => void): Promise<void> {
    this.stopped = false;
    this.onAcknowledged = onAcknowledged;
    await Promise.all(Array.from({ length: workers }, () => this.work(url)));
    this.onAcknowledged = () => {};
  }

  stop(): void {
    this.stopped = true;
  }

  private async work(url: string): Promise<void> {
    while (!this.stopped) {
      const answered = await this.rank(url);
      if (answered === undefined) return;
      const dice = this.random.next();
      if (dice < 0.2) this.save(answered);
      else if (dice < 0.3) await this.twice(url, answered);
      else if (!(await this.feedback(url, answered))) return;
      if (this.random.next() < 0.2) await this.lateFeedback(url);
    }
  }

  private async rank(url: string): Promise<Answered | undefined> {
    const namespace = NAMESPACES[this.below(NAMESPACES.length)]!;
    const body = { query: QUERIES[this.below(QUERIES.length)], documents: DOCUMENTS, top_k: 5 };
    const response = await post(url, '/rerank', namespace, body);
    if (response === undefined) return undefined;
    if (response.status !== 200) {
      this.surprises.push(`/rerank answered ${response.status}: ${response.text}`);
      return undefined;
    }
    const answer = parse(response.text);
    if (answer === undefined) return undefined;
    return { namespace, requestId: answer.meta.request_id, ids: answer.results.map(({ id }) => id) };
  }

  private save(answered: Answered): void {
    this.saved.push(answered);
    if (this.saved.length > MAX_SAVED) this.saved.shift();
  }

  /** The same feedback twice at once: must count once. */
  private async twice(url: string, answered: Answered): Promise<void> {
    const sent = this.compose(answered);
    await Promise.all([this.send(url, sent), this.send(url, sent)]);
  }

  /** Feedback for an answer of some time ago, perhaps of a server that was killed since. */
  private async lateFeedback(url: string): Promise<void> {
    const [answered] = this.saved.splice(this.below(this.saved.length), 1);
    if (answered !== undefined) await this.send(url, this.compose(answered), true);
  }

  private feedback(url: string, answered: Answered): Promise<boolean> {
    return this.send(url, this.compose(answered));
  }

  private compose({ namespace, requestId, ids }: Answered): SentFeedback {
    return this.ledger.send(namespace, requestId, [ids[this.below(ids.length)]!]);
  }

  /**
   * Sends a feedback and notes what became of it. False where the server is gone. `mayBeUnknown`: its impression may have
   * died with an earlier server.
   */
  async send(url: string, feedback: SentFeedback, mayBeUnknown = false): Promise<boolean> {
    const { namespace, requestId, selectedIds } = feedback;
    const body = { request_id: requestId, selected_ids: selectedIds, success: 1 };
    const response = await post(url, '/feedback', namespace, body);
    if (response === undefined) return false;
    if (response.status === 200) {
      if (feedback.state === 'refused') this.surprises.push(`${requestId} was unknown and then applied`);
      feedback.state = 'acknowledged';
      this.onAcknowledged();
    } else if (response.status === 404 && mayBeUnknown && feedback.state === 'sent') {
      feedback.state = 'refused';
    } else {
      this.surprises.push(
        `/feedback answered ${response.status} to one that was ${feedback.state}: ${response.text}`,
      );
    }
    return true;
  }

  private below(count: number): number {
    return Math.floor(this.random.next() * count);
  }
}

/** Undefined where the server was gone before its status was read; the text may be cut short if it went then. */
async function post(
  url: string,
  path: string,
  namespace: string,
  body: object,
): Promise<{ status: number; text: string } | undefined> {
  try {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-neuralcache-namespace': namespace },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text().catch(() => '') };
  } catch {
    return undefined;
  }
}

function parse(text: string): { meta: { request_id: string }; results: { id: string }[] } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
