/**
 * A regular expression as the positions of its characters and the ways to get from one to the next (Glushkov's
 * construction, 1961), with the number of ways counted: a backtracking matcher tries each of them.
 */
export interface PatternNode {
  /** Ways to match nothing. */
  readonly empty: number;
  /** Ways to begin, by position. */
  readonly first: Ways;
  /** Ways to end, by position. */
  readonly last: Ways;
}

export type Ways = ReadonlyMap<number, number>;

const NONE: Ways = new Map();
/** Matches nothing, in one way: anchors and empty alternatives. */
export const EMPTY: PatternNode = { empty: 1, first: NONE, last: NONE };
/** Characters told apart: ASCII one by one, all others as one. */
export const SYMBOLS = 129;
/** Positions a pattern may have: names are short, and the check must end. */
const MAX_POSITIONS = 1024;

/** Builds an automaton bottom-up and counts the ways through it. */
export class PatternAutomaton {
  /** By position: which of the `SYMBOLS` it takes. */
  private readonly symbols: boolean[][] = [];
  private readonly follow: Map<number, number>[] = [];

  /** A position that takes one character. Throws `RangeError` when there are too many. */
  character(symbols: boolean[]): PatternNode {
    if (this.symbols.length >= MAX_POSITIONS) throw new RangeError('it is too large');
    const position = this.symbols.push(symbols) - 1;
    this.follow.push(new Map());
    return { empty: 0, first: new Map([[position, 1]]), last: new Map([[position, 1]]) };
  }

  alternatives(nodes: readonly PatternNode[]): PatternNode {
    return nodes.reduce((one, other) => ({
      empty: one.empty + other.empty,
      first: sum(one.first, other.first),
      last: sum(one.last, other.last),
    }));
  }

  sequence(nodes: readonly PatternNode[]): PatternNode {
    return nodes.reduce((before, after) => {
      this.connect(before.last, after.first);
      return {
        empty: before.empty * after.empty,
        first: sum(before.first, scale(after.first, before.empty)),
        last: sum(after.last, scale(before.last, after.empty)),
      };
    }, EMPTY);
  }

  /** Once or more. */
  repeated(node: PatternNode): PatternNode {
    this.connect(node.last, node.first);
    return node;
  }

  optional(node: PatternNode): PatternNode {
    return { ...node, empty: node.empty + 1 };
  }

  /**
   * Upper bound of the steps that a backtracking matcher takes for any text of up to `length` characters: how many ways
   * there are to read the worst text's beginnings.
   */
  steps(node: PatternNode, length: number): number {
    let ahead = new Float64Array(this.symbols.length).fill(1);
    let steps = this.worst(node.first, ahead);
    for (let read = 1; read < length; read += 1) {
      ahead = Float64Array.from(this.follow, (ways) => Math.max(1, this.worst(ways, ahead)));
      steps += this.worst(node.first, ahead);
    }
    return steps;
  }

  /** Most ways on, over all characters that may come next. */
  private worst(ways: Ways, ahead: Float64Array): number {
    const bySymbol = new Float64Array(SYMBOLS);
    for (const [position, count] of ways) {
      const weight = count * ahead[position]!;
      const taken = this.symbols[position]!;
      for (let symbol = 0; symbol < SYMBOLS; symbol += 1) if (taken[symbol]) bySymbol[symbol]! += weight;
    }
    return Math.max(...bySymbol);
  }

  private connect(from: Ways, to: Ways): void {
    for (const [before, leaving] of from) {
      const ways = this.follow[before]!;
      for (const [after, entering] of to) ways.set(after, (ways.get(after) ?? 0) + leaving * entering);
    }
  }
}

function sum(one: Ways, other: Ways): Ways {
  const total = new Map(one);
  for (const [position, ways] of other) total.set(position, (total.get(position) ?? 0) + ways);
  return total;
}

function scale(ways: Ways, factor: number): Ways {
  if (factor === 0) return NONE;
  return new Map([...ways].map(([position, count]) => [position, count * factor]));
}
