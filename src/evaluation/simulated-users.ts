import type { Random } from '../base/random.js';
import type { CollectionQuery, Judgements } from './collection.js';
import { shuffled } from './shuffle.js';

/** `informative` click what is relevant, mostly; `near-random` toss a coin; `poisoned` = informative, half of them shouted down. */
export type UserKind = 'informative' | 'near-random' | 'poisoned';

export const USER_KINDS: readonly UserKind[] = ['informative', 'near-random', 'poisoned'];

export interface UserOptions {
  readonly kind: UserKind;
  /** How fast attention falls: rank r is looked at with probability r^−eta. 0 = all ranks alike. */
  readonly eta: number;
  /** Chance in [0, 1] that a look ends in the wrong decision. */
  readonly noise: number;
}

/** Who came and what they chose among the shown; nothing chosen = an empty list. */
export interface Visit {
  readonly selectedIds: readonly string[];
  /** Present where the users are told apart. */
  readonly source?: string;
}

/** The one that lies, as its feedback names it. */
const HOSTILE_SOURCE = 'hostile';

/**
 * What a user selects from a list: each rank is looked at by itself with probability rank^−eta, a relevant document
 * (any grade from 1) that was looked at is selected with probability 1 − noise, another one with probability noise
 * (the position-based click model). Ids in the order shown.
 */
export function clicks(
  shown: readonly string[],
  judgements: Judgements,
  { eta, noise }: Pick<UserOptions, 'eta' | 'noise'>,
  random: Random,
): string[] {
  return shown.filter((id, index) => {
    const looked = random.next() < (index + 1) ** -eta;
    const relevant = (judgements.get(id) ?? 0) >= 1;
    return looked && random.next() < (relevant ? 1 - noise : noise);
  });
}

/**
 * The users of one simulated run.
 *
 * - `informative`: `clicks` as above; nobody is named, as behind one backend that does not tell its users apart.
 * - `near-random`: the same with noise ½, so that a click says nothing about relevance.
 * - `poisoned`: in half of the rounds of each query (rounded down, drawn by chance) one and the same source comes and
 *   selects the same wrong document of that query whenever it is shown: the lowest wrong one of the first list it
 *   sees, where a selection weighs most. In the other rounds honest users come, a differently named one each round.
 */
export class SimulatedUsers {
  private readonly hostileRounds = new Map<string, ReadonlySet<number>>();
  private readonly targets = new Map<string, string>();

  constructor(
    private readonly options: UserOptions,
    /** How many rounds there will be. */
    private readonly rounds: number,
    private readonly random: Random,
  ) {}

  /** One user's choice in a round (from 0). */
  visit(query: CollectionQuery, round: number, shown: readonly string[]): Visit {
    const { kind, eta } = this.options;
    const noise = kind === 'near-random' ? 0.5 : this.options.noise;
    if (kind === 'poisoned' && this.isHostile(query, round)) return this.attack(query, shown);
    const selectedIds = clicks(shown, query.judgements, { eta, noise }, this.random);
    return kind === 'poisoned' ? { selectedIds, source: `reader-${round}` } : { selectedIds };
  }

  private isHostile(query: CollectionQuery, round: number): boolean {
    let hostile = this.hostileRounds.get(query.id);
    if (hostile === undefined) {
      const all = Array.from({ length: this.rounds }, (_, index) => index);
      hostile = new Set(shuffled(all, this.random).slice(0, Math.floor(this.rounds / 2)));
      this.hostileRounds.set(query.id, hostile);
    }
    return hostile.has(round);
  }

  private attack(query: CollectionQuery, shown: readonly string[]): Visit {
    const target = this.targets.get(query.id) ?? shown.findLast((id) => (query.judgements.get(id) ?? 0) < 1);
    if (target !== undefined) this.targets.set(query.id, target);
    const selectedIds = target !== undefined && shown.includes(target) ? [target] : [];
    return { selectedIds, source: HOSTILE_SOURCE };
  }
}
