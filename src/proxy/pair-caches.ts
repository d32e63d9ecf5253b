import type { Clock } from '../base/clock.js';
import type { Random } from '../base/random.js';
import { KeptPairs, type PairStore } from './kept-pairs.js';

/** Where the scores of one request came from; counted by text, each of a list. */
export interface PairUse {
  /** They were remembered. */
  readonly remembered: number;
  /** Others had asked for them already. */
  readonly joined: number;
  /** The same text stood in the list before. */
  readonly repeated: number;
  /** The model was asked. */
  readonly asked: number;
}

export interface PairCachesOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Keeps scores beyond the process; absent: nothing does. */
  readonly store?: PairStore | undefined;
  readonly events?: Partial<PairEvents>;
}

export interface PairEvents {
  /** Pairs made room for others. */
  evicted(pairs: number): void;
  /** A request for a list of one scorer was answered, or failed. */
  used(namespace: string, scorer: string, use: PairUse): void;
}

/** What holds pairs of a namespace. */
export interface PairHolder {
  /** Forgets the pairs of a model, or all, and whatever is being asked for. Answers how many that were. */
  forget(model?: string): number;
}

/** Lists that are fetched anew behind answers at the same time; more wait for the next request that meets them. */
const MOST_REFRESHES = 32;

/** The pair caches of all open namespaces, and what they share. */
export class PairCaches {
  readonly clock: Clock;
  readonly random: Random;
  readonly kept: KeptPairs | undefined;
  readonly events: Partial<PairEvents>;
  private readonly open = new Map<string, Set<PairHolder>>();
  private refreshes = 0;

  constructor({ clock, random, store, events = {} }: PairCachesOptions) {
    this.clock = clock;
    this.random = random;
    this.kept = store && new KeptPairs(store);
    this.events = events;
  }

  /** Tells what one scorer holds of a namespace of purges. To be released when the namespace leaves memory. */
  register(namespace: string, holder: PairHolder): void {
    const holders = this.open.get(namespace) ?? new Set();
    this.open.set(namespace, holders.add(holder));
  }

  /** Nothing is kept of what is still being asked for a namespace that has left memory. */
  release(namespace: string): void {
    for (const holder of this.open.get(namespace) ?? []) holder.forget();
    this.open.delete(namespace);
  }

  /** Forgets the pairs of a namespace, of a model, or all, in memory alone. Answers how many that were. */
  forget({
    namespace,
    model,
  }: {
    readonly namespace?: string | undefined;
    readonly model?: string | undefined;
  }): number {
    const holders = namespace === undefined ? [...this.open.values()] : [this.open.get(namespace) ?? []];
    let pairs = 0;
    for (const holder of holders.flatMap((some) => [...some])) pairs += holder.forget(model);
    return pairs;
  }

  /** Runs work behind the answers, unless there is much of it already; it must not reject. */
  refresh(work: () => Promise<unknown>): void {
    if (this.refreshes >= MOST_REFRESHES) return;
    this.refreshes++;
    void work().finally(() => {
      this.refreshes--;
    });
  }
}
