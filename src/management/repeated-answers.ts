import { hash } from 'node:crypto';
import { validationError } from '../base/errors.js';
import type { NamespaceCatalog } from '../catalog/catalog.js';
import type { CatalogChange } from '../stores/catalog-store.js';
import type { NamespaceView } from './namespace-admin.js';

const TTL_MS = 86_400_000;

interface KeptAnswer {
  /** SHA-256 of what was asked. */
  readonly asked: string;
  readonly answer: NamespaceView;
}

/** A request that may be repeated: where its answer is kept, and what it asks. */
export interface Repeatable {
  readonly key: string;
  readonly asked: string;
}

/**
 * Answers of creations that came with an idempotency key, for a day: the same request again gets the same answer. They
 * are kept with the creation itself, in one commit, and go with the namespace; so there are at most two rows for each
 * that is registered.
 */
export class RepeatedAnswers {
  /** Requests under way by key: a second one with a key waits for the first. */
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(private readonly catalog: Pick<NamespaceCatalog, 'answer'>) {}

  /** Two callers with the same key do not meet. */
  repeatable(actor: string, idempotencyKey: string, body: unknown): Repeatable {
    const key = `key/${hash('sha256', JSON.stringify([actor, idempotencyKey]))}`;
    return { key, asked: hash('sha256', canonical(body)) };
  }

  /** Runs work after that of others with the same key. */
  async inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const mine = (this.underWay.get(key) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => undefined);
    this.underWay.set(key, settled);
    await settled;
    if (this.underWay.get(key) === settled) this.underWay.delete(key);
    return mine;
  }

  /** What it was answered; undefined = it is asked for the first time. Rejects with `AppError` 422 where the key was used for another. */
  async find({ key, asked }: Repeatable): Promise<NamespaceView | undefined> {
    const row = await this.catalog.answer(key);
    if (row === undefined) return undefined;
    const kept = JSON.parse(row.value) as KeptAnswer;
    if (kept.asked === asked) return kept.answer;
    const msg = 'was used with another body';
    throw validationError(
      [{ loc: ['Idempotency-Key'], msg, type: 'value_error' }],
      `The Idempotency-Key ${msg}`,
    );
  }

  /** What keeps an answer. */
  rowsFor({ key, asked }: Repeatable, answer: NamespaceView, now: number): CatalogChange[] {
    const value = JSON.stringify({ asked, answer } satisfies KeptAnswer);
    return [
      { put: { kind: 'answer', key, value, expiresAt: Math.floor(now) + TTL_MS } },
      { put: { kind: 'answer', key: ofNamespace(answer.id), value: JSON.stringify(key) } },
    ];
  }

  /** What removes all that is kept of a namespace's creation. Rejects with `AppError` 503. */
  async removalOf(namespace: string): Promise<CatalogChange[]> {
    const pointer = await this.catalog.answer(ofNamespace(namespace));
    if (pointer === undefined) return [];
    return [JSON.parse(pointer.value) as string, pointer.key].map((key) => ({
      remove: { kind: 'answer', key },
    }));
  }
}

/** Points from a namespace to the answer its creation got; stays as long as the namespace does. */
function ofNamespace(namespace: string): string {
  return `of/${namespace}`;
}

/** JSON whose objects have their keys in order: equal values give equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
