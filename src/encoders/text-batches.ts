import { ModelError } from '../base/model-call.js';
import type { EncodeCall } from './encoder.js';

/** What became of one text. */
export type Outcome = Float32Array | ModelError;

export interface TextBatchesOptions {
  /** Asks for one batch and settles each text of it, by index, once. Never rejects. */
  readonly send: (
    texts: readonly string[],
    signal: AbortSignal,
    settle: (index: number, outcome: Outcome) => void,
  ) => Promise<void>;
  /** Most texts of a batch. */
  readonly batchSize: number;
  /** Most characters of a batch; one text alone may have more. */
  readonly batchCharacters: number;
  /** Batches under way at once. */
  readonly maxConcurrent: number;
  /** Texts that wait. A namespace may have as many waiting as there are places left, as in `BatchQueue`. */
  readonly maxWaiting: number;
  /** Longest that anyone waits for a vector. */
  readonly timeoutMs: number;
}

interface Visitor {
  readonly item: Item | undefined;
  settle(outcome: Outcome): void;
}

/** A text that is waited for. */
interface Item {
  readonly text: string;
  readonly namespace: string;
  readonly visitors: Set<Visitor>;
  /** Absent while it waits for its turn. */
  batch?: Batch;
}

interface Batch {
  readonly items: readonly Item[];
  readonly controller: AbortController;
}

/**
 * Gathers texts into batches, of one namespace each, so that none fails by another's texts; namespaces take turns. A text
 * that is asked for again while it waits or is under way is sent once per namespace. A batch that nobody waits for any
 * more is cancelled.
 */
export class TextBatches {
  /** May be lowered when the server turns out to take less. */
  batchSize: number;
  private readonly items = new Map<string, Map<string, Item>>();
  /** In the order of the turns. */
  private readonly waiting = new Map<string, Set<Item>>();
  private readonly underWay = new Set<Batch>();
  private waitingCount = 0;

  constructor(private readonly options: TextBatchesOptions) {
    this.batchSize = options.batchSize;
  }

  /** A vector of its own for each text, in order, each by itself; rejections are `ModelError`s and handled already. */
  ask(texts: readonly string[], { namespace, signal }: EncodeCall): Promise<Float32Array>[] {
    const visitors: Visitor[] = [];
    const answers = texts.map((text) => {
      return new Promise<Float32Array>((resolve, reject) => {
        const settle = (outcome: Outcome) =>
          outcome instanceof ModelError ? reject(outcome) : resolve(outcome);
        visitors.push(this.visit(namespace, text, signal, settle));
      });
    });
    const leave = (reason: unknown) => {
      for (const visitor of visitors) this.leave(visitor, reason);
    };
    const timer = setTimeout(() => leave(new DOMException('late', 'TimeoutError')), this.options.timeoutMs);
    const onAbort = () => leave(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    void Promise.allSettled(answers).then(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    });
    this.fill();
    return answers;
  }

  /** Whoever waits is turned away with `closed`. */
  close(): void {
    const closed = new ModelError('closed', 'the encoder was closed');
    const items = [...this.items.values()].flatMap((ofOne) => [...ofOne.values()]);
    for (const item of items) this.settle(item, closed);
    for (const { controller } of this.underWay) controller.abort();
  }

  private visit(
    namespace: string,
    text: string,
    signal: AbortSignal | undefined,
    settle: Visitor['settle'],
  ): Visitor {
    const item = signal?.aborted ? undefined : this.itemOf(namespace, text);
    const visitor = { item, settle };
    if (item) item.visitors.add(visitor);
    else if (signal?.aborted) settle(new ModelError('late', 'the caller has left'));
    else settle(new ModelError('overloaded', 'too many texts wait for their vectors'));
    return visitor;
  }

  /** The item there is, or a new one that waits; undefined where there is no place for it. */
  private itemOf(namespace: string, text: string): Item | undefined {
    const known = this.items.get(namespace)?.get(text);
    if (known) return known;
    const { maxWaiting } = this.options;
    const queue = this.waiting.get(namespace) ?? new Set<Item>();
    if (queue.size >= maxWaiting - this.waitingCount) return undefined;
    const item: Item = { text, namespace, visitors: new Set() };
    this.waiting.set(namespace, queue.add(item));
    this.waitingCount += 1;
    const ofOne = this.items.get(namespace) ?? new Map<string, Item>();
    this.items.set(namespace, ofOne.set(text, item));
    return item;
  }

  private leave(visitor: Visitor, reason: unknown): void {
    const { item } = visitor;
    if (!item?.visitors.delete(visitor)) return;
    visitor.settle(new ModelError('late', 'the vector was not there in time'));
    if (item.visitors.size > 0) return;
    this.forget(item);
    const { batch } = item;
    if (batch === undefined) this.unqueue(item);
    else if (batch.items.every(({ visitors }) => visitors.size === 0)) batch.controller.abort(reason);
  }

  private fill(): void {
    while (this.underWay.size < this.options.maxConcurrent && this.waiting.size > 0) void this.run();
  }

  private async run(): Promise<void> {
    const batch = this.nextBatch();
    this.underWay.add(batch);
    const texts = batch.items.map(({ text }) => text);
    await this.options.send(texts, batch.controller.signal, (index, outcome) =>
      this.settle(batch.items[index]!, outcome),
    );
    this.underWay.delete(batch);
    this.fill();
  }

  /** Of the namespace whose turn it is; it stands last in line afterwards. */
  private nextBatch(): Batch {
    const [namespace, queue] = this.waiting.entries().next().value!;
    const items: Item[] = [];
    let characters = 0;
    for (const item of queue) {
      characters += item.text.length;
      const isFull = items.length >= this.batchSize || characters > this.options.batchCharacters;
      if (isFull && items.length > 0) break;
      items.push(item);
    }
    const batch = { items, controller: new AbortController() };
    for (const item of items) {
      this.unqueue(item);
      item.batch = batch;
    }
    if (this.waiting.delete(namespace)) this.waiting.set(namespace, queue);
    return batch;
  }

  private unqueue(item: Item): void {
    const queue = this.waiting.get(item.namespace);
    if (!queue?.delete(item)) return;
    this.waitingCount -= 1;
    if (queue.size === 0) this.waiting.delete(item.namespace);
  }

  private settle(item: Item, outcome: Outcome): void {
    this.unqueue(item);
    this.forget(item);
    let isFirst = true;
    for (const visitor of item.visitors) {
      // Vectors are the caller's to change.
      visitor.settle(isFirst || outcome instanceof ModelError ? outcome : outcome.slice());
      isFirst = false;
    }
    item.visitors.clear();
  }

  /** Whoever asks from now on begins anew. */
  private forget(item: Item): void {
    const ofOne = this.items.get(item.namespace);
    if (ofOne?.get(item.text) !== item) return;
    ofOne.delete(item.text);
    if (ofOne.size === 0) this.items.delete(item.namespace);
  }
}
